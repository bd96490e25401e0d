internal import MariaDBClient
public import StudentModuleHistory

extension MySQLSession {
  public var stateByteCountSQL: String {
    table.holdsUTF8 ? "OCTET_LENGTH(state)" : "OCTET_LENGTH(CONVERT(state USING utf8mb4))"
  }

  /// Rows become records on the connection's thread, straight from the bytes: readers of histories wait for this.
  public func records(_ clause: String, outlinedBelow boundary: UInt64) async throws -> [HistoryRecord] {
    let statement = StatementText("SELECT \(columnsSQL(outlinedBelow: boundary)) FROM \(table.sqlName) \(clause)")
    let records = try await mapped { connection throws(MariaDBError) in
      try await connection.query(statement) { HistoryRecord($0) }
    }
    return try records.map { record in
      guard let record else {
        throw HistoryStoreError(.other, side: side, "a record with an id, student module or time that is none")
      }
      return record
    }
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
      grade: row.text(5).flatMap { Double($0) }, maxGrade: row.text(6).flatMap { Double($0) })
  }
}

extension StreamedRow {
  fileprivate func unsigned(_ column: Int) -> UInt64? {
    guard let digits = self[column], !digits.isEmpty else { return nil }
    var value: UInt64 = 0
    for digit in digits {
      guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
      let (product, overflows) = value.multipliedReportingOverflow(by: 10)
      let (sum, carries) = product.addingReportingOverflow(UInt64(digit - UInt8(ascii: "0")))
      guard !overflows, !carries else { return nil }
      value = sum
    }
    return value
  }
}
