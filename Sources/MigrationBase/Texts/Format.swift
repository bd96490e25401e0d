internal import Foundation

/// Numbers, sizes and times for people.
package enum Format {
  /// `1,234,567`
  package static func count(_ value: some BinaryInteger) -> String {
    var digits = String(value)
    var index = digits.count - 3
    while index > 0, digits[digits.index(digits.startIndex, offsetBy: index - 1)] != "-" {
      digits.insert(",", at: digits.index(digits.startIndex, offsetBy: index))
      index -= 3
    }
    return digits
  }

  /// `1.4 GB`, in powers of ten.
  package static func bytes(_ value: Double) -> String {
    var value = value
    for unit in ["B", "kB", "MB", "GB"] {
      if value < 1_000 { return String(format: unit == "B" ? "%.0f %@" : "%.1f %@", value, unit) }
      value /= 1_000
    }
    return String(format: "%.2f TB", value)
  }

  /// `2 h 5 min`, `48 s`, `0.3 s`
  package static func duration(_ duration: Duration) -> String {
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

  /// `40 s`, `12 min`, `3.5 h`, `9 days`
  package static func roughTime(_ seconds: Double) -> String {
    switch seconds {
    case ..<90: String(format: "%.0f s", seconds)
    case ..<5_400: String(format: "%.0f min", seconds / 60)
    case ..<172_800: String(format: "%.1f h", seconds / 3_600)
    default: seconds < 1e11 ? "\(count(Int(seconds / 86_400))) days" : "thousands of years"
    }
  }

  /// `345 ms`
  package static func milliseconds(_ duration: Duration) -> String {
    "\(Int((duration / .milliseconds(1)).rounded())) ms"
  }

  /// A text in quotes, cut to so many columns, with control characters made visible.
  package static func shortened(_ text: String?, to columns: Int = 60) -> String {
    guard let text else { return "NULL" }
    return "'" + VisibleText.beginning(of: text, columns: columns) + "'"
  }
}
