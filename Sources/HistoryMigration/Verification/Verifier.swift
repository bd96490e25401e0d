public import HistoryStores
internal import StudentModuleHistory
internal import Synchronization

/// Compares every range that was copied, both sides read from the databases: count and digest, and on a difference the rows.
public struct Verifier: Sendable {
  /// What is compared.
  public enum Scope: Sendable, Hashable {
    /// Every range that is copied.
    case all
    /// Only ranges that were not compared since they were copied.
    case neverCompared
    /// Only ranges that were not compared since a time of the extended database.
    case notComparedSince(String)
  }

  let pair: StorePair
  let scope: Scope
  let workerCount: Int
  let stop: StopSignal
  let meter: ProgressMeter
  let retryBudget: Duration
  let journal: Journal

  /// How many ranges with differences are listed before verification ends.
  public static let listedRangeCount = 100

  /// - Parameters:
  ///   - scope: what is compared. Default: everything.
  ///   - workerCount: how many ranges are compared at the same time. Default: 2.
  ///   - retryBudget: how long a server that went away is waited for. Default: 5 minutes.
  public init(
    pair: StorePair, scope: Scope = .all, workerCount: Int = 2, retryBudget: Duration = .seconds(300), stop: StopSignal,
    meter: ProgressMeter
  ) {
    self.retryBudget = retryBudget
    self.pair = pair
    self.scope = scope
    self.workerCount = max(1, workerCount)
    self.stop = stop
    self.meter = meter
    journal = Journal(dialect: pair.extended.dialect)
  }

  /// Compares.
  ///
  /// - Throws: ``HistoryStoreError``, ``MigrationError``.
  public func run() async throws -> VerificationOutcome {
    let keeper = ReconnectingLane(pair: pair, budget: retryBudget, meter: meter)
    do {
      let outcome = try await run(keeper)
      await keeper.close()
      return outcome
    } catch {
      await keeper.close()
      throw error
    }
  }

  private func run(_ keeper: ReconnectingLane) async throws -> VerificationOutcome {
    let start = ContinuousClock.now
    let (began, rowCount) = try await keeper.perform { lane in
      _ = try await journal.migration(lane.extended)
      // Nothing was compared before this time.
      let earliest = "1000-01-01 00:00:00"
      let began =
        switch scope {
        case .all: try await journal.now(lane.extended)
        case .neverCompared: earliest
        case .notComparedSince(let time): time
        }
      return (began, try await journal.totals(lane.extended).rowCount)
    }
    meter.set(rowsElsewhere: 0, rowsLeft: rowCount, isEstimate: false)
    let tally = VerificationTally()
    // Another process may copy behind the back of the first pass: what it leaves is compared in further ones.
    var states: [JournalRange.State] = [.copied, .differs]
    for _ in 0..<5 {
      let before = tally.counts.rangeCount
      try await pass(RangeCursor(journal: journal, keeper: keeper, states: states, began: began), tally)
      if stop.isRequested || tally.counts.rangeCount == before { break }
      states = [.copied]
    }
    let result = tally.counts
    return try await keeper.perform { try await verdict(result, $0, began: began, start: start) }
  }

  private func pass(_ cursor: RangeCursor, _ tally: VerificationTally) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<workerCount {
        group.addTask { try await self.work(cursor, tally) }
      }
      try await group.waitForAll()
    }
  }

  private func verdict(
    _ result: VerificationTally.Counts, _ lane: StorePair.Lane, began: String, start: ContinuousClock.Instant
  ) async throws -> VerificationOutcome {
    // Read again: comparing has changed what is open, and so may have other processes.
    let migration = try await journal.migration(lane.extended)
    let totals = try await journal.totals(lane.extended)
    let left = try await journal.ranges(
      from: 0, limit: 1, states: [.copied], notVerifiedSince: began, lane.extended)
    let isInterrupted = stop.isRequested
    let outcome = VerificationOutcome(
      scope: scope, isInterrupted: isInterrupted, rangeCount: result.rangeCount, rowCount: result.digest.rowCount,
      digest: result.digest, differences: result.differences.sorted { $0.range < $1.range },
      differingRangeCount: result.differingRangeCount, openRangeCount: totals.openRangeCount,
      drainedRangeCount: totals.drainedRangeCount,
      hasUncomparedRanges: !left.isEmpty, isFrontierEmpty: migration.isFrontierEmpty, upperBound: migration.upperBound,
      rowsBeyond: try await lane.original.rowCount(from: migration.upperBound.map { $0 + 1 } ?? 0),
      duration: .now - start)
    try await journal.record("verified", detail: outcome.sentence, lane.extended)
    if outcome.isEqual {
      try await journal.setVerified(lane.extended)
    } else if !isInterrupted {
      try await journal.demote(from: [.verified], to: .copied, lane.extended)
    }
    return outcome
  }

  private func work(_ cursor: RangeCursor, _ tally: VerificationTally) async throws {
    let lane = ReconnectingLane(pair: pair, budget: retryBudget, meter: meter)
    do {
      var equal: [JournalRange] = []
      var time = ""
      while !stop.isRequested, let entry = try await cursor.next() {
        try Task.checkCancellation()
        meter.worker(isActive: true)
        defer { meter.worker(isActive: false) }
        // A change after this time must not look compared.
        if equal.isEmpty { time = try await lane.perform { try await journal.now($0.extended) } }
        let compared = try await lane.perform { try await compare(entry, $0) }
        if let difference = compared.difference {
          tally.add(difference)
          try await lane.perform {
            try await journal.markDiffering(entry.id, error: difference.sentence, $0.extended)
          }
        } else {
          equal.append(entry)
          if equal.count == 100 {
            try await mark(equal, at: time, lane)
            equal.removeAll()
          }
        }
        tally.add(compared.original)
        meter.finished(rows: compared.original.rowCount, bytes: compared.byteCount)
      }
      try await mark(equal, at: time, lane)
      await lane.close()
    } catch {
      await lane.close()
      throw error
    }
  }

  private func mark(_ equal: [JournalRange], at time: String, _ lane: ReconnectingLane) async throws {
    guard !equal.isEmpty else { return }
    try await lane.perform { try await journal.markVerified(equal, at: time, $0.extended) }
  }

  /// Compares one range. A difference is looked at five times: the LMS deletes a student module's rows from both tables one after
  /// the other, and a comparison may fall in between.
  private func compare(
    _ entry: JournalRange, _ lane: StorePair.Lane
  ) async throws -> (original: RangeDigest, byteCount: UInt64, difference: RangeDifference?) {
    var sides: (original: RangeDigest, extended: RangeDigest) = (.empty, .empty)
    var byteCount: UInt64 = 0
    for attempt in 0..<5 {
      if attempt > 0 { try await Task.sleep(for: .milliseconds(100 << attempt)) }
      let (original, extended) = try await concurrently {
        try await lane.original.digest(of: entry.range, locking: false, measuring: true)
      } _: {
        try await lane.extended.digest(of: entry.range, locking: false, measuring: false).digest
      }
      (sides.original, byteCount) = original
      sides.extended = extended
      if sides.original == sides.extended { return (sides.original, byteCount, nil) }
    }
    let difference = try await differences(in: entry.range, sides.original, sides.extended, lane)
    return (sides.original, byteCount, difference)
  }

  private func differences(
    in range: IDRange, _ original: RangeDigest, _ extended: RangeDigest, _ lane: StorePair.Lane
  ) async throws -> RangeDifference {
    let limit = 200_000
    let comparison = RowComparison(
      original: try await lane.original.rowHashes(in: range, limit: limit),
      extended: try await lane.extended.rowHashes(in: range, limit: limit))
    var listed =
      comparison.missing.map { ($0, RangeDifference.Kind.missing) }
      + comparison.differing.map { ($0, RangeDifference.Kind.differs) }
      + comparison.strangers.map { ($0, RangeDifference.Kind.stranger) }
    listed.sort { $0.0 < $1.0 }
    var rows: [RangeDifference.Row] = []
    for (id, kind) in listed.prefix(RangeDifference.listedRowCount) {
      let left = try await lane.original.record(id)
      let right = try await lane.extended.record(id)
      var columns: [String] = []
      if let left, let right { columns = left.differingColumns(from: right) }
      rows.append(RangeDifference.Row(id: id, kind: kind, columns: columns, original: left, extended: right))
    }
    return RangeDifference(
      range: range, original: original, extended: extended, rows: rows, rowCount: listed.count)
  }
}

/// Hands out the ranges that are to be compared to several workers, a page at a time.
private actor RangeCursor {
  private let journal: Journal
  private let keeper: ReconnectingLane
  private let states: [JournalRange.State]
  private let began: String
  private var page: ArraySlice<JournalRange> = []
  private var nextLower: UInt64? = 0

  init(journal: Journal, keeper: ReconnectingLane, states: [JournalRange.State], began: String) {
    self.journal = journal
    self.keeper = keeper
    self.states = states
    self.began = began
  }

  func next() async throws -> JournalRange? {
    while page.isEmpty, let lower = nextLower {
      let (journal, states, began) = (journal, states, began)
      let loaded = try await keeper.perform {
        try await journal.ranges(from: lower, limit: 500, states: states, notVerifiedSince: began, $0.extended)
      }
      // Another worker may have loaded the page while this one waited.
      if nextLower == lower {
        page = loaded[...]
        nextLower = loaded.last.map { $0.range.upper + 1 }
      }
    }
    return page.popFirst()
  }
}

/// What the workers have found so far.
private final class VerificationTally: Sendable {
  struct Counts {
    var rangeCount: UInt64 = 0
    var digest = RangeDigest.empty
    var differences: [RangeDifference] = []
    var differingRangeCount: UInt64 = 0
  }

  private let state = Mutex(Counts())

  var counts: Counts { state.withLock { $0 } }

  func add(_ digest: RangeDigest) {
    state.withLock {
      $0.rangeCount += 1
      $0.digest.add(digest)
    }
  }

  func add(_ difference: RangeDifference) {
    state.withLock {
      $0.differingRangeCount += 1
      if $0.differences.count < Verifier.listedRangeCount { $0.differences.append(difference) }
    }
  }
}
