internal import StudentModuleHistory

/// Finds the row for which a database refuses an INSERT, and the column, by trying parts of it inside of a transaction that is rolled
/// back anyway.
///
/// What a server says is in its own language, and neither family fills the fields that the SQL standard has for it: COLUMN_NAME and
/// CONSTRAINT_NAME are empty on both, ROW_NUMBER exists on MariaDB alone (tried on 10.11 and 9.7).
/// https://mariadb.com/kb/en/get-diagnostics/
struct RefusedRow: Sendable {
  /// Its place among the rows of the statement.
  let index: Int

  /// What the server says of it alone.
  let error: HistoryStoreError

  /// What to throw if no row is refused any more: the same may go now.
  static func vanished(_ error: HistoryStoreError) -> HistoryStoreError {
    error.kind == .duplicateID
      ? error : HistoryStoreError(.transient, side: error.side, error.message, remedy: error.remedy)
  }

  /// Whether an error speaks of a row.
  static func isRefusal(_ error: HistoryStoreError) -> Bool {
    error.kind == .valueRejected || error.kind == .duplicateID
  }

  /// The first row that is refused, with about twice as many rows inserted as there are; nil if the rows are taken now.
  ///
  /// Rows in front of it stay inserted: a row may be refused because of an earlier one.
  ///
  /// - Throws: whatever `insert` throws that is not ``isRefusal(_:)``.
  static func find(
    among count: Int, _ session: any SQLSession, insert: (Range<Int>) async throws -> Void
  ) async throws -> RefusedRow? {
    guard count > 0 else { return nil }
    var (lower, upper) = (0, count)
    while upper - lower > 1 {
      let middle = lower + (upper - lower) / 2
      let error = try await refusal(session) { try await insert(lower..<middle) }
      if error == nil { lower = middle } else { upper = middle }
    }
    return try await refusal(session) { try await insert(lower..<upper) }.map { RefusedRow(index: lower, error: $0) }
  }

  /// What may stand in a column in place of a value that is refused. The columns that are refused most often come first.
  private static let replacements: [(column: String, literals: [String])] = [
    ("state", ["NULL", "''"]), ("version", ["NULL", "''"]), ("grade", ["NULL", "0"]), ("max_grade", ["NULL", "0"]),
    ("created", ["'2000-01-01 00:00:00'"]), ("student_module_id", ["1"]),
  ]

  /// The column without whose value the row is taken; nil if there is none, or more than one.
  static func column(
    _ session: any SQLSession, insert: (_ column: String, _ literal: String) async throws -> Void
  ) async throws -> String? {
    for (column, literals) in replacements {
      for literal in literals {
        if try await refusal(session, { try await insert(column, literal) }) == nil { return column }
      }
    }
    return nil
  }

  /// Runs `body`; undoes what it did if it is refused, and returns why.
  private static func refusal(
    _ session: any SQLSession, _ body: () async throws -> Void
  ) async throws -> HistoryStoreError? {
    try await session.execute("SAVEPOINT csmh_trial")
    do {
      try await body()
      return nil
    } catch let error as HistoryStoreError where isRefusal(error) {
      try await session.execute("ROLLBACK TO SAVEPOINT csmh_trial")
      return error
    }
  }
}
