/// What a server answers to a statement that returns no rows.
package struct StatementResult: Sendable, Hashable {
  /// The rows that were inserted, changed or deleted.
  package let affectedRowCount: UInt64

  /// The warnings that the server raised; what they are is told by ``MariaDBConnection/warnings()``.
  package let warningCount: Int

  /// The id that AUTO_INCREMENT gave, or 0.
  package let lastInsertID: UInt64
}

/// One line of `SHOW WARNINGS`.
package struct ServerWarning: Sendable, Hashable, CustomStringConvertible {
  /// `Warning`, `Note` or `Error`.
  package let level: String
  package let code: UInt32
  package let message: String

  package var description: String { "\(level) \(code): \(message)" }
}
