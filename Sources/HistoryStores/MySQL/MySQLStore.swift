package import MariaDBClient
package import StudentModuleHistory

/// One of the two tables on a MariaDB or MySQL server, or on what speaks their protocol.
package struct MySQLStore: HistoryStore {
  package let side: HistorySide

  /// How to connect. ``ConnectionConfiguration/database`` is always set.
  package let configuration: ConnectionConfiguration

  /// The name of the table, or nil to look for the names that Open edX uses.
  package let tableName: String?

  /// The way that is gone: what a refused privilege is answered with has to suffice for all of it.
  package var way = Direction.there

  /// What refusals have found out of the account.
  let memory = PrivilegeMemory()

  /// Clock and chance.
  let environment: Environment

  /// For how long a question may keep the server busy, or wait for a table; nil for as long as it takes.
  package var statementLimit: Duration?

  /// How long what its sessions hold locked may keep others waiting; nil for sessions that hold nothing for which others wait.
  package var lockLimit: LockLimit?

  /// - Parameter configuration: if it names no database, the side's usual one is taken.
  package init(
    side: HistorySide, configuration: ConnectionConfiguration, tableName: String? = nil,
    environment: Environment = .process
  ) {
    self.environment = environment
    self.side = side
    var configuration = configuration
    configuration.database = configuration.database ?? side.usualDatabaseName
    self.configuration = configuration
    self.tableName = tableName
  }

  package var location: String { configuration.description }

  /// The database's name.
  package var database: String { configuration.database ?? side.usualDatabaseName }

  package func openSQLSession() async throws -> any SQLSession {
    try await openMySQLSession()
  }

  /// Opens a connection and finds out what the table is.
  package func openMySQLSession() async throws(HistoryStoreError) -> MySQLSession {
    let connection = try await connect(toDatabase: true)
    do throws(HistoryStoreError) {
      guard let table = try await MySQLTable.find(store: self, connection: connection) else {
        throw HistoryStoreError(
          .misconfigured, side: side,
          "the database \(database) at \(configuration.endpoint) has no table "
            + (tableName ?? side.tableNames.joined(separator: " or ")),
          remedy: side == .extended
            ? Remedy(.provision) : Remedy(.nameDefaultDatabase, HistorySide.original.usualDatabaseName),
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

  private func limit(_ connection: MariaDBConnection, to limit: Duration) async throws(MariaDBError) {
    let seconds = max(1, Int(limit / .seconds(1)))
    try await connection.execute(StatementText("SET SESSION lock_wait_timeout = \(seconds)"))
    switch connection.server.family {
    case .mariaDB: try await connection.execute(StatementText("SET SESSION max_statement_time = \(seconds)"))
    case .mySQL where connection.server.version >= 50_708:
      try await connection.execute(StatementText("SET SESSION max_execution_time = \(seconds * 1_000)"))
    case .mySQL: break
    }
  }

  /// What an error means for the store; of a question that reached ``statementLimit``, that it was given up.
  func plainlyTold(_ error: MariaDBError) -> HistoryStoreError {
    guard let statementLimit, error.isTimeLimit else { return HistoryStoreError(error, side: side) }
    return HistoryStoreError(
      .transient, side: side,
      "gave up: \(location) was asked for something that took longer than \(statementLimit / .seconds(1)) s",
      statement: error.statement, isTimeLimit: true)
  }

  /// Connects, with the database chosen or with none.
  ///
  /// - Parameter readTimeout: how long an answer may take; nil for what the configuration says.
  func connect(
    toDatabase: Bool, readTimeout: Duration? = nil
  ) async throws(HistoryStoreError) -> MariaDBConnection {
    var configuration = configuration
    if let readTimeout {
      // What may take so long is not begun anew where its answer was lost: it goes on, and is found to stand.
      (configuration.readTimeout, configuration.isEndedWhenLost) = (readTimeout, false)
    }
    if toDatabase {
      configuration.lockTimes = lockLimit.map { LockTimes(silence: $0.silenceSeconds, wait: $0.waitSeconds) }
    } else {
      configuration.database = nil
    }
    do throws(MariaDBError) {
      let connection = try await MariaDBConnection.connect(configuration)
      if let statementLimit { try await limit(connection, to: statementLimit) }
      return connection
    } catch {
      // Without a database no privilege on one is asked for.
      throw toDatabase ? await told(error) : plainlyTold(error)
    }
  }
}
