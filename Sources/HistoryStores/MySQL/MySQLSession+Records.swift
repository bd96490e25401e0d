internal import MariaDBClient
package import StudentModuleHistory
internal import Synchronization

extension MySQLSession {
  package var columnsAsBytes: [String]? {
    guard table.holdsUTF8 else { return nil }
    return HistoryRecord.columnNames.map { ["version", "state"].contains($0) ? "CAST(\($0) AS BINARY)" : $0 }
  }

  package var stateByteCountSQL: String {
    table.holdsUTF8 ? "OCTET_LENGTH(state)" : "OCTET_LENGTH(CONVERT(state USING utf8mb4))"
  }

  package func records(clause: String) async throws -> [HistoryRecord] {
    try await read(HistoryRecord.columnsSQL, clause) { HistoryRecord($0) }
  }

  package func outlines(clause: String, below boundary: UInt64) async throws -> [OutlinedRecord] {
    try await read(columnsSQL(outlinedBelow: boundary), clause) { row in
      guard let id = row.unsigned(0), id < boundary else { return HistoryRecord(row).map { .whole($0) } }
      return HistoryOutline(row, id: id).map { .outline($0) }
    }
  }

  package func ids(clause: String) async throws -> [UInt64] {
    try await read("id", clause) { $0.unsigned(0) }
  }

  /// Rows are made on the connection's thread, straight from the bytes: readers of histories wait for this.
  ///
  /// Not generic once it is compiled: without `@inline(always)` each row is copied by way of its type's metadata.
  @inline(always) private func read<Row: Sendable>(
    _ columns: String, _ clause: String, _ decode: @escaping @Sendable (borrowing StreamedRow) -> Row?
  ) async throws -> [Row] {
    let statement = StatementText("SELECT \(columns) FROM \(table.sqlName) \(clause)")
    // nil: a row that is none.
    let rows = Mutex<[Row]?>([])
    try await mapped { connection throws(MariaDBError) in
      try await connection.query(statement) { row in
        let decoded = decode(row)
        rows.withLock { if let decoded { $0?.append(decoded) } else { $0 = nil } }
      }
    }
    guard let rows = rows.withLock({ $0 }) else {
      throw HistoryStoreError(.other, side: side, "a record with an id, student module or time that is none")
    }
    return rows
  }
}

extension HistoryRecord {
  /// A row of ``columnNames``.
  fileprivate init?(_ row: borrowing StreamedRow) {
    guard let id = row.unsigned(0), let module = row.unsigned(1),
      let created = row[3].flatMap({ HistoryTimestamp(utf8: $0) })
    else { return nil }
    self.init(
      id: id, studentModuleID: module, version: row.text(2), created: created, state: row.text(4),
      grade: row.double(5), maxGrade: row.double(6))
  }
}

extension HistoryOutline {
  /// A row of ``HistoryRecord/columnNames`` with the length of the state in its place.
  fileprivate init?(_ row: borrowing StreamedRow, id: UInt64) {
    guard let module = row.unsigned(1), let created = row[3].flatMap({ HistoryTimestamp(utf8: $0) }) else { return nil }
    self.init(
      id: id, studentModuleID: module, version: row.text(2), created: created, stateByteCount: row.unsigned(4),
      grade: row.double(5), maxGrade: row.double(6))
  }
}
