internal import MariaDBClient
package import StudentModuleHistory

extension MySQLStore: ProvisionableStore {
  package var dialect: SQLDialect { .mySQL }

  package var hasAccounts: Bool { true }

  package func inventory() async throws(HistoryStoreError) -> StoreInventory {
    try await withAdministration { connection throws(MariaDBError) in
      var query = StatementText("SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = ")
      query.append(quoted: database)
      let names = try await connection.query(query).compactMap { $0[0] }
      // Not SHOW DATABASES LIKE: a LIKE has no escape character on MySQL while NO_BACKSLASH_ESCAPES is set.
      var databases = StatementText("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ")
      databases.append(quoted: database)
      let isListed = try await !connection.query(databases).isEmpty
      let candidates = tableName.map { [$0] } ?? side.tableNames
      return StoreInventory(
        databaseExists: isListed || !names.isEmpty, tableName: candidates.first { names.contains($0) },
        newTableName: newTableName(tableName), otherTables: names)
    }
  }

  package func djangoMigrations(of application: String) async throws -> [String]? {
    try await withAdministration { connection throws(MariaDBError) in
      var query = StatementText("SELECT name FROM \(sqlName("django_migrations")) WHERE app = ")
      query.append(quoted: application)
      do throws(MariaDBError) {
        return try await connection.query(query).compactMap { $0[0] }
      } catch {
        guard [.unknownDatabase, .unknownTable].contains(error.kind) else { throw error }
        return []
      }
    }
  }

  /// Runs work on a connection of its own without any database chosen.
  func withAdministration<Value>(
    _ work: (MariaDBConnection) async throws(MariaDBError) -> Value
  ) async throws(HistoryStoreError) -> Value {
    let connection = try await connect(toDatabase: false)
    do throws(MariaDBError) {
      let value = try await work(connection)
      await connection.close()
      return value
    } catch {
      await connection.close()
      throw plainlyTold(error)
    }
  }

  package func sqlName(_ table: String) -> String {
    "\(MySQLTable.quoted(database)).\(MySQLTable.quoted(table))"
  }

  package func provision(_ statements: [String]) async throws {
    try await run(statements, lockWait: nil)
  }

  // MARK: Changes

  package func sql(of change: SchemaChange, table: String) -> [String] {
    switch change {
    case .createDatabase:
      // The character set that holds every character; its collation is Open edX's own choice.
      [
        "CREATE DATABASE IF NOT EXISTS \(MySQLTable.quoted(database)) DEFAULT CHARACTER SET utf8mb4"
          + " DEFAULT COLLATE utf8mb4_unicode_ci"
      ]
    case .createTable: [createTableSQL(table)]
    case .raiseCounter(let id): ["ALTER TABLE \(sqlName(table)) AUTO_INCREMENT = \(id)"]
    case .widenIDs: ["ALTER TABLE \(sqlName(table)) MODIFY `id` bigint NOT NULL AUTO_INCREMENT"]
    case .createJournal, .emptyJournal, .beginJournal, .addJournalColumn, .setJournalVersion, .raiseStartingID,
      .createRecord:
      journalSQL(of: change) ?? []
    }
  }

  /// The extended table as the migrations of today's Open edX leave it: coursewarehistoryextended 0001 to 0003.
  ///
  /// With its row format, as an older one that the server may have as its default has no room for the index of `version`.
  private func createTableSQL(_ table: String) -> String {
    """
    CREATE TABLE IF NOT EXISTS \(sqlName(table)) (
      `version` varchar(255) DEFAULT NULL,
      `created` datetime(6) NOT NULL,
      `state` longtext DEFAULT NULL,
      `grade` double DEFAULT NULL,
      `max_grade` double DEFAULT NULL,
      `id` bigint unsigned NOT NULL AUTO_INCREMENT,
      `student_module_id` bigint unsigned NOT NULL,
      PRIMARY KEY (`id`),
      KEY `coursewarehistoryextended_studentmodulehistoryextended_version` (`version`),
      KEY `coursewarehistoryextended_studentmodulehistoryextended_created` (`created`),
      KEY `student_module_idx` (`student_module_id`)
    ) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci
    """
  }

  package func apply(_ change: SchemaChange, lockWait: Int) async throws {
    guard try await !isMade(change) else { return }
    do {
      // What waits for the readers of its last moment has rebuilt the table for nothing where it gives up then.
      try await run(
        sql(of: change, table: try await inventory().historyTable), lockWait: change == .widenIDs ? nil : lockWait,
        readTimeout: change == .widenIDs ? Self.rebuildTimeout : nil)
    } catch let error as HistoryStoreError where !error.isTransient {
      // Somebody else may have made it at the same moment; where that cannot be told, it is asked again.
      guard try await isMade(change) else { throw error }
    }
  }

  /// Whether a change stands; false for one that is made twice without harm.
  private func isMade(_ change: SchemaChange) async throws -> Bool {
    switch change {
    case .raiseCounter(let id): try await looking { try await $0.nextID() >= id }
    case .widenIDs: try await looking { $0.table.largestPossibleID >= UInt64(Int64.max) }
    case .addJournalColumn(let table, let column):
      try await looking { try await $0.presentColumns(of: table).contains(column.rawValue) }
    case .beginJournal: try await looking { try await $0.count(JournalQuery(.migration)) > 0 }
    case .createDatabase, .createTable, .createJournal, .emptyJournal, .setJournalVersion, .raiseStartingID,
      .createRecord:
      false
    }
  }

  private func looking(_ look: (MySQLSession) async throws -> Bool) async throws -> Bool {
    let session = try await openMySQLSession()
    return try await session.closing { try await look(session) }
  }

  /// A rebuild says nothing until it is done.
  private static let rebuildTimeout = Duration.seconds(7 * 86_400)

  /// - Parameters:
  ///   - lockWait: nil for as long as the server lets it.
  ///   - readTimeout: nil for what the configuration says.
  private func run(_ statements: [String], lockWait: Int?, readTimeout: Duration? = nil) async throws {
    let connection = try await connect(toDatabase: false, readTimeout: readTimeout)
    do throws(MariaDBError) {
      if let lockWait { try await connection.execute(StatementText("SET SESSION lock_wait_timeout = \(lockWait)")) }
      for sql in statements { try await connection.execute(StatementText(sql)) }
      await connection.close()
    } catch {
      await connection.close()
      throw await told(error)
    }
  }
}
