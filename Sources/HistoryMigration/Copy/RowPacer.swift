internal import Synchronization

/// Keeps the workers of a process together below a number of rows a second, by letting each wait after a range for as long as its
/// rows should have taken.
final class RowPacer: Sendable {
  private let rowsPerSecond: Double?
  private let next = Mutex<ContinuousClock.Instant?>(nil)

  init(rowsPerSecond: Double?) {
    self.rowsPerSecond = rowsPerSecond
  }

  /// How long to wait after `rowCount` rows were copied at `now`.
  func delay(after rowCount: UInt64, at now: ContinuousClock.Instant) -> Duration {
    guard let rowsPerSecond, rowsPerSecond > 0 else { return .zero }
    return next.withLock { next in
      let start = max(next ?? now, now - .seconds(1))
      next = start + .seconds(Double(rowCount) / rowsPerSecond)
      return max(.zero, next! - now)
    }
  }
}
