extension HistorySession {
  /// ``HistoryRecord/columnNames`` for SELECT, with the length of the state in its place where a row is to be outlined.
  public func columnsSQL(outlinedBelow boundary: UInt64) -> String {
    return HistoryRecord.columnNames.map { name in
      name == "state" && boundary > 0 ? "CASE WHEN id >= \(boundary) THEN state ELSE \(stateByteCountSQL) END" : name
    }.joined(separator: ", ")
  }

  /// The newest records of student modules with ids below `id`, by descending id.
  ///
  /// - Parameter boundary: see ``records(_:outlinedBelow:)``.
  func records(
    of studentModuleIDs: [UInt64], below id: UInt64?, limit: Int, outlinedBelow boundary: UInt64 = 0
  ) async throws -> [HistoryRecord] {
    func condition(_ module: UInt64) -> String {
      "student_module_id = \(module)" + (id.map { " AND id < \($0)" } ?? "")
    }
    if let only = studentModuleIDs.first, studentModuleIDs.count == 1 {
      return try await records(
        "WHERE \(condition(only)) ORDER BY id DESC LIMIT \(limit)", outlinedBelow: boundary)
    }
    // With IN and a limit servers have been seen to walk the whole table by its primary key; a part for each student module is read
    // from the index on it, and only ids are sorted.
    let parts = studentModuleIDs.map {
      "SELECT * FROM (SELECT id FROM \(tableSQL) WHERE \(condition($0)) ORDER BY id DESC LIMIT \(limit)) AS m\($0)"
    }
    let ids = try await rows("\(parts.joined(separator: " UNION ALL ")) ORDER BY id DESC LIMIT \(limit)")
      .compactMap { $0[0].unsignedValue }
    return try await records(ids: ids, of: studentModuleIDs, outlinedBelow: boundary)
  }

  /// The records with these ids, by descending id.
  public func records(ids: [UInt64]) async throws -> [HistoryRecord] {
    guard !ids.isEmpty else { return [] }
    return try await records("WHERE id IN (\(Self.list(ids))) ORDER BY id DESC", outlinedBelow: 0)
  }

  /// The records with these ids that belong to these student modules, by descending id.
  func records(
    ids: [UInt64], of studentModuleIDs: [UInt64], outlinedBelow boundary: UInt64 = 0
  ) async throws -> [HistoryRecord] {
    guard !ids.isEmpty else { return [] }
    return try await records(
      "WHERE id IN (\(Self.list(ids))) AND student_module_id IN (\(Self.list(studentModuleIDs))) ORDER BY id DESC",
      outlinedBelow: boundary)
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
  public func records(_ clause: String, outlinedBelow boundary: UInt64) async throws -> [HistoryRecord] {
    try await rows("SELECT \(columnsSQL(outlinedBelow: boundary)) FROM \(tableSQL) \(clause)").map { row in
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
  /// Whether `outline` is of this very record: everything is equal, and its state is the number of bytes of this one's.
  ///
  /// An outline spares a reader of both tables the states of copies, whose originals it reads anyway. Two saves of one student module
  /// have different modification times, so that another record under the same id does not pass for this one.
  func isOutlined(by outline: HistoryRecord) -> Bool {
    guard id == outline.id, studentModuleID == outline.studentModuleID, created == outline.created,
      grade == outline.grade, maxGrade == outline.maxGrade, version == outline.version
    else { return false }
    guard let state else { return outline.state == nil }
    return outline.state.flatMap { Int($0) } == state.utf8.count
  }

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
