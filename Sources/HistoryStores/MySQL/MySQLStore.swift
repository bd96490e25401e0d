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
      let session = MySQLSession(store: self, connection: connection, table: table)
      try await session.takeTextsAsBytes()
      return session
    } catch {
      await connection.close()
      throw error
    }
  }

  /// Connects, with the database chosen or with none.
  func connect(toDatabase: Bool) async throws(HistoryStoreError) -> MariaDBConnection {
    var configuration = configuration
    if !toDatabase { configuration.database = nil }
    do throws(MariaDBError) {
      return try await MariaDBConnection.connect(configuration)
    } catch {
      throw HistoryStoreError(error, side: side)
    }
  }
}
