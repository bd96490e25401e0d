/// The differences between the databases' SQL that code above the stores has to know.
package enum SQLDialect: Sendable, Hashable {
  case mySQL
  case sqlite

  /// The database's present time in UTC with microseconds, as text order is time order in both.
  package var now: String {
    switch self {
    case .mySQL: "UTC_TIMESTAMP(6)"
    case .sqlite: "(strftime('%Y-%m-%d %H:%M:%f', 'now') || '000')"
    }
  }

  /// The database's time in `seconds` from now.
  package func now(plus seconds: Int) -> String {
    switch self {
    case .mySQL: "(UTC_TIMESTAMP(6) + INTERVAL \(seconds) SECOND)"
    case .sqlite: "(strftime('%Y-%m-%d %H:%M:%f', 'now', '\(seconds >= 0 ? "+" : "")\(seconds) seconds') || '000')"
    }
  }

  /// The seconds between two times, as a number with a fraction.
  package func seconds(from first: String, to last: String) -> String {
    switch self {
    case .mySQL: "(TIMESTAMPDIFF(MICROSECOND, \(first), \(last)) / 1000000)"
    // In this order, so that values bound to `?` come in the order of the parameters.
    case .sqlite: "(-(julianday(\(first)) - julianday(\(last))) * 86400.0)"
    }
  }

  /// The clause that keeps others from changing the rows of a SELECT.
  package var inShareMode: String {
    switch self {
    case .mySQL: " LOCK IN SHARE MODE"
    case .sqlite: ""
    }
  }

  /// The clause that locks the rows of a SELECT for writing. SQLite locks by transaction.
  package var forUpdate: String {
    switch self {
    case .mySQL: " FOR UPDATE"
    case .sqlite: ""
    }
  }
}

extension SQLDialect {
  /// The number of bytes of a text.
  func byteCount(of column: String) -> String {
    switch self {
    case .mySQL: "OCTET_LENGTH(\(column))"
    case .sqlite: "LENGTH(CAST(\(column) AS BLOB))"
    }
  }

  /// A text as SQL that holds in both databases.
  static func literal(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
  }
}
