public import HistoryStores
internal import StudentModuleHistory
internal import Synchronization

/// Compares every range that was copied, both sides read from the databases: count and digest, and on a difference the rows.
public struct Verifier: Sendable {
  let pair: StorePair
  let workerCount: Int
  let stop: StopSignal
  let meter: ProgressMeter
  let journal: Journal

  /// How many ranges with differences are listed before verification ends.
  public static let listedRangeCount = 100

  /// - Parameter workerCount: how many ranges are compared at the same time. Default: 2.
  public init(pair: StorePair, workerCount: Int = 2, stop: StopSignal, meter: ProgressMeter) {
    self.pair = pair
    self.workerCount = max(1, workerCount)
    self.stop = stop
    self.meter = meter
    journal = Journal(dialect: pair.extended.dialect)
  }

  /// Compares.
  ///
  /// - Throws: ``HistoryStoreError``, ``MigrationError``.
  public func run() async throws -> VerificationOutcome {
    let start = ContinuousClock.now
    return try await withClosing(try await pair.openLane()) { keeper in
      let migration = try await journal.migration(keeper.extended)
      meter.set(rowsElsewhere: 0, rowsLeft: try await journal.totals(keeper.extended).rowCount, isEstimate: false)
      let tally = VerificationTally()
      let cursor = RangeCursor(journal: journal, session: keeper.extended)
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<workerCount {
          group.addTask { try await self.work(cursor, tally) }
        }
        try await group.waitForAll()
      }
      let result = tally.counts
      // Read again: comparing has changed what is open.
      let totals = try await journal.totals(keeper.extended)
      let beyond = try await rowsBeyond(migration.upperBound, keeper)
      let isComplete = cursorIsComplete(totals, migration) && !stop.isRequested
      let outcome = VerificationOutcome(
        isInterrupted: stop.isRequested, rangeCount: result.rangeCount, rowCount: result.digest.rowCount,
        digest: result.digest, differences: result.differences.sorted { $0.range < $1.range },
        differingRangeCount: result.differingRangeCount, openRangeCount: totals.openRangeCount,
        isFrontierEmpty: migration.isFrontierEmpty, upperBound: migration.upperBound, rowsBeyond: beyond,
        duration: .now - start)
      try await journal.record("verified", detail: outcome.sentence, keeper.extended)
      if isComplete, result.differingRangeCount == 0 {
        try await journal.set(.verified, keeper.extended)
      } else if migration.phase == .verified {
        try await journal.set(.copied, keeper.extended)
      }
      return outcome
    }
  }

  private func cursorIsComplete(_ totals: JournalTotals, _ migration: MigrationRecord) -> Bool {
    totals.openRangeCount == 0 && migration.isFrontierEmpty && migration.phase != .provisioned
  }

  /// Rows of the original table above everything that the migration covers.
  private func rowsBeyond(_ bound: UInt64?, _ keeper: StorePair.Lane) async throws -> UInt64 {
    let condition = bound.map { " WHERE id > \($0)" } ?? ""
    return try await keeper.original.rows("SELECT COUNT(*) FROM \(keeper.original.tableSQL)\(condition)")[0][0]
      .unsignedValue ?? 0
  }

  private func work(_ cursor: RangeCursor, _ tally: VerificationTally) async throws {
    try await withClosing(try await pair.openLane()) { lane in
      var equal: [UInt64] = []
      while !stop.isRequested, let entry = try await cursor.next() {
        try Task.checkCancellation()
        meter.worker(isActive: true)
        defer { meter.worker(isActive: false) }
        let compared = try await compare(entry, lane)
        if let difference = compared.difference {
          tally.add(difference)
          try await journal.markDiffering(entry.id, error: difference.sentence, lane.extended)
        } else {
          equal.append(entry.id)
          if equal.count == 100 {
            try await journal.markVerified(equal, lane.extended)
            equal.removeAll()
          }
        }
        tally.add(compared.original)
        meter.finished(rows: compared.original.rowCount, bytes: compared.byteCount)
      }
      try await journal.markVerified(equal, lane.extended)
    }
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
      async let original = lane.original.digest(of: entry.range, locking: false)
      async let extended = lane.extended.digest(of: entry.range, locking: false)
      (sides.original, byteCount) = try await original
      sides.extended = try await extended.digest
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

/// Hands out the copied ranges to several workers, a page at a time.
private actor RangeCursor {
  private let journal: Journal
  private let session: any HistorySession
  private var page: ArraySlice<JournalRange> = []
  private var nextLower: UInt64? = 0

  init(journal: Journal, session: any HistorySession) {
    self.journal = journal
    self.session = session
  }

  func next() async throws -> JournalRange? {
    if page.isEmpty, let lower = nextLower {
      let loaded = try await journal.ranges(from: lower, limit: 500, states: [.copied, .differs], session)
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
