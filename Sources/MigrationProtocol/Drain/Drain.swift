package import MigrationBase
internal import MigrationJournal
package import StudentModuleHistory

/// Empties the original table of what is proven to stand in the extended one, and of nothing else.
///
/// A row is removed only in a transaction that holds it locked while it is compared again with its copy, which is locked too. The
/// journal keeps what every range held: it is the manifest of what was drained.
package struct Drain: Sendable {
  let lanes: any LaneProvider
  let options: DrainOptions
  let stop: StopSignal
  let meter: ProgressMeter
  let journal: Journal

  /// How many problems are listed before they are only counted.
  package static let listedProblemCount = 100

  package init(lanes: any LaneProvider, options: DrainOptions = DrainOptions(), stop: StopSignal, meter: ProgressMeter)
  {
    self.lanes = AgreeingLanes(lanes, stop)
    self.options = options
    self.stop = stop
    self.meter = meter
    journal = Journal()
  }

  /// Removes range after range in small transactions, with rests in between. Can be stopped and killed at any moment; the next run goes
  /// on.
  ///
  /// - Parameter flags: those of the LMS configuration; where they are not known, both on.
  /// - Throws: ``MigrationError/drainRefused(reason:remedy:)``, `HistoryStoreError`.
  package func run(flags: HistoryFlags) async throws -> DrainOutcome {
    try await prepared(flags, [.drain]) { keeper, before in
      var drainer = RangeDrainer(drain: self, keeper: keeper)
      try await eachRange(keeper) { try await drainer.drain($0) }
      return try await conclude(keeper, before, drainer.tally)
    }
  }

  /// Removes all rows at once: locks the table against everybody else, compares every range again, and truncates it under the same
  /// lock. The counter stays where it was.
  ///
  /// - Parameter flags: those of the LMS configuration; where they are not known, both on.
  /// - Throws: ``MigrationError/drainRefused(reason:remedy:)``, also where a row is not proven; `HistoryStoreError`.
  package func truncate(flags: HistoryFlags) async throws -> DrainOutcome {
    try await prepared(flags, [.truncate]) { keeper, before in
      var tally = DrainTally(start: stop.environment.now())
      try await Truncation(drain: self, keeper: keeper).run(&tally)
      return try await conclude(keeper, before, tally)
    }
  }

  /// Checks what must hold before anything is removed, and runs `work`.
  private func prepared(
    _ flags: HistoryFlags, _ steps: [PrivilegedStep],
    _ work: (ReconnectingLane, TableSummary) async throws -> DrainOutcome
  ) async throws -> DrainOutcome {
    let facts = try await InstallationFacts(lanes: lanes, flags: flags, stop: stop)
    if case .refused(let reason, let remedy) = DrainPermission(facts) {
      throw MigrationError.drainRefused(reason: reason, remedy: remedy)
    }
    try await retrying(stop) {
      try await lanes.requirePrivileges(for: steps + (options.reclaimsDisk ? [.reclaim] : []))
    }
    try await makeRecord()
    let lock = OperationLock("drain")
    let keeper = ReconnectingLane(lanes: lanes, meter: meter, stop: stop) { lane in
      try await claim(lane, lock)
    }
    var isStarted = false
    let token = stop.environment.word()
    do {
      let before = try await keeper.read { lane in
        let before = try await lane.source.summary()
        try await refuseForeignEmptiness(before, lane)
        try await restoreCounter(before, lane)
        let totals = try await journal.totals(lane.target)
        meter.set(
          rowsElsewhere: 0, rowsLeft: totals.rowCount.subtractingDownToZero(totals.drainedRowCount), isEstimate: true)
        try await journal.record(
          "drain-started",
          detail: "\(before.estimatedRowCount) rows, about"
            + (options.acceptsUnflushed
              ? "; copies that may not be on the disk are accepted (--accept-unflushed)" : ""),
          token: token, lane.target)
        return before
      }
      isStarted = true
      let outcome = try await work(keeper, before)
      await keeper.close()
      return outcome
    } catch {
      if isStarted { await recordEnd(of: error, keeper) }
      await keeper.close()
      throw error
    }
  }

  /// Writes down why a drain that was begun went no further, if the journal can still be reached.
  private func recordEnd(of error: any Error, _ keeper: ReconnectingLane) async {
    let reason: String
    switch error {
    case let error as MigrationError: reason = error.description
    case let error as HistoryStoreError where !error.isTransient: reason = error.message
    default: return
    }
    let journal = journal
    let token = stop.environment.word()
    try? await keeper.read { try await journal.record("drain-stopped", detail: reason, token: token, $0.target) }
  }

  /// One process drains at a time. A second one would do no harm, but wait and retry all the time.
  private func claim(_ lane: Lane, _ lock: OperationLock) async throws {
    // As soon as a row cannot be had, the transaction is given up: nobody is to wait for it.
    let seconds = max(1, Int(options.transactionLimit / .seconds(1)))
    for session in [lane.source, lane.target] { try await session.limitLockWait(to: seconds) }
    try await lock.take(
      for: try await journal.migration(lane.target), lane.target,
      orElse: MigrationError.drainRefused(
        reason: "another process is draining the original table", remedy: Remedy(.seeStatus)))
    let (standing, record) = try await lane.agreement(stop)
    try await journal.settle(standing, record, original: lane.source, extended: lane.target)
  }

  /// Makes the original database's record of what is drained, unless an earlier run has.
  private func makeRecord() async throws {
    let schema = lanes.schema(.original)
    let tables = try await retrying(stop, hasBeenReached: true) { try await schema.inventory().otherTables }
    guard !tables.contains(JournalTable.record.rawValue) else { return }
    try await SchemaRunner(stop: stop).make([.createRecord], schema)
  }

  /// Refuses a table that somebody else has emptied: then its rows prove nothing, and there is nothing to remove.
  private func refuseForeignEmptiness(_ original: TableSummary, _ lane: Lane) async throws {
    let totals = try await journal.totals(lane.target)
    guard totals.drainedRangeCount == 0, totals.rowCount > 0 else { return }
    try await journal.migration(lane.target).refuseEmptied(original, lane.source.side)
    guard original.ids == nil else { return }
    throw MigrationError.drainRefused(
      reason: "the original table is empty, but csmh has not drained it",
      remedy: Remedy(.recheck))
  }

  /// Raises the counter of a table that was truncated by a process which was killed before it could.
  private func restoreCounter(_ original: TableSummary, _ lane: Lane) async throws {
    guard let fence = try await journal.migration(lane.target).fence, original.firstFreeID < fence.nextID,
      try await journal.totals(lane.target).drainedRangeCount > 0
    else { return }
    guard original.ids == nil else {
      throw MigrationError.drainRefused(
        reason:
          "the original table was emptied, and a process has written \(original.ids!) to it since: with ids that copies have",
        remedy: Remedy(.restartThenMoveRows))
    }
    try await lane.source.raiseCounter(to: fence.nextID)
  }

  private func eachRange(_ keeper: ReconnectingLane, _ body: (JournalRange) async throws -> Void) async throws {
    let journal = journal
    let queue = RangeQueue { lower, limit in
      try await keeper.read { lane in
        let page = try await journal.ranges(from: lower, limit: limit, states: [.copied, .draining], lane.target)
        // What these entries speak of was committed with them: who changes it changes the entry, and is noticed.
        try await awaitFlush(lane.target)
        return page
      }
    }
    while !stop.isRequested, let entry = try await queue.next() {
      try Task.checkCancellation()
      try await body(entry)
    }
  }

  private func conclude(
    _ keeper: ReconnectingLane, _ before: TableSummary, _ tally: DrainTally
  ) async throws -> DrainOutcome {
    let token = stop.environment.word()
    return try await keeper.read { lane in
      let bound = try await journal.migration(lane.target).upperBound ?? 0
      let beyond = try await lane.source.rowCount(RowSelection(from: bound + 1))
      let left = try await lane.source.rowCount(RowSelection()) - beyond
      let isEmpty = left == 0 && tally.problemCount == 0 && !stop.isRequested
      if isEmpty {
        try await journal.setDrained(lane.target)
        if options.reclaimsDisk, beyond == 0 { try await lane.source.reclaimDisk() }
      }
      let after = try await lane.source.summary()
      let outcome = DrainOutcome(
        isInterrupted: stop.isRequested && left > 0, removedRowCount: tally.removedRowCount,
        transactionCount: tally.transactionCount, longestTransaction: tally.longestTransaction,
        duration: stop.environment.now() - tally.start, problems: tally.problems, problemCount: tally.problemCount,
        rowsLeft: left,
        rowsBeyond: beyond, bytesBefore: before.estimatedByteCount + before.freeByteCount,
        bytesAfter: after.estimatedByteCount + after.freeByteCount, freeBytesAfter: after.freeByteCount,
        nextID: after.nextID)
      try await journal.record(
        outcome.isComplete ? "drained" : "drain-stopped",
        detail: "\(tally.removedRowCount) rows removed: \(outcome.sentence)", token: token, lane.target)
      return outcome
    }
  }
}

/// What a drain has done so far.
struct DrainTally: Sendable {
  let start: ContinuousClock.Instant
  private(set) var removedRowCount: UInt64 = 0
  private(set) var transactionCount: UInt64 = 0
  private(set) var longestTransaction = Duration.zero
  private(set) var problems: [DrainOutcome.Problem] = []
  private(set) var problemCount: UInt64 = 0

  mutating func removed(_ rowCount: UInt64, in duration: Duration) {
    removedRowCount += rowCount
    transactionCount += 1
    longestTransaction = max(longestTransaction, duration)
  }

  mutating func left(_ range: IDRange, _ reason: String, ids: [UInt64]) {
    problemCount += 1
    guard problems.count < Drain.listedProblemCount else { return }
    problems.append(
      DrainOutcome.Problem(lowerID: range.lower, upperID: range.upper, reason: reason, ids: Array(ids.prefix(10))))
  }
}
