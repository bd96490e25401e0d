internal import MariaDBClient
package import StudentModuleHistory

extension MySQLSession {
  package func insert(_ records: [HistoryRecord]) async throws {
    guard !records.isEmpty else { return }
    try await executeStrictly(insertStatement(records), rowCount: records.count)
  }

  package func insert(_ record: HistoryRecord) async throws -> UInt64 {
    let statement = insertStatement([record])
    return try await executeStrictly(statement, rowCount: 1).lastInsertID
  }

  private func insertStatement(_ records: [HistoryRecord]) -> StatementText {
    var statement = StatementText(
      "INSERT INTO \(table.sqlName) (\(HistoryRecord.columnsSQL)) VALUES ")
    for (index, record) in records.enumerated() {
      statement.append(index == 0 ? "(" : ",(")
      statement.append(record.id == 0 ? "NULL" : String(record.id))
      statement.append(",\(record.studentModuleID),")
      statement.append(textOrNull: record.version)
      statement.append(",")
      statement.append(quoted: record.created.text)
      statement.append(",")
      statement.append(textOrNull: record.state)
      statement.append(",")
      statement.append(textOrNull: record.grade.map { String($0) })
      statement.append(",")
      statement.append(textOrNull: record.maxGrade.map { String($0) })
      statement.append(")")
    }
    return statement
  }
}

extension StatementText {
  fileprivate mutating func append(textOrNull text: String?) {
    if let text { append(quoted: text) } else { append("NULL") }
  }
}
