internal import MigrationBase
internal import MigrationJournal
internal import StudentModuleHistory

/// One of a copier's workers: takes a range, moves it, proves it, commits it, and takes the next.
struct CopyWorker {
  private let copier: Copier
  private let problems: ProblemList

  /// Asked for as soon as a worker finds that nothing is left, so that none waits for its pace in vain.
  private let end: StopSignal
  private var sizer: RangeSizer
  private var backoff: Backoff
  private var lane: Lane?

  /// How many workers of this process take ranges.
  private let workerCount: Int

  /// Since when all that is left has been in other hands.
  private var waitingSince: ContinuousClock.Instant?

  /// The rows of the turn that the pace has given, until they are committed.
  private var turn: Int?

  private var journal: Journal { copier.journal }
  private var environment: Environment { copier.stop.environment }

  init(copier: Copier, workerCount: Int, problems: ProblemList, end: StopSignal) {
    self.copier = copier
    self.workerCount = workerCount
    self.problems = problems
    self.end = end
    sizer = copier.options.sizer
    if let most = copier.pacer.largestTurn { sizer.limit(to: most) }
    backoff = Backoff(budget: copier.stop.retryBudget)
  }

  func run() async throws {
    var worker = self
    do {
      try await worker.work()
      await worker.leave()
    } catch {
      await worker.leave()
      throw error
    }
  }

  private mutating func leave() async {
    if let turn { copier.pacer.settle(turn, moved: 0) }
    await closeLane()
  }

  private mutating func work() async throws {
    while !copier.stop.isRequested, !Task.isCancelled {
      let lease: Lease
      do {
        guard try await awaitTurn() else { break }
        let lane = try await openLane()
        // What the pace allows is counted in rows: ids would only tell about how many.
        let held = copier.crew.held
        let answer = try await journal.lease(
          for: copier.holder, rowCount: turn ?? sizer.rowCount, idCount: turn == nil ? sizer.idCount : nil,
          workerCount: workerCount, order: copier.options.order, isInHand: copier.crew.works(onRange:), held: held,
          original: lane.source, lane.target)
        copier.crew.confirmed(held)
        switch answer {
        case .unconfirmed(let taken):
          copier.crew.took(taken)
          defer { copier.crew.ended(taken) }
          waitingSince = nil
          try await settle(taken)
          continue
        case .leased(let taken):
          lease = taken
          copier.crew.took(taken)
          waitingSince = nil
        case .finished:
          end.request()
          return
        case .waiting:
          // Another worker or process may yet fail and give its range back. Most are through in a moment.
          let since = waitingSince ?? environment.now()
          waitingSince = since
          try await end.sleep(for: min(max((environment.now() - since) / 8, .milliseconds(5)), .milliseconds(200)))
          continue
        }
      } catch {
        // An account that may have fewer connections than there are workers has fewer workers.
        if lane == nil, (error as? HistoryStoreError)?.kind == .limited, copier.crew.laneCount > 0 { return }
        try await pause(after: error)
        continue
      }
      environment.reach(.afterLease)
      copier.meter.worker(isActive: true)
      defer {
        copier.meter.worker(isActive: false)
        if !copier.crew.held.contains(lease) { copier.crew.ended(lease) }
      }
      try await finish(lease)
    }
    try Task.checkCancellation()
  }

  /// Waits until the pace allows some rows: without a lease, so that nobody waits for this worker.
  ///
  /// - Returns: false if nothing is left to be copied, or a stop was asked for.
  private mutating func awaitTurn() async throws -> Bool {
    guard turn == nil, copier.pacer.largestTurn != nil else { return true }
    // It may take a while.
    try await confirmHeld()
    let count = sizer.rowCount
    guard try await copier.pacer.turn(count, unless: end) else { return false }
    turn = count
    return true
  }

  /// The part of a range that the pace allows now, and that was not too much before. A range that was begun at another pace may be larger.
  private func allowedPart(of range: IDRange, _ most: Int?, _ lane: Lane) async throws -> IDRange {
    guard let rowCount = [turn, most].compactMap({ $0 }).min() else { return range }
    return IDRange(
      range.lower, try await lane.source.upperBound(from: range.lower, through: range.upper, rowCount: rowCount))
  }

  /// Lets the journal know what the source has said, where no lease follows soon.
  private mutating func confirmHeld() async throws {
    let (journal, held) = (journal, copier.crew.held)
    guard !held.isEmpty else { return }
    try await persisting { try await journal.confirm(held, $0.target) }
    copier.crew.confirmed(held)
  }

  /// Compares a range that is committed and not confirmed. Where a stop is asked for it may stay so: the next run compares it.
  private mutating func settle(_ lease: Lease) async throws {
    let confirmation = RangeConfirmation(journal: journal, stop: copier.stop)
    let left: (JournalRange, Direction)?
    do {
      left = try await persisting { lane in
        try await confirmation.settle(lease.rangeID, lane).map { ($0, lane.direction) }
      }
    } catch is StoppedError {
      return
    }
    guard let (entry, direction) = left else { return }
    problems.add(
      StoppedRange(
        range: entry.range, reason: entry.lastError ?? "it differs",
        remedy: direction == .there ? Remedy(.catchUp) : nil, rows: []))
  }

  /// Copies a leased range, trying again what may be tried again.
  private mutating func finish(_ lease: Lease) async throws {
    var mismatches = 0
    // How many rows at most are tried at once after what may have been too many; nil for all.
    var most: Int?
    let asked = turn ?? sizer.rowCount
    while true {
      do {
        let lane = try await openLane()
        // After a lost connection the commit may have arrived although its acknowledgement did not.
        if backoff.failureCount > 0, let done = try await journal.completed(lease, lane.target) {
          copier.meter.finished(rows: done.rows, bytes: done.bytes, adopted: done.adopted)
          backoff.succeeded()
          if !done.isConfirmed { try await settle(lease) }
          return
        }
        let isHeld = try await copy(lease, most, lane)
        backoff.succeeded()
        if !isHeld {
          await closeLane()
          try await settle(lease)
        }
        return
      } catch let problem as RangeProblem {
        try await leave(lease, problem)
        return
      } catch MigrationError.leaseLost {
        await undo()
        return
      } catch let error as HistoryStoreError where error.kind == .transactionTooLarge {
        await undo()
        if let problem = try await shrink(after: error, lease) {
          try await leave(lease, problem)
          return
        }
      } catch MigrationError.digestMismatch(let range, let read, let stored, let rows) {
        // A row that came in between explains one of these; the next try reads it again.
        await undo()
        mismatches += 1
        if mismatches == 2 {
          try await stopDiffering(lease, .digestMismatch(range, read: read, stored: stored, rows: rows), rows)
          return
        }
        try await pause(after: HistoryStoreError(.transient, "the digests of \(range) differed"))
      } catch {
        if let error = error as? HistoryStoreError, error.isTimeLimit || error.kind == .connectionLost {
          most = max(1, (most ?? asked) / 4)
        }
        do {
          try await pause(after: error)
        } catch {
          await giveBack(lease, as: .pending, error: "\(error)")
          throw error
        }
        if copier.stop.isRequested {
          await giveBack(lease, as: .pending, error: "stopped while trying again: \(error)")
          return
        }
      }
    }
  }

  /// Asks for smaller transactions. Returns the problem if even one row is too much.
  private mutating func shrink(after error: HistoryStoreError, _ lease: Lease) async throws -> RangeProblem? {
    copier.meter.retried(because: error.message)
    do {
      let lane = try await openLane()
      let first = try await lane.source.upperBound(from: lease.range.lower, through: lease.range.upper, rowCount: 1)
      let row = try await lane.source.digest(of: IDRange(first, first), locking: false, measuring: true)
      // A limit that no row keeps to was tried with one row.
      if row.byteCount > UInt64(sizer.byteLimit) || sizer.byteLimit < 32 {
        return .transactionTooLarge(id: first, message: error.message, remedy: error.remedy)
      }
      let whole = try await lane.source.digest(of: lease.range, locking: false, measuring: true)
      sizer.refused(byteCount: Int(clamping: whole.byteCount + TransferredRange.rowByteCount * whole.digest.rowCount))
    } catch {
      try await pause(after: error)
    }
    return nil
  }

  /// One try: the rows, their digest read back by the extended table's server, and the journal's entry, in one transaction.
  ///
  /// - Parameter most: how many rows at most; nil for all.
  /// - Returns: false if the source does not say that it held the rows' locks until they were committed: the range is unconfirmed.
  private mutating func copy(_ lease: Lease, _ most: Int?, _ lane: Lane) async throws -> Bool {
    let start = environment.now()
    try await lane.target.begin()
    // Nothing is less than one row, which takes as long as it takes.
    let limit = most == 1 || lane.hasOneTransaction ? nil : lane.lockLimit.work
    let moved = try await lane.transfer.transfer(
      try await allowedPart(of: lease.range, most, lane), byteLimit: sizer.byteLimit, within: limit)
    environment.reach(.afterTransfer)
    let stored = try await lane.target.digest(of: moved.range, locking: false, measuring: false).digest
    guard stored == moved.digest else {
      throw try await mismatch(moved, stored: stored, lane)
    }
    environment.reach(.afterDigest)
    // A column that was added meanwhile would be lost in silence. From here to the commit both tables stay as they are.
    try await lane.source.refuseChangedTable()
    try await lane.target.refuseChangedTable()
    let duration = environment.now() - start
    if let limit, duration >= limit, moved.digest.rowCount > 1 {
      throw HistoryStoreError(
        .transient, side: lane.target.side,
        "\(moved.digest.rowCount) rows were locked for \(Format.duration(duration)), longer than they may be",
        isTimeLimit: true)
    }
    let isConfirmed = lane.transfer.isLockedByTarget
    try await journal.complete(
      lease, moved.range, digest: moved.digest, byteCount: moved.byteCount, adoptedRowCount: moved.adoptedRowCount,
      milliseconds: UInt64(max(0, duration / .milliseconds(1))), isConfirmed: isConfirmed, lane.target)
    environment.reach(.beforeCommit)
    try await lane.target.commit()
    environment.reach(.afterCommit)
    let isHeld = await lane.transfer.releaseHeld()
    if isHeld, !isConfirmed { copier.crew.holds(lease) }
    environment.reach(.afterRelease)
    sizer.measured(
      rowCount: moved.digest.rowCount, idCount: moved.range.idCount, byteCount: moved.byteCount,
      duration: environment.now() - start)
    copier.meter.finished(rows: moved.digest.rowCount, bytes: moved.byteCount, adopted: moved.adoptedRowCount)
    if let taken = turn { copier.pacer.settle(taken, moved: moved.digest.rowCount) }
    turn = nil
    return isHeld
  }

  /// Finds the rows that the extended table did not take as they are, while they still stand in the open transaction.
  private func mismatch(
    _ moved: TransferredRange, stored: RangeDigest, _ lane: Lane
  ) async throws -> MigrationError {
    let limit = 200_000
    let comparison = RowComparison(
      original: try await lane.source.rowHashes(in: moved.range, limit: limit),
      extended: try await lane.target.rowHashes(in: moved.range, limit: limit))
    let ids = Array((comparison.differing + comparison.missing + comparison.strangers).sorted().prefix(5))
    return .digestMismatch(
      moved.range, read: moved.digest, stored: stored, rows: try await StoppedRange.rows(ids, lane))
  }

  /// Stops a range, or the run, because of something that an operator has to look at.
  private mutating func leave(_ lease: Lease, _ problem: RangeProblem) async throws {
    await undo()
    let (journal, token) = (journal, environment.word())
    let stopped = try await persisting { lane -> StoppedRange? in
      let stopped = try await StoppedRange(lease.range, problem, lane: lane)
      // Whoever has taken the range over meanwhile finds what is wrong with it.
      guard try await journal.giveBack(lease, as: .stopped, error: stopped.reason, lane.target) else { return nil }
      try await journal.record(
        "range-stopped", detail: "\(lease.range): \(stopped.reason)", token: token, lane.target)
      return stopped
    }
    guard let stopped else { return }
    problems.add(stopped)
    if case .rowTooLarge(let id, let byteCount, let limit) = problem {
      throw MigrationError.rowTooLarge(
        id: id, byteCount: byteCount, limit: limit, target: copier.lanes.target.location)
    }
  }

  private mutating func stopDiffering(
    _ lease: Lease, _ error: MigrationError, _ rows: [StoppedRange.Row]
  ) async throws {
    let journal = journal
    let stopped = try await persisting { lane -> StoppedRange? in
      let stopped = StoppedRange(
        range: lease.range, reason: error.description,
        remedy: Remedy(
          .changeValues, lane.source.side.rawValue, lane.target.side.rawValue,
          lane.direction == .back ? "return" : "copy"),
        rows: rows)
      guard try await journal.giveBack(lease, as: .stopped, error: stopped.reason, lane.target) else { return nil }
      return stopped
    }
    if let stopped { problems.add(stopped) }
  }

  /// Runs what may be done twice until it is done, or the budget is used up.
  ///
  /// - Throws: ``StoppedError`` where a stop was asked for and it cannot be done; the lease runs out by itself.
  private mutating func persisting<Value>(_ body: (Lane) async throws -> Value) async throws -> Value {
    while true {
      do {
        return try await body(try await openLane())
      } catch {
        try await pause(after: error)
        guard copier.stop.isRequested else { continue }
        guard backoff.failureCount <= 4 else { throw StoppedError(reason: "\(error)") }
        try await environment.sleep(for: .milliseconds(200))
      }
    }
  }

  /// Waits before the same is tried again.
  ///
  /// - Throws: the error itself if trying again makes no sense, or `retriesExhausted`.
  private mutating func pause(after error: any Error) async throws {
    await undo()
    guard let error = error as? HistoryStoreError, error.isTransient || error.kind == .duplicateID else { throw error }
    if error.kind != .transient, error.kind != .duplicateID {
      await closeLane()
    }
    sizer.backOff()
    copier.meter.retried(because: error.message)
    guard let delay = backoff.failed(in: environment) else {
      throw MigrationError.retriesExhausted(error, budget: backoff.budget)
    }
    try await copier.stop.sleep(for: delay)
  }

  private func undo() async {
    await lane?.target.rollback()
    await lane?.transfer.release()
  }

  private mutating func giveBack(_ lease: Lease, as state: JournalRange.State, error: String) async {
    // Without a connection the lease runs out by itself.
    guard let lane = try? await openLane() else { return }
    _ = try? await journal.giveBack(lease, as: state, error: error, lane.target)
  }

  private mutating func openLane() async throws -> Lane {
    if let lane { return lane }
    let opened = try await copier.lanes.openLane()
    lane = opened
    copier.crew.didOpenLane()
    return opened
  }

  private mutating func closeLane() async {
    guard let open = lane else { return }
    lane = nil
    copier.crew.didCloseLane()
    await open.close()
  }
}
