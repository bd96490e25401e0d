internal import MigrationBase

/// Numbers inside the sentences of checks.
enum CheckText {
  /// `1 row`, `2,000 rows`
  static func rows(_ count: some BinaryInteger) -> String { "\(Format.count(count)) row\(count == 1 ? "" : "s")" }

  /// `1, 2, 3 and 7 more`
  static func list(_ ids: [UInt64], limit: Int = 5) -> String {
    let shown = ids.prefix(limit).map(String.init).joined(separator: ", ")
    return ids.count > limit ? "\(shown) and \(ids.count - limit) more" : shown
  }
}
