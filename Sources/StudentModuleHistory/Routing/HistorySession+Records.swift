extension HistorySession {
  private var columns: String { HistoryRecord.columnNames.joined(separator: ", ") }

  /// The newest records of student modules with ids below `id`, by descending id.
  func records(of studentModuleIDs: [UInt64], below id: UInt64?, limit: Int) async throws -> [HistoryRecord] {
    func condition(_ module: UInt64) -> String {
      "student_module_id = \(module)" + (id.map { " AND id < \($0)" } ?? "")
    }
    if let only = studentModuleIDs.first, studentModuleIDs.count == 1 {
      return try await records("WHERE \(condition(only)) ORDER BY id DESC LIMIT \(limit)")
    }
    // With IN and a limit servers have been seen to walk the whole table by its primary key; a part for each student module is read
    // from the index on it, and only ids are sorted.
    let parts = studentModuleIDs.map {
      "SELECT * FROM (SELECT id FROM \(tableSQL) WHERE \(condition($0)) ORDER BY id DESC LIMIT \(limit)) AS m\($0)"
    }
    let ids = try await rows("\(parts.joined(separator: " UNION ALL ")) ORDER BY id DESC LIMIT \(limit)")
      .compactMap { $0[0].unsignedValue }
    return try await records(ids: ids, of: studentModuleIDs)
  }

  /// The records with these ids, by descending id.
  public func records(ids: [UInt64]) async throws -> [HistoryRecord] {
    guard !ids.isEmpty else { return [] }
    return try await records("WHERE id IN (\(Self.list(ids))) ORDER BY id DESC")
  }

  /// The records with these ids that belong to these student modules, by descending id.
  func records(ids: [UInt64], of studentModuleIDs: [UInt64]) async throws -> [HistoryRecord] {
    guard !ids.isEmpty else { return [] }
    return try await records(
      "WHERE id IN (\(Self.list(ids))) AND student_module_id IN (\(Self.list(studentModuleIDs))) ORDER BY id DESC")
  }

  /// Gives a record new content; its id and student module stay. Returns false if there is no such record any more.
  func update(_ record: HistoryRecord) async throws -> Bool {
    let condition = "id = \(record.id) AND student_module_id = \(record.studentModuleID)"
    let changed = try await execute(
      "UPDATE \(tableSQL) SET created = ?, state = ?, grade = ?, max_grade = ? WHERE \(condition)",
      [
        .text(record.created.text), .optional(record.state), record.grade.map { .real($0) } ?? .null,
        record.maxGrade.map { .real($0) } ?? .null,
      ])
    // Servers count the rows that changed, not those that were found.
    if changed > 0 { return true }
    return try await !rows("SELECT 1 FROM \(tableSQL) WHERE \(condition)").isEmpty
  }

  /// Removes all records of student modules; returns how many.
  func deleteRecords(of studentModuleIDs: [UInt64]) async throws -> Int {
    try await execute("DELETE FROM \(tableSQL) WHERE student_module_id IN (\(Self.list(studentModuleIDs)))")
  }

  /// For stores that hand out values; one that hands out bytes does it faster by itself.
  public func records(_ clause: String) async throws -> [HistoryRecord] {
    try await rows("SELECT \(columns) FROM \(tableSQL) \(clause)").map { row in
      guard let record = HistoryRecord(columns: row) else {
        throw HistoryStoreError(
          .other, side: side, "a record with an id, student module or time that is none: \(row[0].textValue ?? "NULL")")
      }
      return record
    }
  }

  private static func list(_ ids: [UInt64]) -> String { ids.map(String.init).joined(separator: ", ") }
}

extension HistoryRecord {
  /// A row of ``columnNames``.
  public init?(columns row: [SQLValue]) {
    guard row.count == Self.columnNames.count, let id = row[0].unsignedValue, let module = row[1].unsignedValue,
      let created = row[3].textValue.flatMap({ HistoryTimestamp($0) })
    else { return nil }
    self.init(
      id: id, studentModuleID: module, version: row[2].textValue, created: created, state: row[4].textValue,
      grade: row[5].realValue, maxGrade: row[6].realValue)
  }
}
