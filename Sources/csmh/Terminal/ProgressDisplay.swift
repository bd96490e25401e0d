import Foundation
import MigrationBase
import StudentModuleHistory
import Synchronization

/// Shows the progress of a long command: a live line on a terminal, a plain line now and then elsewhere, events with `--json`.
final class ProgressDisplay: Sendable {
  private let console: Console
  private let meter = Mutex<ProgressMeter?>(nil)

  init(console: Console) {
    self.console = console
  }

  /// Goes on with the progress of another phase.
  func show(_ meter: ProgressMeter?) {
    self.meter.withLock { $0 = meter }
  }

  /// Shows progress beside `work` until it ends.
  func during<Value: Sendable>(_ work: () async throws -> Value) async throws -> Value {
    let value = try await alongside {
      await self.tick()
    } _: {
      try await work()
    }
    show(nil)
    return value
  }

  private func tick() async {
    let clock = ContinuousClock()
    let start = clock.now
    var printed = clock.now
    while !Task.isCancelled {
      do { try await clock.sleep(for: .milliseconds(500)) } catch { return }
      guard let snapshot = meter.withLock({ $0?.snapshot(at: .now) }) else { continue }
      if console.isTerminal { console.live { ProgressLine.text(snapshot, columns: $0) } }
      // Often at first, so that a person sees that it works; then calmly.
      let rhythm: Duration = clock.now - start < .seconds(30) ? .seconds(5) : .seconds(30)
      guard clock.now - printed >= rhythm else { continue }
      printed = clock.now
      if console.isJSON, !console.isQuiet {
        console.emit(ProgressEvent(snapshot))
      } else if !console.isJSON, !console.isTerminal {
        console.note(ProgressLine.text(snapshot))
      }
    }
  }
}

private struct ProgressEvent: Encodable {
  let event = "progress"
  let phase: String
  let rowsDone: UInt64
  let rowsLeft: UInt64?
  let isEstimate: Bool
  let share: Double?
  let rowsPerSecond: Double
  let bytesPerSecond: Double
  let etaSeconds: Double?
  let etaUnknownBecause: String?
  let activeWorkers: Int
  let retries: UInt64

  init(_ snapshot: ProgressSnapshot) {
    phase = snapshot.phase
    rowsDone = snapshot.rowsDone
    rowsLeft = snapshot.rowsLeft
    isEstimate = snapshot.isEstimate
    share = snapshot.share
    rowsPerSecond = snapshot.rowsPerSecond.rounded()
    bytesPerSecond = snapshot.bytesPerSecond.rounded()
    etaSeconds = snapshot.eta.map { ($0 / .seconds(1)).rounded() }
    etaUnknownBecause = snapshot.etaUnknownBecause
    activeWorkers = snapshot.activeWorkers
    retries = snapshot.retryCount
  }
}
