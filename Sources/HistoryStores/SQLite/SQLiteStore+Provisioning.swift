internal import Foundation
internal import GRDB
package import StudentModuleHistory

extension SQLiteStore: ProvisionableStore {
  package var dialect: SQLDialect { .sqlite }

  package var hasAccounts: Bool { false }

  package func inventory() async throws -> StoreInventory {
    guard FileManager.default.fileExists(atPath: path) else {
      return StoreInventory(
        databaseExists: false, tableName: nil, newTableName: newTableName(tableName), otherTables: [])
    }
    let queue = try open(creating: false)
    defer { try? queue.close() }
    let names = try await tableNames(in: queue)
    let candidates = tableName.map { [$0] } ?? side.tableNames
    return StoreInventory(
      databaseExists: true, tableName: candidates.first { names.contains($0) }, newTableName: newTableName(tableName),
      otherTables: names)
  }

  /// Files are for trials, and csmh's own.
  package func djangoMigrations(of application: String) async throws -> [String]? { nil }

  package func refusal(of steps: [PrivilegedStep]) async throws -> HistoryStoreError? {
    let directory = URL(fileURLWithPath: path).deletingLastPathComponent().path
    let manager = FileManager.default
    let isPermitted =
      switch side {
      case .original: manager.isWritableFile(atPath: path) || !manager.fileExists(atPath: path)
      case .extended:
        manager.fileExists(atPath: path)
          ? manager.isWritableFile(atPath: path) : manager.isWritableFile(atPath: directory)
      }
    return isPermitted
      ? nil : HistoryStoreError(.notPermitted, side: side, "the file \(path) cannot be written by this user")
  }

  package func sqlName(_ table: String) -> String { "\"\(table)\"" }

  package func provision(_ statements: [String]) async throws {
    let queue = try open(creating: true)
    defer { try? queue.close() }
    do {
      try await queue.writeWithoutTransaction { database in
        // Readers go on while a range is written: https://sqlite.org/wal.html
        try database.execute(sql: "PRAGMA journal_mode = WAL")
        for sql in statements where !sql.isEmpty { try database.execute(sql: sql) }
      }
    } catch {
      throw HistoryStoreError(error, side: side, path: path)
    }
  }

  // MARK: Changes

  package func sql(of change: SchemaChange, table: String) -> [String] {
    switch change {
    // The file is created by opening it, and all ids of a file have 64 bits.
    case .createDatabase, .widenIDs: []
    case .createTable: [createTableSQL(table)]
    case .raiseCounter(let id):
      [
        """
        INSERT INTO sqlite_sequence (name, seq) SELECT '\(table)', 0 \
        WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = '\(table)');
        UPDATE sqlite_sequence SET seq = \(id - 1) WHERE name = '\(table)' AND seq < \(id - 1)
        """
      ]
    case .createJournal, .emptyJournal, .beginJournal, .addJournalColumn, .setJournalVersion, .raiseStartingID,
      .createRecord:
      journalSQL(of: change) ?? []
    }
  }

  /// The extended table as Django makes it on SQLite.
  private func createTableSQL(_ name: String) -> String {
    """
    CREATE TABLE IF NOT EXISTS "\(name)" (
      "id" integer NOT NULL PRIMARY KEY AUTOINCREMENT,
      "version" varchar(255) NULL,
      "created" datetime NOT NULL,
      "state" text NULL,
      "grade" real NULL,
      "max_grade" real NULL,
      "student_module_id" bigint unsigned NOT NULL
    );
    CREATE INDEX IF NOT EXISTS "\(name)_version" ON "\(name)" ("version");
    CREATE INDEX IF NOT EXISTS "\(name)_created" ON "\(name)" ("created");
    CREATE INDEX IF NOT EXISTS "student_module_idx" ON "\(name)" ("student_module_id")
    """
  }

  /// Nobody queues behind whoever waits for a file. A column alone cannot be added twice.
  package func apply(_ change: SchemaChange, lockWait: Int) async throws {
    if case .addJournalColumn(let table, let column) = change {
      let session = try await openSQLiteSession()
      let columns = try await session.closing { try await session.presentColumns(of: table) }
      guard !columns.contains(column.rawValue) else { return }
    }
    try await provision(sql(of: change, table: try await inventory().historyTable))
  }
}
