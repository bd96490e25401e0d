/// A number that is known roughly: at least this, at most that.
package struct EstimateRange: Sendable, Hashable, Encodable {
  package let low: Double
  package let high: Double

  package init(_ low: Double, _ high: Double) {
    self.low = low
    self.high = max(low, high)
  }

  package static let zero = EstimateRange(0, 0)

  package static func + (left: EstimateRange, right: EstimateRange) -> EstimateRange {
    EstimateRange(left.low + right.low, left.high + right.high)
  }
}
