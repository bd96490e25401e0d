package import StudentModuleHistory

/// A session of a database that speaks SQL: what the two adapters have in common stands on it.
///
/// Nothing above the stores sends SQL; what is asked there are the verbs of ``HistorySession``.
package protocol SQLSession: HistorySession {
  /// The differences between the databases' SQL.
  var dialect: SQLDialect { get }

  /// The table's name with its database, quoted for SQL.
  var tableSQL: String { get }

  /// The name of another table of the same database, quoted for SQL.
  func sqlName(ofTable name: String) -> String

  /// What makes the database read rows by their ids, behind the table's name; empty where it needs no word.
  var byIDSQL: String { get }

  /// SQL for the number of bytes that the state has in UTF-8; cheap. NULL for no state.
  var stateByteCountSQL: String { get }

  /// SQL for ``HistoryRecord/columnNames``, with texts as the bytes that the table holds, for another table whose texts are meant as the
  /// same characters; nil where the database converts nothing, or has to.
  var columnsAsBytes: [String]? { get }

  /// Runs a statement with `?` for values; returns the number of rows that it changed.
  @discardableResult
  func execute(_ sql: String, _ values: [SQLValue]) async throws -> Int

  /// Runs a query with `?` for values and returns all its rows.
  func rows(_ sql: String, _ values: [SQLValue]) async throws -> [[SQLValue]]

  /// The rows that `clause` selects, in its order: SQL from `WHERE` or `JOIN` on; columns without a table's name are the table's.
  func records(clause: String) async throws -> [HistoryRecord]

  /// The same rows, with outlines of those whose id is below `boundary`.
  func outlines(clause: String, below boundary: UInt64) async throws -> [OutlinedRecord]

  /// The ids of the same rows; read from an index alone where `clause` lets it.
  func ids(clause: String) async throws -> [UInt64]
}

extension SQLSession {
  package var columnsAsBytes: [String]? { nil }

  package var byIDSQL: String { "" }

  @discardableResult
  package func execute(_ sql: String) async throws -> Int { try await execute(sql, []) }

  package func rows(_ sql: String) async throws -> [[SQLValue]] { try await rows(sql, []) }

  /// The columns of an outlined row for SELECT: ``HistoryRecord/columnNames``, with the length of the state in its place where the id is
  /// below `boundary`.
  func columnsSQL(outlinedBelow boundary: UInt64) -> String {
    HistoryRecord.columnNames.map { name in
      name == "state" ? "CASE WHEN id >= \(boundary) THEN state ELSE \(stateByteCountSQL) END" : name
    }.joined(separator: ", ")
  }
}
