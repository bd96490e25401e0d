public import MariaDBClient
public import StudentModuleHistory

/// One of the two tables on a MariaDB or MySQL server, or on what speaks their protocol.
public struct MySQLStore: HistoryStore {
  public let side: HistorySide

  /// How to connect. ``ConnectionConfiguration/database`` is always set.
  public let configuration: ConnectionConfiguration

  /// The name of the table, or nil to look for the names that Open edX uses.
  public let tableName: String?

  /// - Parameter configuration: if it names no database, the side's usual one is taken.
  public init(side: HistorySide, configuration: ConnectionConfiguration, tableName: String? = nil) {
    self.side = side
    var configuration = configuration
    configuration.database = configuration.database ?? side.usualDatabaseName
    self.configuration = configuration
    self.tableName = tableName
  }

  public var location: String { configuration.description }

  /// The database's name.
  public var database: String { configuration.database ?? side.usualDatabaseName }

  public func openSession() async throws -> any HistorySession {
    try await openMySQLSession()
  }

  /// Opens a connection and finds out what the table is.
  public func openMySQLSession() async throws(HistoryStoreError) -> MySQLSession {
    let connection = try await connect(toDatabase: true)
    do throws(HistoryStoreError) {
      guard let table = try await MySQLTable.find(store: self, connection: connection) else {
        throw HistoryStoreError(
          .misconfigured, side: side,
          "the database \(database) at \(configuration.endpoint) has no table "
            + (tableName ?? side.tableNames.joined(separator: " or ")),
          remedy: side == .extended ? "csmh provision" : "name the database that Open edX calls `default`",
          isAbsence: true)
      }
      return MySQLSession(store: self, connection: connection, table: table)
    } catch {
      await connection.close()
      throw error
    }
  }

  /// Else the text of every INSERT would go into the binary log beside its rows, which doubles it.
  /// https://mariadb.com/kb/en/replication-and-binary-log-system-variables/#binlog_annotate_row_events
  ///
  /// It needs the privilege BINLOG ADMIN. Without it copying is slower and as right as with it.
  private func keepTextsOutOfBinaryLog(_ connection: MariaDBConnection) async throws(MariaDBError) {
    guard side == .extended else { return }
    do throws(MariaDBError) {
      try await connection.execute("SET SESSION binlog_annotate_row_events = OFF")
    } catch {
      guard error.kind == .privilege else { throw error }
    }
  }

  /// Connects and prepares the session: other transactions' commits are seen, and no statement is cut off by a time limit that
  /// the server sets for interactive use.
  func connect(toDatabase: Bool) async throws(HistoryStoreError) -> MariaDBConnection {
    var configuration = configuration
    if !toDatabase { configuration.database = nil }
    do throws(MariaDBError) {
      let connection = try await MariaDBConnection.connect(configuration)
      try await connection.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
      // MariaDB counts in seconds and for all statements, MySQL (5.7 and later) in milliseconds and for SELECT.
      switch connection.server.family {
      case .mariaDB:
        try await connection.execute("SET SESSION max_statement_time = 0")
        try await keepTextsOutOfBinaryLog(connection)
      case .mySQL where connection.server.version >= 50_708:
        try await connection.execute("SET SESSION max_execution_time = 0")
        // MySQL 8 and later tell sizes of tables from a day ago otherwise.
        if connection.server.version >= 80_000 {
          try await connection.execute("SET SESSION information_schema_stats_expiry = 0")
        }
      case .mySQL: break
      }
      return connection
    } catch {
      throw HistoryStoreError(error, side: side)
    }
  }
}
