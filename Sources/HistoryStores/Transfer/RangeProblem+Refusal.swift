internal import StudentModuleHistory

extension RangeProblem {
  /// What is to be told of a row that a database refuses: the column, and what has to be taken out of the way. nil if a row with the same
  /// id stands by now.
  ///
  /// - Parameters:
  ///   - error: what the server said of all rows.
  ///   - insert: inserts the row with another value in a column.
  ///   - row: SQL that selects the row's values under the columns' names, without the SELECT.
  init?(
    _ error: HistoryStoreError, id: UInt64, _ refused: RefusedRow, _ session: any SQLSession,
    insert: (_ column: String, _ literal: String) async throws -> Void, row: () -> String
  ) async throws {
    if refused.error.kind == .duplicateID {
      let standing = try await session.rows("SELECT 1 FROM \(session.tableSQL) WHERE id = ?", [.unsigned(id)])
      guard standing.isEmpty else { return nil }
      let indexes = try await (session as? MySQLSession)?.uniqueIndexes() ?? []
      self = .constraint(
        id: id, column: nil, message: error.message,
        remedy: .joined(indexes.map { Remedy(.dropIndex, session.tableSQL, $0) }, by: " or "))
      return
    }
    let column = try await RefusedRow.column(session, insert: insert)
    // Only constraints have a remedy of their own.
    guard let general = refused.error.remedy else {
      self = .valueRejected(id: id, column: column, message: error.message)
      return
    }
    let checks = try await (session as? MySQLSession)?.removals(ofChecksRefusing: row()) ?? []
    self = .constraint(
      id: id, column: column, message: error.message, remedy: .joined(checks, by: " or ") ?? general)
  }
}
