internal import Synchronization

/// What is happening, for whoever watches. All counts are of the whole migration, other processes included, unless said otherwise.
package struct ProgressSnapshot: Sendable, Hashable {
  /// `copy` or `verify`.
  package var phase: String

  package var rowsDone: UInt64

  /// An estimate until the last range is taken.
  package var rowsLeft: UInt64?

  /// Whether ``rowsLeft`` is an estimate.
  package var isEstimate: Bool

  /// The rate of this process over the last seconds.
  package var rowsPerSecond: Double
  package var bytesPerSecond: Double

  /// The time left at the recent rate, or nil; then ``etaUnknownBecause`` says why.
  package var eta: Duration?
  package var etaUnknownBecause: String?

  /// Workers of this process that have a range in hand.
  package var activeWorkers: Int
  package var retryCount: UInt64

  /// Why work stands still or slows down, as far as this process knows.
  package var note: String?
}

/// Counts what workers do, and works out the recent rate.
package final class ProgressMeter: Sendable {
  private struct Sample {
    var time: ContinuousClock.Instant
    var rows: UInt64
    var bytes: UInt64
  }

  private struct State {
    var rows: UInt64 = 0
    var bytes: UInt64 = 0
    var adopted: UInt64 = 0
    var ranges: UInt64 = 0
    var retries: UInt64 = 0
    var active = 0
    var note: String?
    var rowsBefore: UInt64 = 0
    var rowsLeft: UInt64?
    var isEstimate = true
    var samples: [Sample] = []
  }

  private let state = Mutex(State())
  private let phase: String

  /// How far back the recent rate looks.
  private static let window = Duration.seconds(15)

  package init(phase: String) {
    self.phase = phase
  }

  /// What others had done before, or do beside this process; and what is left.
  package func set(rowsElsewhere: UInt64, rowsLeft: UInt64?, isEstimate: Bool) {
    state.withLock {
      $0.rowsBefore = rowsElsewhere
      $0.rowsLeft = rowsLeft
      $0.isEstimate = isEstimate
    }
  }

  package func finished(rows: UInt64, bytes: UInt64, adopted: UInt64 = 0) {
    state.withLock {
      $0.rows += rows
      $0.bytes += bytes
      $0.adopted += adopted
      $0.ranges += 1
      $0.note = nil
      if let left = $0.rowsLeft { $0.rowsLeft = left > rows ? left - rows : 0 }
    }
  }

  package func retried(because note: String) {
    state.withLock {
      $0.retries += 1
      $0.note = note
    }
  }

  package func worker(isActive: Bool) {
    state.withLock { $0.active += isActive ? 1 : -1 }
  }

  /// What this process has done.
  package var totals: (rows: UInt64, bytes: UInt64, adopted: UInt64, ranges: UInt64, retries: UInt64) {
    state.withLock { ($0.rows, $0.bytes, $0.adopted, $0.ranges, $0.retries) }
  }

  /// The present state; called at regular intervals, it also keeps the samples for the rate.
  package func snapshot(at now: ContinuousClock.Instant) -> ProgressSnapshot {
    state.withLock { state in
      state.samples.append(Sample(time: now, rows: state.rows, bytes: state.bytes))
      while state.samples.count > 2, let first = state.samples.first, now - first.time > Self.window {
        state.samples.removeFirst()
      }
      var rowsPerSecond = 0.0
      var bytesPerSecond = 0.0
      if let first = state.samples.first {
        let seconds = (now - first.time) / .seconds(1)
        if seconds > 0 {
          rowsPerSecond = Double(state.rows - first.rows) / seconds
          bytesPerSecond = Double(state.bytes - first.bytes) / seconds
        }
      }
      var eta: Duration?
      var reason: String?
      if let left = state.rowsLeft, rowsPerSecond > 0 {
        eta = .seconds(Double(left) / rowsPerSecond)
      } else if state.rowsLeft == nil {
        reason = "the number of rows is not known yet"
      } else {
        reason = state.note ?? (state.rows == 0 ? "no range is finished yet" : "no range was finished lately")
      }
      return ProgressSnapshot(
        phase: phase, rowsDone: state.rowsBefore + state.rows, rowsLeft: state.rowsLeft, isEstimate: state.isEstimate,
        rowsPerSecond: rowsPerSecond, bytesPerSecond: bytesPerSecond, eta: eta, etaUnknownBecause: reason,
        activeWorkers: state.active, retryCount: state.retries, note: state.note)
    }
  }
}
