import HistoryStores
import StudentModuleHistory
import TestSupport
import Testing

@testable import MigrationBase
@testable import MigrationJournal
@testable import MigrationProtocol

/// A limit of rows a second holds at every moment, and nobody holds anything while he waits for it.
@Suite struct PaceTests {
  @Test(
    "no moment sees more rows than the seconds so far allow, and 0.6 seconds' beyond, whatever the workers do",
    arguments: [(100.0, 1), (100, 4), (7, 3), (0.5, 2), (20_000, 16)])
  func bound(rate: Double, workerCount: Int) throws {
    let pacer = RowPacer(rowsPerSecond: rate)
    let most = try #require(pacer.largestTurn)
    #expect(most >= 1 && (most == 1 || Double(most) <= rate / 2))
    let start = ContinuousClock.now
    var generator = SplitMix64(seed: 7, 1)
    var moved = 0.0
    // When each worker asks again.
    var times = Array(repeating: start, count: workerCount)
    for _ in 0..<2_000 {
      let worker = times.indices.min { times[$0] < times[$1] }!
      let now = times[worker]
      let delay = pacer.take(most, at: now)
      guard delay == .zero else {
        times[worker] = now + delay
        continue
      }
      // A part of a turn is often all that there is.
      let rows = Int(generator.next() % UInt64(most)) + 1
      pacer.settle(most, moved: UInt64(rows))
      moved += Double(rows)
      let elapsed = (now - start) / .seconds(1)
      #expect(moved <= rate * (elapsed + 0.6) + 1, "\(moved) rows after \(elapsed) s")
      times[worker] = now + .milliseconds(Int(generator.next() % 300))
    }
    // It is a pace, too: who is quick enough gets what is allowed.
    if workerCount > 1, rate < 10_000 {
      let elapsed = (times.min()! - start) / .seconds(1)
      #expect(moved >= rate * elapsed * 0.8, "\(moved) rows in \(elapsed) s")
    }
  }

  @Test("numbers without sense do no harm", arguments: [Double.infinity, 1e300, 1e-300, .leastNonzeroMagnitude])
  func extremes(rate: Double) async throws {
    let pacer = RowPacer(rowsPerSecond: rate)
    let most = try #require(pacer.largestTurn)
    #expect(most >= 1)
    #expect(pacer.take(most, at: .now) == .zero)
    pacer.settle(most, moved: 1)
    _ = pacer.take(most, at: .now)
    #expect(RowPacer(rowsPerSecond: nil).largestTurn == nil)
  }

  @Test("a copy's ranges follow its pace from the first one on, also those that were given back at another pace")
  func copy() async throws {
    try await EmbeddedPair.with(rows: EmbeddedPair.records(500)) { pair in
      _ = try await Provisioner(lanes: pair).run()
      let journal = Journal()
      // A large range that another process gave back.
      try await withClosing(try await pair.openLane()) { lane in
        try await journal.extend(to: 500, lane.target)
        guard
          case .leased(let lease) = try await journal.lease(
            for: LeaseHolder(.process), rowCount: 300, order: .oldestFirst, original: lane.source, lane.target)
        else { throw PaceFailure() }
        try await journal.giveBack(lease, as: .pending, error: "a test", lane.target)
      }
      let (stop, start, meter) = (StopSignal(), ContinuousClock.now, ProgressMeter(phase: "copy"))
      let copy = Task {
        try await Copier(
          lanes: pair, options: CopyOptions(workerCount: 4, maximumRowsPerSecond: 100), stop: stop, meter: meter
        ).run()
      }
      while meter.totals.rows < 100 { try await Task.sleep(for: .milliseconds(10)) }
      stop.request()
      let asked = ContinuousClock.now
      let outcome = try await copy.value
      #expect(ContinuousClock.now - asked < .seconds(3), "a copy that waits for its pace is woken")
      let elapsed = (ContinuousClock.now - start) / .seconds(1)
      #expect(outcome.end == .interrupted)
      #expect(Double(outcome.rowCount) <= 100 * (elapsed + 0.6), "\(outcome.rowCount) rows in \(elapsed) s")
      let ranges = try await withClosing(try await pair.openLane()) {
        try await journal.ranges(from: 0, limit: 100, $0.target)
      }
      #expect(ranges.allSatisfy { $0.digest.map { $0.rowCount <= 50 } ?? true })
      #expect(!ranges.contains { $0.state == .leased }, "who waits holds no range")
    }
  }

  @Test("a copy at a slow pace ends as soon as nothing is left, and does not wait for another turn")
  func end() async throws {
    try await EmbeddedPair.with(rows: EmbeddedPair.records(1)) { pair in
      _ = try await Provisioner(lanes: pair).run()
      let start = ContinuousClock.now
      let outcome = try await Copier(
        lanes: pair, options: CopyOptions(workerCount: 4, maximumRowsPerSecond: 0.5), stop: StopSignal(),
        meter: ProgressMeter(phase: "copy")
      ).run()
      #expect(outcome.end == .finished && outcome.rowCount == 1)
      #expect(ContinuousClock.now - start < .seconds(8))
    }
  }

  @Test("a drain's transactions follow its pace, and a stop wakes it")
  func drain() async throws {
    try await EmbeddedPair.with(rows: EmbeddedPair.records(300)) { pair in
      _ = try await Provisioner(lanes: pair).run()
      let caughtUp = try await CatchUp(lanes: pair, stop: StopSignal()).run { _, _, _ in }
      #expect(caughtUp.isComplete)
      let (stop, start, meter) = (StopSignal(), ContinuousClock.now, ProgressMeter(phase: "drain"))
      let drain = Task {
        try await Drain(
          lanes: pair, options: DrainOptions(maximumRowsPerSecond: 60, rest: 0), stop: stop,
          meter: meter
        ).run(flags: HistoryFlags(extendedEnabled: true, readOnlyFromExtended: true))
      }
      while meter.totals.rows < 60 { try await Task.sleep(for: .milliseconds(10)) }
      stop.request()
      let outcome = try await drain.value
      let elapsed = (ContinuousClock.now - start) / .seconds(1)
      #expect(outcome.isInterrupted && outcome.removedRowCount >= 60)
      #expect(Double(outcome.removedRowCount) <= 60 * (elapsed + 0.6), "\(outcome.removedRowCount) in \(elapsed) s")
    }
  }
}

private struct PaceFailure: Error {}
