extension HistorySession {
  /// The columns of an outlined row for SELECT: ``HistoryRecord/columnNames``, with the length of the state in its place where the id is
  /// below `boundary`.
  public func columnsSQL(outlinedBelow boundary: UInt64) -> String {
    HistoryRecord.columnNames.map { name in
      name == "state" ? "CASE WHEN id >= \(boundary) THEN state ELSE \(stateByteCountSQL) END" : name
    }.joined(separator: ", ")
  }

  /// The newest records of student modules with ids below `id`, by descending id.
  func records(of studentModuleIDs: [UInt64], below id: UInt64?, limit: Int) async throws -> [HistoryRecord] {
    try await records(Self.newest(tableSQL, of: studentModuleIDs, below: id, limit: limit))
  }

  /// The same, outlined: see ``outlines(_:below:)``; and whether no older ones are left.
  ///
  /// For a page of one history that is longer than usual, copies that were proven are told by their ids: a server looks up every row by
  /// itself, and finds the ids of a history side by side in the index, at a quarter of the cost.
  func outlines(
    of studentModuleIDs: [UInt64], below id: UInt64?, limit: Int, outlinedBelow boundary: UInt64, provenBelow: UInt64
  ) async throws -> (rows: [OutlinedRecord], isAtEnd: Bool) {
    func clause(atLeast lowest: UInt64? = nil) -> String {
      Self.newest(tableSQL, of: studentModuleIDs, below: id, atLeast: lowest, limit: limit)
    }
    guard provenBelow > 0, studentModuleIDs.count == 1, limit > HistoryRouter.usualPageSize + 1 else {
      let rows = try await outlines(clause(), below: boundary)
      return (rows, rows.count < limit)
    }
    let ids = try await ids(clause())
    let proven = ids.drop { $0 >= provenBelow }
    let isAtEnd = ids.count < limit
    guard proven.startIndex > 0 else { return (proven.map { .proven(id: $0) }, isAtEnd) }
    // All of them by one statement: rows above the bound may be given other ids meanwhile, those below it keep theirs.
    let others = try await outlines(clause(atLeast: provenBelow), below: boundary)
    // More have been written meanwhile.
    if others.count == limit { return (others, false) }
    return (others + proven.map { .proven(id: $0) }, isAtEnd)
  }

  /// The clause that selects the newest rows of student modules with ids below `id`, by descending id. One statement: fewer rows than
  /// `limit` are all there are, whatever is deleted meanwhile.
  private static func newest(
    _ tableSQL: String, of studentModuleIDs: [UInt64], below id: UInt64?, atLeast lowest: UInt64? = nil, limit: Int
  ) -> String {
    func condition(_ module: UInt64) -> String {
      "student_module_id = \(module)" + (id.map { " AND id < \($0)" } ?? "")
        + (lowest.map { " AND id >= \($0)" } ?? "")
    }
    if let only = studentModuleIDs.first, studentModuleIDs.count == 1 {
      return "WHERE \(condition(only)) ORDER BY id DESC LIMIT \(limit)"
    }
    // With IN and a limit servers have been seen to walk the whole table by its primary key; a part for each student module is read
    // from the index on it, and only ids are sorted.
    let parts = studentModuleIDs.map {
      "SELECT * FROM (SELECT id FROM \(tableSQL) WHERE \(condition($0)) ORDER BY id DESC LIMIT \(limit)) AS m\($0)"
    }
    let ids = "SELECT id FROM (\(parts.joined(separator: " UNION ALL "))) AS parts ORDER BY id DESC LIMIT \(limit)"
    return "JOIN (\(ids)) AS newest USING (id) ORDER BY id DESC"
  }

  /// One row; nil if there is none, or if it holds an id, student module or time that is none.
  public func record(_ id: UInt64) async throws -> HistoryRecord? {
    try await rows("SELECT \(HistoryRecord.columnsSQL) FROM \(tableSQL) WHERE id = \(id)")
      .first.flatMap { HistoryRecord(columns: $0) }
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
