/// What a server answers to a statement that returns no rows.
public struct StatementResult: Sendable, Hashable {
  /// The rows that were inserted, changed or deleted.
  public let affectedRowCount: UInt64

  /// The warnings that the server raised; what they are is told by ``MariaDBConnection/warnings()``.
  public let warningCount: Int

  /// The id that AUTO_INCREMENT gave, or 0.
  public let lastInsertID: UInt64
}

/// One line of `SHOW WARNINGS`.
public struct ServerWarning: Sendable, Hashable, CustomStringConvertible {
  /// `Warning`, `Note` or `Error`.
  public let level: String
  public let code: UInt32
  public let message: String

  public var description: String { "\(level) \(code): \(message)" }
}
