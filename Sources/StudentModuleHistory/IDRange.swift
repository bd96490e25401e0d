/// An interval of original ids, both ends included: the unit of copying, of the journal and of verification.
package struct IDRange: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The smallest id.
  package let lower: UInt64

  /// The largest id; never below ``lower``.
  package let upper: UInt64

  package init(_ lower: UInt64, _ upper: UInt64) {
    precondition(lower <= upper, "a range cannot end at \(upper) before it begins at \(lower)")
    self.lower = lower
    self.upper = upper
  }

  /// How many ids it spans; the whole of 64 bits counts as one less.
  package var idCount: UInt64 { upper - lower == .max ? .max : upper - lower + 1 }

  package func contains(_ id: UInt64) -> Bool {
    lower <= id && id <= upper
  }

  package var description: String { "\(lower)-\(upper)" }

  package static func < (left: IDRange, right: IDRange) -> Bool {
    (left.lower, left.upper) < (right.lower, right.upper)
  }
}
