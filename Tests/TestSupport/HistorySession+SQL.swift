internal import HistoryStores
package import StudentModuleHistory

/// SQL for tests, which look behind the ports. The sessions that they open are those of real databases.
extension HistorySession {
  /// The table's name with its database, quoted for SQL.
  package var tableSQL: String { sql.tableSQL }

  /// Runs a statement with `?` for values; returns the number of rows that it changed.
  @discardableResult
  package func execute(_ statement: String, _ values: [SQLValue] = []) async throws -> Int {
    try await sql.execute(statement, values)
  }

  /// Runs a query with `?` for values and returns all its rows.
  package func rows(_ query: String, _ values: [SQLValue] = []) async throws -> [[SQLValue]] {
    try await sql.rows(query, values)
  }

  /// The rows that `clause` selects: SQL from `WHERE` on.
  package func records(_ clause: String) async throws -> [HistoryRecord] { try await sql.records(clause: clause) }

  private var sql: any SQLSession { self as! any SQLSession }
}
