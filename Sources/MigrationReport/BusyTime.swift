/// When something went on, as disjoint intervals in ascending order; what is closer together than a tolerance counts as one, unless it is
/// known that nothing went on in between. All times are seconds.
///
/// It takes as much memory as there are pauses, whatever the number of intervals that go in.
struct BusyTime {
  /// An interval, both ends included.
  typealias Interval = ClosedRange<Double>

  /// How far two intervals may be apart and still count as one.
  let tolerance: Double

  private(set) var intervals: [Interval] = []

  /// When nothing went on for sure.
  private let breaks: [Interval]

  /// Up to here two intervals count as one in any case.
  private static let shortestBreak = 1.0

  /// How many intervals are kept; beyond, the shortest pause is forgotten.
  private let limit: Int

  init(tolerance: Double, breaks: [Interval] = [], limit: Int = 2_000) {
    self.tolerance = tolerance
    self.breaks = breaks
    self.limit = limit
  }

  /// Takes in an interval.
  mutating func add(_ interval: Interval) {
    // Ranges come nearly in the order of time, from either end: look from both.
    var lower = intervals.count
    while lower > 0, intervals[lower - 1].upperBound >= interval.lowerBound { lower -= 1 }
    while lower > 0, isOne(intervals[lower - 1], interval) { lower -= 1 }
    var upper = lower
    while upper < intervals.count, isOne(interval, intervals[upper]) { upper += 1 }
    var merged = interval
    if lower < upper {
      merged =
        min(
          intervals[lower].lowerBound, interval.lowerBound)...max(
          intervals[upper - 1].upperBound, interval.upperBound)
    }
    intervals.replaceSubrange(lower..<upper, with: CollectionOfOne(merged))
    if intervals.count > limit { forgetShortestPause() }
  }

  /// Whether two intervals are so close together that they count as one.
  private func isOne(_ first: Interval, _ second: Interval) -> Bool {
    let length = second.lowerBound - first.upperBound
    guard length > Self.shortestBreak else { return true }
    return length <= tolerance
      && !breaks.contains { $0.lowerBound < second.lowerBound && $0.upperBound > first.upperBound }
  }

  private mutating func forgetShortestPause() {
    let pauses = pauses
    guard let index = pauses.indices.min(by: { pauses[$0].length < pauses[$1].length }) else { return }
    intervals[index] = intervals[index].lowerBound...intervals[index + 1].upperBound
    intervals.remove(at: index + 1)
  }

  /// The times in between.
  var pauses: [Interval] {
    zip(intervals, intervals.dropFirst()).map { $0.upperBound...$1.lowerBound }
  }

  /// How long it went on in all.
  var total: Double { intervals.reduce(0) { $0 + $1.length } }

  /// How long it had gone on at a time.
  func elapsed(at time: Double) -> Double {
    intervals.reduce(0) { $0 + max(0, min(time, $1.upperBound) - $1.lowerBound) }
  }
}

extension ClosedRange<Double> {
  /// In seconds.
  var length: Double { upperBound - lowerBound }
}
