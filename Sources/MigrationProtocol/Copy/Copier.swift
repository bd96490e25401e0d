package import MigrationBase
package import MigrationJournal
package import StudentModuleHistory

/// Copies the original table into the extended one, range by range, with several workers.
///
/// A range counts as copied if and only if its rows, their count and digest and the journal's entry were committed in one
/// transaction. Therefore a run can be stopped at any instruction, and several may go on at once.
package struct Copier: Sendable {
  let lanes: any LaneProvider
  let options: CopyOptions
  let stop: StopSignal
  let meter: ProgressMeter
  let journal: Journal
  let holder: LeaseHolder
  let pacer: RowPacer
  let mends: Bool
  let crew = CopyCrew()

  package init(lanes: any LaneProvider, options: CopyOptions, stop: StopSignal, meter: ProgressMeter) {
    self.init(lanes: lanes, options: options, stop: stop, meter: meter, pacer: RowPacer(options))
  }

  /// - Parameters:
  ///   - pacer: shared by what one process does, one after the other.
  ///   - mends: whether ranges that were copied once and differ are mended by whoever runs this, and not copied anew: that would stop at
  ///     every row that was changed or deleted since.
  init(
    lanes: any LaneProvider, options: CopyOptions, stop: StopSignal, meter: ProgressMeter, pacer: RowPacer,
    mends: Bool = false
  ) {
    self.mends = mends
    self.lanes = AgreeingLanes(lanes, stop)
    self.options = options
    self.stop = stop
    holder = LeaseHolder(stop.environment)
    self.meter = meter
    journal = Journal()
    self.pacer = pacer
  }

  /// Copies until nothing is left or a stop is asked for.
  ///
  /// Cancelling the task stops running statements on the servers; what was not committed is rolled back.
  ///
  /// - Throws: ``MigrationError``, ``HistoryStoreError``.
  package func run() async throws -> CopyOutcome {
    let start = stop.environment.now()
    let (journal, holder) = (journal, holder)
    let keeper = ReconnectingLane(lanes: lanes, meter: meter, stop: stop) { lane in
      _ = try await journal.migration(lane.target)
      try await holder.announce(lane.target)
    }
    do {
      let outcome = try await copy(keeper, start)
      await keeper.close()
      return outcome
    } catch {
      await keeper.close()
      throw error
    }
  }

  private func copy(_ keeper: ReconnectingLane, _ start: ContinuousClock.Instant) async throws -> CopyOutcome {
    try await prepare(keeper)
    let workerCount = try await keeper.read { workers(over: $0) }
    let problems = ProblemList(limit: options.maximumStoppedRanges, stop: stop)
    var isStoppedByOperator = false
    // While the LMS still writes to the original table, its tail grows: a few more rounds catch most of it, and what comes after is
    // left to the next run.
    let lastRound = 4
    for round in 1...lastRound {
      try await keeper.read { try await beginCopying($0) }
      try await runWorkers(workerCount, keeper, problems)
      isStoppedByOperator = stop.isRequested && !problems.isFull
      guard round < lastRound, !stop.isRequested, try await keeper.read({ try await extend($0) }) else { break }
    }
    let isInterrupted = isStoppedByOperator
    let token = stop.environment.word()
    return try await keeper.read { try await finish($0, start, problems, token, isInterrupted: isInterrupted) }
  }

  private func prepare(_ keeper: ReconnectingLane) async throws {
    let token = stop.environment.word()
    try await keeper.read { lane in
      try await journal.reopen(copiedOnes: !mends, lane.target)
      try await extend(lane)
      try await journal.record(
        "copy-started",
        detail: "holder \(holder), \(workers(over: lane)) workers, \(options.order.rawValue), \(lane.route.rawValue)",
        token: token, lane.target)
    }
  }

  /// As soon as anything is left to copy, nothing may say that all is copied or verified.
  private func beginCopying(_ lane: Lane) async throws {
    let migration = try await journal.migration(lane.target)
    let totals = try await journal.totals(lane.target)
    let openCount = try await openRangeCount(totals, lane)
    let hasWork = !migration.isFrontierEmpty || openCount > 0
    if hasWork, migration.phase != .copying { try await journal.set(.copying, lane.target) }
  }

  /// How many ranges are still to be copied; those that are only to be mended are not, where somebody does.
  private func openRangeCount(_ totals: JournalTotals, _ lane: Lane) async throws -> UInt64 {
    guard mends, totals.openRangeCount > 0 else { return totals.openRangeCount }
    return totals.openRangeCount.subtractingDownToZero(try await journal.mendableRangeCount(lane.target))
  }

  /// Makes the rows up to the present largest id part of the work, if the LMS cannot write to the extended table among them.
  /// Returns whether there is new work.
  @discardableResult
  private func extend(_ lane: Lane) async throws -> Bool {
    guard let maximum = try await lane.source.summary().ids?.upper else { return false }
    let next = try await lane.target.summary().nextID
    guard next > maximum else { throw MigrationError.startingIDTooLow(next: next, needed: maximum) }
    return try await journal.extend(to: maximum, lane.target)
  }

  private func runWorkers(_ workerCount: Int, _ keeper: ReconnectingLane, _ problems: ProblemList) async throws {
    try await keeper.read { try await updateEstimate($0) }
    do {
      try await stop.followed { end in try await runWorkers(workerCount, keeper, problems, until: end) }
    } catch {
      // Where it cannot be told, the next run compares them.
      try? await confirmHeld(keeper)
      throw error
    }
    try await confirmHeld(keeper)
  }

  private func runWorkers(
    _ workerCount: Int, _ keeper: ReconnectingLane, _ problems: ProblemList, until end: StopSignal
  ) async throws {
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for _ in 0..<workerCount {
        group.addTask {
          try await CopyWorker(copier: self, workerCount: workerCount, problems: problems, end: end).run()
          return true
        }
      }
      group.addTask {
        await keepHouse(keeper)
        return false
      }
      var running = workerCount
      var failure: (any Error)?
      while running > 0, let result = await group.nextResult() {
        switch result {
        case .success(let isWorker): running -= isWorker ? 1 : 0
        case .failure(let error):
          // One worker's fatal error ends the run: the others finish their ranges.
          stop.request()
          failure = failure ?? error
          running -= 1
        }
      }
      group.cancelAll()
      if let failure { throw failure }
    }
  }

  /// Lets the journal know of the last ranges that their sources held the locks.
  private func confirmHeld(_ keeper: ReconnectingLane) async throws {
    let held = crew.held
    guard !held.isEmpty else { return }
    try await keeper.read { try await journal.confirm(held, $0.target) }
    crew.confirmed(held)
  }

  private func workers(over lane: Lane) -> Int { min(options.workerCount, lane.usefulLaneCount) }

  /// Renews leases and refreshes the estimate until it is cancelled. What fails here is tried again in a while: leases that run out
  /// may be taken over by others, and their tokens keep that harmless.
  private func keepHouse(_ keeper: ReconnectingLane) async {
    var seconds = 0
    while !Task.isCancelled {
      do { try await stop.environment.sleep(for: .seconds(1)) } catch { return }
      seconds += 1
      if seconds % 15 == 0 { try? await keeper.read { try await journal.renew(holder, $0.target) } }
      if seconds % 5 == 0 { try? await keeper.read { try await updateEstimate($0) } }
    }
  }

  /// How many rows are left: by the share of ids that are covered once that says something, before by the server's own estimate.
  private func updateEstimate(_ lane: Lane) async throws {
    let migration = try await journal.migration(lane.target)
    let totals = try await journal.totals(lane.target)
    let own = meter.totals.rows
    let done = max(totals.rowCount, own)
    let left =
      if let byIDs = totals.estimatedRowsLeft(migration) { byIDs } else {
        try await lane.source.summary().estimatedRowCount.subtractingDownToZero(done)
      }
    meter.set(rowsElsewhere: done - own, rowsLeft: left, isEstimate: !migration.isFrontierEmpty)
  }

  private func finish(
    _ lane: Lane, _ start: ContinuousClock.Instant, _ problems: ProblemList, _ token: String,
    isInterrupted: Bool
  ) async throws -> CopyOutcome {
    let migration = try await journal.migration(lane.target)
    let totals = try await journal.totals(lane.target)
    let openCount = try await openRangeCount(totals, lane)
    let isFinished = openCount == 0 && migration.isFrontierEmpty
    let done = meter.totals
    let outcome = CopyOutcome(
      end: isFinished ? .finished : isInterrupted ? .interrupted : .stoppedByProblems, target: lane.target.side,
      rowCount: done.rows,
      byteCount: done.bytes, adoptedRowCount: done.adopted, rangeCount: done.ranges, retryCount: done.retries,
      duration: stop.environment.now() - start, upperBound: migration.upperBound, stopped: problems.all)
    if isFinished, totals.openRangeCount == 0, migration.phase == .copying || migration.phase == .provisioned {
      try await journal.set(.copied, lane.target)
    }
    try await journal.record(
      "copy-finished",
      detail:
        "holder \(holder): \(outcome.end.rawValue), \(done.rows) rows in \(done.ranges) ranges, \(done.retries) retries",
      token: token, lane.target)
    return outcome
  }
}

extension JournalTotals {
  /// How many rows are left by the share of ids that are copied; nil while that share says too little.
  package func estimatedRowsLeft(_ migration: MigrationRecord) -> UInt64? {
    let covered = Double(idsCovered)
    let open = Double(migration.upperBound.map { $0 + 1 } ?? 0) - covered
    guard covered > 0, covered > open / 10 else { return nil }
    return UInt64(Double(rowCount) * max(0, open) / covered)
  }
}
