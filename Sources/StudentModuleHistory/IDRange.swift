/// An interval of original ids, both ends included: the unit of copying, of the journal and of verification.
public struct IDRange: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The smallest id.
  public let lower: UInt64

  /// The largest id; never below ``lower``.
  public let upper: UInt64

  public init(_ lower: UInt64, _ upper: UInt64) {
    precondition(lower <= upper, "a range cannot end at \(upper) before it begins at \(lower)")
    self.lower = lower
    self.upper = upper
  }

  /// How many ids it spans; the whole of 64 bits counts as one less.
  public var idCount: UInt64 { upper - lower == .max ? .max : upper - lower + 1 }

  public func contains(_ id: UInt64) -> Bool {
    lower <= id && id <= upper
  }

  public var description: String { "\(lower)-\(upper)" }

  public static func < (left: IDRange, right: IDRange) -> Bool {
    (left.lower, left.upper) < (right.lower, right.upper)
  }
}
