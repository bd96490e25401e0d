internal import MariaDBClient
public import StudentModuleHistory

extension MySQLStore: ProvisionableStore {
  public var dialect: SQLDialect { .mySQL }

  public func inventory() async throws(HistoryStoreError) -> StoreInventory {
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
        otherTables: names)
    }
  }

  public func djangoMigrations(of application: String) async throws -> [String] {
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

  /// A new extended database takes the character set that holds every character; its collation is Open edX's own choice.
  public var createDatabaseSQL: String {
    "CREATE DATABASE IF NOT EXISTS \(MySQLTable.quoted(database)) DEFAULT CHARACTER SET utf8mb4"
      + " DEFAULT COLLATE utf8mb4_unicode_ci"
  }

  /// The extended table as the migrations of today's Open edX leave it: coursewarehistoryextended 0001 to 0003.
  ///
  /// With its row format, as an older one that the server may have as its default has no room for the index of `version`.
  public var createTableSQL: String {
    """
    CREATE TABLE IF NOT EXISTS \(sqlName(tableName ?? side.tableNames[0])) (
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

  public func raiseCounterSQL(of table: String, to startingID: UInt64) -> String {
    "ALTER TABLE \(sqlName(table)) AUTO_INCREMENT = \(startingID)"
  }

  public func sqlName(_ table: String) -> String {
    "\(MySQLTable.quoted(database)).\(MySQLTable.quoted(table))"
  }

  public func widenIDsSQL(of table: String) -> String {
    "ALTER TABLE \(sqlName(table)) MODIFY `id` bigint NOT NULL AUTO_INCREMENT"
  }

  public func provision(_ statements: [String], lockWait: Int?) async throws {
    let connection = try await connect(toDatabase: false)
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
