/// A number that is known roughly: at least this, at most that.
public struct EstimateRange: Sendable, Hashable, Encodable {
  public let low: Double
  public let high: Double

  public init(_ low: Double, _ high: Double) {
    self.low = low
    self.high = max(low, high)
  }

  public static let zero = EstimateRange(0, 0)

  public static func + (left: EstimateRange, right: EstimateRange) -> EstimateRange {
    EstimateRange(left.low + right.low, left.high + right.high)
  }
}
