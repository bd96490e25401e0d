internal import Foundation

/// Sizes inside the sentences of checks.
enum CheckText {
  /// `1.4 GB`, in powers of ten.
  static func bytes(_ value: Double) -> String {
    var value = value
    for unit in ["B", "kB", "MB", "GB"] {
      if value < 1_000 { return String(format: unit == "B" ? "%.0f %@" : "%.1f %@", value, unit) }
      value /= 1_000
    }
    return String(format: "%.2f TB", value)
  }

  /// `1 row`, `2,000 rows`
  static func rows(_ count: some BinaryInteger) -> String { "\(AdviceText.count(count)) row\(count == 1 ? "" : "s")" }

  /// `1, 2, 3 and 7 more`
  static func list(_ ids: [UInt64], limit: Int = 5) -> String {
    let shown = ids.prefix(limit).map(String.init).joined(separator: ", ")
    return ids.count > limit ? "\(shown) and \(ids.count - limit) more" : shown
  }
}
