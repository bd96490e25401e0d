package import StudentModuleHistory

/// The verbs of a history table that are the same SQL everywhere.
extension SQLSession {
  package func records(_ selection: RowSelection) async throws -> [HistoryRecord] {
    try await records(clause: selection.clause(of: tableSQL))
  }

  package func outlines(_ selection: RowSelection, below boundary: UInt64) async throws -> [OutlinedRecord] {
    try await outlines(clause: selection.clause(of: tableSQL), below: boundary)
  }

  package func ids(_ selection: RowSelection) async throws -> [UInt64] {
    try await ids(clause: selection.clause(of: tableSQL))
  }

  package func rowCount(_ selection: RowSelection) async throws -> UInt64 {
    let clause = selection.clause(of: tableSQL)
    let sql =
      selection.limit == nil
      ? "SELECT COUNT(*) FROM \(tableSQL) \(clause)"
      // The inner limit makes this cheap for a table of any size.
      : "SELECT COUNT(*) FROM (SELECT id FROM \(tableSQL) \(clause)) AS bounded"
    return try await rows(sql)[0][0].unsignedValue ?? 0
  }

  package func rowCounts(in ranges: [IDRange]) async throws -> [UInt64] {
    guard !ranges.isEmpty else { return [] }
    let parts = ranges.map { "SELECT COUNT(*) FROM \(tableSQL) WHERE id BETWEEN \($0.lower) AND \($0.upper)" }
    return try await rows(parts.joined(separator: " UNION ALL ")).map { $0[0].unsignedValue ?? 0 }
  }

  package func recordsIfReadable(ids: [UInt64]) async throws -> [UInt64: HistoryRecord?] {
    guard !ids.isEmpty else { return [:] }
    let rows = try await rows(
      "SELECT \(HistoryRecord.columnsSQL) FROM \(tableSQL) \(RowSelection(ids: ids).clause(of: tableSQL))")
    return Dictionary(
      uniqueKeysWithValues: rows.compactMap { row in row[0].unsignedValue.map { ($0, HistoryRecord(columns: row)) } })
  }

  package func keys(_ selection: RowSelection) async throws -> [RowKey] {
    try await rows("SELECT id, student_module_id, created FROM \(tableSQL) \(selection.clause(of: tableSQL))")
      .compactMap { row in
        row[0].unsignedValue.map {
          RowKey(id: $0, studentModuleID: row[1].textValue ?? "", created: row[2].textValue ?? "")
        }
      }
  }

  package func ages(_ selection: RowSelection) async throws -> [(id: UInt64, seconds: Double?)] {
    let age = dialect.seconds(from: "created", to: dialect.now)
    return try await rows("SELECT id, \(age) FROM \(tableSQL) \(selection.clause(of: tableSQL))")
      .compactMap { row in row[0].unsignedValue.map { ($0, row[1].realValue) } }
  }

  package func sizes(_ selection: RowSelection) async throws -> [RowSize] {
    // `version` has at most 255 characters, and the other columns and the statement's beginning take less than a kilobyte.
    let rest = "IFNULL(\(dialect.byteCount(of: "version")) * 2, 0) + 1000"
    return try await rows(
      "SELECT id, IFNULL(\(stateByteCountSQL), 0), \(rest) FROM \(tableSQL) \(byIDSQL) \(selection.clause(of: tableSQL))"
    ).compactMap { row in
      row[0].unsignedValue.map {
        RowSize(id: $0, stateByteCount: row[1].unsignedValue ?? 0, restByteCount: row[2].unsignedValue ?? 0)
      }
    }
  }

  package func update(_ record: HistoryRecord) async throws -> Bool {
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

  @discardableResult
  package func delete(_ selection: RowSelection) async throws -> Int {
    let conditions = selection.conditions
    precondition(!conditions.isEmpty, "a whole table is emptied by truncate() only")
    return try await execute("DELETE FROM \(tableSQL) WHERE \(conditions.joined(separator: " AND "))")
  }

  package func move(ids: [UInt64], by shift: IDShift) async throws -> Int {
    guard !ids.isEmpty else { return 0 }
    return try await execute(
      "UPDATE \(tableSQL) SET id = \(shift.sql) WHERE id IN (\(ids.map(String.init).joined(separator: ", ")))")
  }
}

extension RowSelection {
  /// What rows have to meet, as SQL.
  var conditions: [String] {
    var conditions: [String] = []
    switch (lower, upper) {
    case (let lower?, let upper?): conditions.append("id BETWEEN \(lower) AND \(upper)")
    case (let lower?, nil): conditions.append("id >= \(lower)")
    case (nil, let upper?): conditions.append("id <= \(upper)")
    case (nil, nil): break
    }
    if let ids { conditions.append("id IN (\(Self.list(ids)))") }
    if let studentModuleIDs {
      conditions.append(
        studentModuleIDs.count == 1
          ? "student_module_id = \(studentModuleIDs[0])" : "student_module_id IN (\(Self.list(studentModuleIDs)))")
    }
    if let createdAfter { conditions.append("created > \(SQLDialect.literal(createdAfter))") }
    return conditions
  }

  /// The selection as SQL behind the table's name.
  func clause(of tableSQL: String) -> String {
    if let limit, let studentModuleIDs, studentModuleIDs.count > 1, ids == nil, order == .descending, offset == 0 {
      return newest(studentModuleIDs, limit, tableSQL)
    }
    let conditions = conditions
    return [
      conditions.isEmpty ? nil : "WHERE \(conditions.joined(separator: " AND "))",
      order.map { $0 == .ascending ? "ORDER BY id" : "ORDER BY id DESC" },
      limit.map { "LIMIT \($0)" },
      offset == 0 ? nil : "OFFSET \(offset)",
    ].compactMap { $0 }.joined(separator: " ")
  }

  /// The newest rows of several student modules.
  ///
  /// With IN and a limit servers have been seen to walk the whole table by its primary key; a part for each student module is read
  /// from the index on it, and only ids are sorted.
  private func newest(_ studentModuleIDs: [UInt64], _ limit: Int, _ tableSQL: String) -> String {
    let parts = studentModuleIDs.map { module in
      var part = self
      part.studentModuleIDs = [module]
      return "SELECT * FROM (SELECT id FROM \(tableSQL) \(part.clause(of: tableSQL))) AS m\(module)"
    }
    let ids = "SELECT id FROM (\(parts.joined(separator: " UNION ALL "))) AS parts ORDER BY id DESC LIMIT \(limit)"
    return "JOIN (\(ids)) AS newest USING (id) ORDER BY id DESC"
  }

  private static func list(_ ids: [UInt64]) -> String { ids.map(String.init).joined(separator: ", ") }
}

extension IDShift {
  /// The moved id as SQL.
  var sql: String {
    switch self {
    case .up(0), .down(0): "id"
    case .up(let distance): "id + \(distance)"
    case .down(let distance): "id - \(distance)"
    }
  }
}
