public import HistoryStores
internal import StudentModuleHistory

/// Copies the original table into the extended one, range by range, with several workers.
///
/// A range counts as copied if and only if its rows, their count and digest and the journal's entry were committed in one
/// transaction. Therefore a run can be stopped at any instruction, and several may go on at once.
public struct Copier: Sendable {
  let pair: StorePair
  let options: CopyOptions
  let stop: StopSignal
  let meter: ProgressMeter
  let journal: Journal
  let holder = LeaseHolder()
  let pacer: RowPacer

  public init(pair: StorePair, options: CopyOptions, stop: StopSignal, meter: ProgressMeter) {
    self.pair = pair
    self.options = options
    self.stop = stop
    self.meter = meter
    journal = Journal(dialect: pair.extended.dialect)
    pacer = RowPacer(rowsPerSecond: options.maximumRowsPerSecond)
  }

  /// Copies until nothing is left or a stop is asked for.
  ///
  /// Cancelling the task stops running statements on the servers; what was not committed is rolled back.
  ///
  /// - Throws: ``MigrationError``, ``HistoryStoreError``.
  public func run() async throws -> CopyOutcome {
    let start = ContinuousClock.now
    let keeper = try await pair.openLane()
    do {
      try await prepare(keeper)
      let problems = ProblemList(limit: options.maximumStoppedRanges, stop: stop)
      var isStoppedByOperator = false
      // While the LMS still writes to the original table, its tail grows: a few more rounds catch most of it.
      for _ in 0..<10 {
        try await runWorkers(keeper, problems)
        isStoppedByOperator = stop.isRequested && !problems.isFull
        let maximum = try await keeper.original.summary().ids?.upper
        guard !stop.isRequested, let maximum, try await extend(to: maximum, keeper) else { break }
      }
      let outcome = try await finish(keeper, start, problems, isInterrupted: isStoppedByOperator)
      await keeper.close()
      return outcome
    } catch {
      await keeper.close()
      throw error
    }
  }

  private func prepare(_ keeper: StorePair.Lane) async throws {
    _ = try await journal.migration(keeper.extended)
    try await holder.announce(keeper.extended)
    let reopened = try await journal.reopen(keeper.extended)
    if let maximum = try await keeper.original.summary().ids?.upper { try await extend(to: maximum, keeper) }
    try await journal.record(
      "copy-started",
      detail: "holder \(holder), \(options.workerCount) workers, \(options.order.rawValue), \(keeper.route.rawValue)"
        + (reopened > 0 ? ", \(reopened) ranges that had been stopped or differed are tried again" : ""),
      keeper.extended)
    if try await journal.migration(keeper.extended).phase == .provisioned {
      try await journal.set(.copying, keeper.extended)
    }
  }

  /// Makes the rows up to `maximum` part of the work, if the LMS cannot write to the extended table among them.
  @discardableResult
  private func extend(to maximum: UInt64, _ keeper: StorePair.Lane) async throws -> Bool {
    let next = try await keeper.extended.summary().nextID
    guard next > maximum else { throw MigrationError.startingIDTooLow(next: next, needed: maximum) }
    return try await journal.extend(to: maximum, keeper.extended)
  }

  private func runWorkers(_ keeper: StorePair.Lane, _ problems: ProblemList) async throws {
    try await updateEstimate(keeper)
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for _ in 0..<workerCount {
        group.addTask {
          try await CopyWorker(copier: self, problems: problems).run()
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

  /// SQLite has one writer at a time: more workers would only wait for each other.
  private var workerCount: Int {
    if case .sqlite = pair { return 1 }
    return options.workerCount
  }

  /// Renews leases and refreshes the estimate until it is cancelled.
  private func keepHouse(_ keeper: StorePair.Lane) async {
    var seconds = 0
    while !Task.isCancelled {
      do { try await Task.sleep(for: .seconds(1)) } catch { return }
      seconds += 1
      // If the keeper's connection is gone, leases run out and others may take over: their tokens keep that harmless.
      if seconds % 15 == 0 { try? await journal.renew(holder, keeper.extended) }
      if seconds % 5 == 0 { try? await updateEstimate(keeper) }
    }
  }

  /// How many rows are left: by the share of ids that are covered once that says something, before by the server's own estimate.
  private func updateEstimate(_ keeper: StorePair.Lane) async throws {
    let migration = try await journal.migration(keeper.extended)
    let totals = try await journal.totals(keeper.extended)
    let own = meter.totals.rows
    let done = max(totals.rowCount, own)
    let covered = Double(totals.idsCovered)
    let open = Double((migration.upperBound.map { $0 + 1 } ?? 0)) - covered
    let left: UInt64
    if covered > open / 10, covered > 0 {
      left = UInt64(Double(totals.rowCount) * max(0, open) / covered)
    } else {
      let estimate = try await keeper.original.summary().estimatedRowCount
      left = estimate > done ? estimate - done : 0
    }
    meter.set(rowsElsewhere: done - own, rowsLeft: left, isEstimate: !migration.isFrontierEmpty)
  }

  private func finish(
    _ keeper: StorePair.Lane, _ start: ContinuousClock.Instant, _ problems: ProblemList, isInterrupted: Bool
  ) async throws -> CopyOutcome {
    let migration = try await journal.migration(keeper.extended)
    let totals = try await journal.totals(keeper.extended)
    let isFinished = totals.openRangeCount == 0 && migration.isFrontierEmpty
    let done = meter.totals
    let outcome = CopyOutcome(
      end: isFinished ? .finished : isInterrupted ? .interrupted : .stoppedByProblems, rowCount: done.rows,
      byteCount: done.bytes, adoptedRowCount: done.adopted, rangeCount: done.ranges, retryCount: done.retries,
      duration: .now - start, upperBound: migration.upperBound, stopped: problems.all)
    if isFinished, migration.phase == .copying || (migration.phase == .verified && done.ranges > 0) {
      try await journal.set(.copied, keeper.extended)
    }
    try await journal.record(
      "copy-finished",
      detail:
        "holder \(holder): \(outcome.end.rawValue), \(done.rows) rows in \(done.ranges) ranges, \(done.retries) retries",
      keeper.extended)
    return outcome
  }
}
