/// What was copied in equal spans of time, for plots: at most ``largestCount`` of them, however many ranges there are.
struct RateBuckets {
  /// A span of time.
  struct Bucket: Hashable {
    /// The rows that were copied in it. A range that took longer than a bucket counts in each by its share.
    var rows = 0.0

    /// How many ranges ended in it, and how many seconds they took in all and at most.
    var rangeCount = 0
    var rangeSeconds = 0.0
    var longestSeconds = 0.0

    /// How long a range took on the average; nil if none ended here.
    var meanSeconds: Double? { rangeCount > 0 ? rangeSeconds / Double(rangeCount) : nil }
  }

  static let largestCount = 120

  /// The length of a bucket in seconds.
  let width: Double
  private(set) var buckets: [Bucket]

  /// - Parameter seconds: the time that all buckets together span.
  init(seconds: Double, count: Int = largestCount) {
    width = max(seconds, 0.001) / Double(count)
    buckets = Array(repeating: Bucket(), count: count)
  }

  /// The time that all buckets together span.
  var seconds: Double { width * Double(buckets.count) }

  /// Rows a second, a bucket after the other.
  var rowsPerSecond: [Double] { buckets.map { $0.rows / width } }

  /// The rows that were copied up to the beginning of each bucket, and in the end up to the end of the last.
  var cumulativeRows: [Double] {
    buckets.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.rows) }
  }

  /// Takes in a range.
  ///
  /// - Parameters:
  ///   - start: when its copying began.
  ///   - end: when it was committed.
  ///   - seconds: how long it took; not always `end - start`, from which pauses are cut out.
  mutating func add(from start: Double, to end: Double, rows: Double, seconds: Double) {
    let end = min(max(end, 0), self.seconds)
    let start = min(max(start, 0), end)
    let (first, last) = (index(of: start), index(of: end))
    if first == last || end - start <= 0 {
      buckets[last].rows += rows
    } else {
      for index in first...last {
        let overlap = min(end, Double(index + 1) * width) - max(start, Double(index) * width)
        buckets[index].rows += rows * max(0, overlap) / (end - start)
      }
    }
    buckets[last].rangeCount += 1
    buckets[last].rangeSeconds += seconds
    buckets[last].longestSeconds = max(buckets[last].longestSeconds, seconds)
  }

  private func index(of time: Double) -> Int { min(buckets.count - 1, Int(time / width)) }
}
