internal import Foundation

/// Numbers inside the sentences of advice.
enum AdviceText {
  /// `10,000,000`
  static func count(_ value: some BinaryInteger) -> String {
    let digits = Array(String(value))
    return String(
      digits.enumerated().flatMap { index, digit in
        index > 0 && (digits.count - index).isMultiple(of: 3) ? [",", digit] : [digit]
      })
  }

  /// `40 s`, `12 min`, `3.5 h`, `9 days`
  static func time(_ seconds: Double) -> String {
    switch seconds {
    case ..<90: String(format: "%.0f s", seconds)
    case ..<5_400: String(format: "%.0f min", seconds / 60)
    case ..<172_800: String(format: "%.1f h", seconds / 3_600)
    default: seconds < 1e11 ? "\(count(Int(seconds / 86_400))) days" : "thousands of years"
    }
  }
}
