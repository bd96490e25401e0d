internal import MigrationBase
internal import Synchronization

/// The ranges that a run had to leave, and the end of the run when they become too many.
final class ProblemList: Sendable {
  private let ranges = Mutex<[StoppedRange]>([])
  private let limit: Int
  private let stop: StopSignal

  init(limit: Int, stop: StopSignal) {
    self.limit = limit
    self.stop = stop
  }

  func add(_ range: StoppedRange) {
    let isFull = ranges.withLock { ranges in
      ranges.append(range)
      return ranges.count >= limit
    }
    if isFull { stop.request() }
  }

  var isFull: Bool { ranges.withLock { $0.count >= limit } }

  var all: [StoppedRange] { ranges.withLock { $0.sorted { $0.range < $1.range } } }
}
