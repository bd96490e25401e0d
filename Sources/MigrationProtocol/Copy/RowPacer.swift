internal import MigrationBase
internal import StudentModuleHistory
internal import Synchronization

/// Keeps the workers of a process together below a number of rows a second, from the first second on.
///
/// A worker takes its turn before it holds anything that others wait for, and moves no more rows than a turn has. The next turn comes
/// when the rows of this one should have taken their time. So no moment sees more rows than the seconds so far allow, and half a
/// second's beyond.
final class RowPacer: Sendable {
  private let rowsPerSecond: Double?
  private let next = Mutex<ContinuousClock.Instant?>(nil)

  /// How much of a second's rows one transaction moves.
  private static let share = 0.5

  /// By how much a turn may come late without the next one coming later too: timers are never early.
  private static let lateness = Duration.milliseconds(100)

  init(rowsPerSecond: Double?) {
    self.rowsPerSecond = rowsPerSecond
  }

  /// The most rows of a turn; nil where there is no limit.
  var largestTurn: Int? {
    rowsPerSecond.map { max(1, Int(min($0 * Self.share, 1_000_000_000))) }
  }

  /// Waits for a turn of `rowCount` rows.
  ///
  /// - Returns: false if a stop was asked for.
  func turn(_ rowCount: Int, unless stop: StopSignal) async throws -> Bool {
    while !stop.isRequested {
      let delay = take(rowCount, at: stop.environment.now())
      guard delay > .zero else { return true }
      try await stop.sleep(for: delay)
    }
    return false
  }

  /// Takes a turn of `rowCount` rows and returns zero, or says how long to wait before asking again.
  func take(_ rowCount: Int, at now: ContinuousClock.Instant) -> Duration {
    guard let rowsPerSecond else { return .zero }
    return next.withLock { next in
      if let next, next > now { return next - now }
      next = max(next ?? now, now - Self.lateness) + Self.duration(Double(rowCount) / rowsPerSecond)
      return .zero
    }
  }

  /// Of a turn of `rowCount` rows, `moved` were moved.
  func settle(_ rowCount: Int, moved: UInt64) {
    guard let rowsPerSecond else { return }
    next.withLock { next in
      guard let time = next else { return }
      next = time + Self.duration((Double(moved) - Double(rowCount)) / rowsPerSecond)
    }
  }

  /// A year is as good as for ever, and a duration has an end.
  private static func duration(_ seconds: Double) -> Duration { .seconds(min(max(seconds, -31_536_000), 31_536_000)) }
}

extension RowPacer {
  convenience init(_ options: CopyOptions) { self.init(rowsPerSecond: options.maximumRowsPerSecond) }
}
