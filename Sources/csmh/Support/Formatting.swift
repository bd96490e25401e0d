import Foundation

/// Numbers, sizes and times for people.
enum Format {
  /// `1,234,567`
  static func count(_ value: some BinaryInteger) -> String {
    var digits = String(value)
    var index = digits.count - 3
    while index > 0, digits[digits.index(digits.startIndex, offsetBy: index - 1)] != "-" {
      digits.insert(",", at: digits.index(digits.startIndex, offsetBy: index))
      index -= 3
    }
    return digits
  }

  /// `1.4 GB`, in powers of ten.
  static func bytes(_ value: Double) -> String {
    var value = value
    for unit in ["B", "kB", "MB", "GB"] {
      if value < 1_000 { return String(format: unit == "B" ? "%.0f %@" : "%.1f %@", value, unit) }
      value /= 1_000
    }
    return String(format: "%.2f TB", value)
  }

  /// `2 h 5 min`, `48 s`, `0.3 s`
  static func duration(_ duration: Duration) -> String {
    let seconds = duration / .seconds(1)
    if seconds < 10 { return String(format: "%.1f s", max(0, seconds)) }
    let whole = Int(seconds.rounded())
    switch whole {
    case ..<60: return "\(whole) s"
    case ..<3_600: return "\(whole / 60) min \(whole % 60) s"
    case ..<172_800: return "\(whole / 3_600) h \(whole % 3_600 / 60) min"
    default: return "\(whole / 86_400) d \(whole % 86_400 / 3_600) h"
    }
  }

  /// `345 ms`
  static func milliseconds(_ duration: Duration) -> String { "\(Int((duration / .milliseconds(1)).rounded())) ms" }

  /// A text cut to `length` characters, with control characters made visible.
  static func shortened(_ text: String?, to length: Int = 60) -> String {
    guard let text else { return "NULL" }
    let visible = text.map { $0.isNewline ? "\\n" : String($0) }.joined()
    return "'" + (visible.count > length ? visible.prefix(length) + "..." : visible) + "'"
  }
}

/// Columns of text under headings.
struct TextTable {
  private var rows: [[String]]

  init(headings: [String]) {
    rows = [headings]
  }

  mutating func add(_ cells: [String]) {
    rows.append(cells)
  }

  var text: String {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      zip(row, widths).map { $0.padding(toLength: max($0.count, $1), withPad: " ", startingAt: 0) }
        .joined(separator: "  ").trimmingCharacters(in: .whitespaces)
    }.joined(separator: "\n")
  }
}
