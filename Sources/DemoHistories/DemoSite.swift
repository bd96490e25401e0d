package import HistoryStores
internal import StudentModuleHistory

/// A demo installation's original database: the two tables of Open edX that matter here, filled with a ``DemoHistory``.
package struct DemoSite: Sendable {
  /// The history that the database is filled with.
  package let history: DemoHistory

  /// How many rows the history table gets; the first ones of the history.
  package let rowCount: Int

  private let original: any ProvisionableStore

  package init(history: DemoHistory, rowCount: Int, original: any ProvisionableStore) {
    self.history = history
    self.rowCount = min(rowCount, history.recordCount)
    self.original = original
  }

  /// Creates the tables and fills them.
  ///
  /// - Parameter didInsert: called with the number of history rows after each batch.
  /// - Throws: `HistoryStoreError`.
  package func build(didInsert: @escaping @Sendable (Int) -> Void) async throws {
    try await original.provision(original.sql(of: .createDatabase, table: "") + tables)
    // SQLite has one writer at a time; servers take several.
    let writerCount = original.dialect == .sqlite ? 1 : 3
    let moduleIDs = history.studentModuleIDs
    try await withThrowingTaskGroup(of: Void.self) { group in
      for writer in 0..<writerCount {
        group.addTask {
          let session = try await original.openSQLSession()
          try await session.closing {
            try await fillModules(moduleIDs.slice(writer, of: writerCount), session)
            try await fillHistory((0..<rowCount).slice(writer, of: writerCount), session, didInsert)
          }
        }
      }
      try await group.waitForAll()
    }
  }

  private func fillModules(_ ids: Range<UInt64>, _ session: any SQLSession) async throws {
    let batchSize: UInt64 = 200
    for start in stride(from: ids.lowerBound, to: ids.upperBound, by: Int(batchSize)) {
      let batch = Array(history.studentModules(in: start..<min(start + batchSize, ids.upperBound)))
      let places = Array(repeating: "(?, ?, ?, ?, ?, ?, ?, ?, 'na', ?, ?)", count: batch.count).joined(separator: ", ")
      try await session.execute(
        "INSERT INTO \(original.sqlName("courseware_studentmodule")) (id, module_type, module_id, student_id, course_id, state,"
          + " grade, max_grade, done, created, modified) VALUES \(places)", batch.flatMap(Self.values))
    }
  }

  private func fillHistory(
    _ indices: Range<Int>, _ session: any HistorySession, _ didInsert: @Sendable (Int) -> Void
  ) async throws {
    var batch: [HistoryRecord] = []
    let batchSize = 1_000
    batch.reserveCapacity(batchSize)
    for record in history.records(in: indices) {
      batch.append(record)
      if batch.count == batchSize {
        try await session.insert(batch)
        didInsert(batch.count)
        batch.removeAll(keepingCapacity: true)
      }
    }
    try await session.insert(batch)
    didInsert(batch.count)
  }

  static func values(of module: DemoHistory.StudentModule) -> [SQLValue] {
    [
      .unsigned(module.id), .text(module.moduleType), .text(module.moduleID), .unsigned(module.studentID),
      .text(module.courseID), .optional(module.state), module.grade.map { .real($0) } ?? .null,
      module.maxGrade.map { .real($0) } ?? .null, .text(module.created.text), .text(module.modified.text),
    ]
  }

  /// The tables as today's Open edX has them.
  private var tables: [String] {
    let history = original.sqlName(HistorySide.original.tableNames[0])
    let modules = original.sqlName("courseware_studentmodule")
    switch original.dialect {
    case .mySQL:
      return [
        """
        CREATE TABLE \(modules) (
          id int NOT NULL AUTO_INCREMENT PRIMARY KEY, module_type varchar(32) NOT NULL, module_id varchar(255) NOT NULL,
          student_id int NOT NULL, course_id varchar(255) NOT NULL, state longtext, grade double DEFAULT NULL,
          max_grade double DEFAULT NULL, done varchar(8) NOT NULL, created datetime(6) NOT NULL,
          modified datetime(6) NOT NULL, UNIQUE KEY (student_id, module_id, course_id)
        ) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci
        """,
        """
        CREATE TABLE \(history) (
          id int NOT NULL AUTO_INCREMENT, student_module_id int NOT NULL, version varchar(255) DEFAULT NULL,
          created datetime(6) NOT NULL, state longtext, grade double DEFAULT NULL, max_grade double DEFAULT NULL,
          PRIMARY KEY (id), KEY courseware_studentmodulehistory_student_module_id (student_module_id),
          KEY courseware_studentmodulehistory_version (version), KEY courseware_studentmodulehistory_created (created)
        ) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci
        """,
      ]
    case .sqlite:
      return [
        """
        CREATE TABLE \(modules) (
          id integer NOT NULL PRIMARY KEY AUTOINCREMENT, module_type varchar(32) NOT NULL, module_id varchar(255) NOT NULL,
          student_id integer NOT NULL, course_id varchar(255) NOT NULL, state text NULL, grade real NULL, max_grade real NULL,
          done varchar(8) NOT NULL, created datetime NOT NULL, modified datetime NOT NULL,
          UNIQUE (student_id, module_id, course_id))
        """,
        """
        CREATE TABLE \(history) (
          id integer NOT NULL PRIMARY KEY AUTOINCREMENT, student_module_id integer NOT NULL, version varchar(255) NULL,
          created datetime NOT NULL, state text NULL, grade real NULL, max_grade real NULL)
        """,
        "CREATE INDEX courseware_studentmodulehistory_student_module_id ON \(history) (student_module_id)",
        "CREATE INDEX courseware_studentmodulehistory_version ON \(history) (version)",
        "CREATE INDEX courseware_studentmodulehistory_created ON \(history) (created)",
      ]
    }
  }
}

extension Range where Bound: BinaryInteger {
  /// The `index`-th of `count` parts of about the same length.
  fileprivate func slice(_ index: Int, of count: Int) -> Range<Bound> {
    let length = upperBound - lowerBound
    let start = lowerBound + length * Bound(index) / Bound(count)
    return start..<(lowerBound + length * Bound(index + 1) / Bound(count))
  }
}
