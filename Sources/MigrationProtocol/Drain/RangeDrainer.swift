internal import MigrationBase
internal import MigrationJournal
internal import StudentModuleHistory

/// Drains ranges, one after the other, in transactions that stay below a length of time.
struct RangeDrainer {
  private let drain: Drain
  private let keeper: ReconnectingLane
  private let pacer: RowPacer
  private var sizer: RangeSizer
  private(set) var tally: DrainTally

  private var journal: Journal { drain.journal }
  private var environment: Environment { drain.stop.environment }

  init(drain: Drain, keeper: ReconnectingLane) {
    self.drain = drain
    self.keeper = keeper
    tally = DrainTally(start: drain.stop.environment.now())
    pacer = RowPacer(rowsPerSecond: drain.options.maximumRowsPerSecond)
    sizer = RangeSizer(targetDuration: drain.options.transactionLimit / 2, maximumRowCount: 20_000)
    if let most = pacer.largestTurn { sizer.limit(to: most) }
  }

  /// How a transaction ended.
  private enum Removal: Sendable {
    case removed(RangeDigest, byteCount: UInt64)
    /// It took too long before anything was removed, and was rolled back.
    case late
    /// Rows without an equal copy; nothing was removed.
    case unproven([UInt64])
    /// Another process has mended the range or brought it back meanwhile; nothing was removed.
    case notOurs
  }

  /// Drains one range that is copied, or that was being drained when an earlier run ended.
  ///
  /// - Throws: ``MigrationError/drainRefused(reason:remedy:)`` if somebody writes to the original table again, `HistoryStoreError`.
  mutating func drain(_ entry: JournalRange) async throws {
    drain.meter.worker(isActive: true)
    defer { drain.meter.worker(isActive: false) }
    let journal = journal
    if entry.state == .copied {
      // Before the range is taken in hand; each transaction looks again.
      try await keeper.read { try await Self.refuseStragglers($0, journal) }
      guard try await begin(entry) else { return }
      environment.reach(.afterDrainBegin)
    }
    var position: UInt64? = entry.range.lower
    while let lower = position {
      if drain.stop.isRequested { return }
      let size = sizer.rowCount
      guard try await pacer.turn(size, unless: drain.stop) else { return }
      let chunk = try await keeper.read { lane in
        // From the first row that is left: in front of it copies stand whose originals are gone.
        let first = try await lane.source.upperBound(from: lower, through: entry.range.upper, rowCount: 1)
        return IDRange(
          first, try await lane.source.upperBound(from: first, through: entry.range.upper, rowCount: size))
      }
      let before = tally.removedRowCount
      let step = try await remove(chunk, of: entry)
      pacer.settle(size, moved: tally.removedRowCount - before)
      switch step {
      case .done: position = chunk.upper < entry.range.upper ? chunk.upper + 1 : nil
      case .again: continue
      case .left: return
      }
    }
    let left = try await keeper.read { lane in
      let left = try await lane.source.hasRows(from: entry.range.lower, through: entry.range.upper)
      if !left {
        try await journal.recordDrained(entry.range, lane.source)
        try await journal.finishDraining(entry, lane.target)
      }
      return left
    }
    if left { tally.left(entry.range, "rows appeared in it while it was drained", ids: []) }
  }

  /// What to do after a transaction.
  private enum Step {
    case done
    /// The same rows again, fewer at a time.
    case again
    /// The rest of the range stays.
    case left
  }

  /// Behind the fence nobody writes to the original table; else a process with the old flags still reads it too.
  private static func refuseStragglers(_ lane: Lane, _ journal: Journal) async throws {
    let original = try await lane.source.summary()
    let migration = try await journal.migration(lane.target)
    // A counter that went back would let a straggler's rows look old.
    guard migration.fence?.holds(for: original) ?? false, migration.upperBound ?? 0 < original.firstFreeID else {
      throw MigrationError.drainRefused(
        reason: "a process has written to the original table behind the fence: it runs with ENABLE_CSMH_EXTENDED off",
        remedy: Remedy(.restartThenDrain))
    }
  }

  /// Compares the whole range once more, and writes down what it holds. Returns false if it is left.
  private mutating func begin(_ entry: JournalRange) async throws -> Bool {
    let (journal, range) = (journal, entry.range)
    var sides: (source: RangeDigest, target: RangeDigest) = (.empty, .empty)
    // The LMS deletes from both tables, one after the other: a comparison may fall in between.
    for attempt in 0..<5 {
      guard try await drain.stop.sleep(for: .milliseconds(attempt > 0 ? 100 << attempt : 0)) else { return false }
      sides = try await keeper.read { try await $0.digests(of: range) }
      if sides.source == sides.target { break }
    }
    let digest = sides.source
    guard digest == sides.target else {
      let reason = "the range differs: the original table has \(sides.source), the extended one \(sides.target)"
      let token = environment.word()
      try await keeper.read { try await journal.markDiffering(entry, error: reason, token: token, $0.target) }
      tally.left(range, reason, ids: [])
      return false
    }
    let token = environment.word()
    let environment = environment
    let isBegun = try await keeper.read { lane in
      guard
        let number = try await journal.beginDraining(entry, digest: digest, token: token, lane.target)
      else { return false }
      environment.reach(.beforeDrainRecord)
      // A journal that forgets this, with or without the copies, is found out by what the original database knows.
      let recorded = RecordedRange(range: range, state: .draining, digest: digest, number: number)
      try await journal.record([recorded], number: number, of: try await journal.migration(lane.target), lane.source)
      return true
    }
    if !isBegun { tally.left(range, "another process has changed the range's journal entry", ids: []) }
    return isBegun
  }

  /// Removes the rows of a part of a range.
  private mutating func remove(_ chunk: IDRange, of entry: JournalRange) async throws -> Step {
    let (journal, environment, limit) = (journal, environment, drain.options.transactionLimit)
    let removal: Removal
    let duration: Duration
    do {
      let attempt = Attempt<Removal>(environment)
      (removal, duration) = try await keeper.commit { lane in
        let start = environment.now()
        let removal = try await Self.remove(
          chunk, of: entry, lane, journal, environment, attempt, lateAfter: limit * 0.6)
        return (removal, environment.now() - start)
      } arrived: { lane in
        // Nobody else takes rows that are being drained: those that were to go are gone by this attempt.
        guard let removal = attempt.value, case .removed(let digest, _) = removal, digest.rowCount > 0,
          try await lane.source.digest(of: chunk, locking: false, measuring: false).digest.rowCount == 0
        else { return nil }
        return (removal, .zero)
      }
    } catch let error as HistoryStoreError where error.kind == .transactionTooLarge && sizer.rowCount > 1 {
      sizer.refused(rowCount: sizer.rowCount)
      return .again
    }
    switch removal {
    case .late where sizer.rowCount > 1:
      sizer.backOff()
      return .again
    case .late:
      throw HistoryStoreError(
        .transient, side: .original, "one row alone takes longer than \(limit) to compare",
        remedy: Remedy(.raiseDrainLimit, DrainOptions.longerLimit(than: limit)))
    case .unproven(let ids):
      let reason = "rows that the extended table does not have, or not like this"
      try await keeper.read { try await journal.leaveDraining(entry, error: reason, $0.target) }
      tally.left(chunk, reason, ids: ids)
      return .left
    case .notOurs:
      tally.left(chunk, "another process has changed the range's journal entry", ids: [])
      return .left
    case .removed(let digest, let byteCount):
      tally.removed(digest.rowCount, in: duration)
      sizer.measured(
        rowCount: digest.rowCount, idCount: chunk.idCount, byteCount: byteCount, duration: duration)
      drain.meter.finished(rows: digest.rowCount, bytes: byteCount)
      if digest.rowCount > 0 { try await drain.stop.sleep(for: duration * drain.options.rest) }
      return .done
    }
  }

  /// One transaction: locks the original rows, then their copies, compares them, and removes exactly the rows that were compared.
  ///
  /// The original rows first, as the LMS does when it deletes: otherwise each could wait for the other, on two servers, unseen.
  private static func remove(
    _ chunk: IDRange, of entry: JournalRange, _ lane: Lane, _ journal: Journal, _ environment: Environment,
    _ attempt: Attempt<Removal>, lateAfter limit: Duration
  ) async throws -> Removal {
    // Where a transaction of the target holds both files, the source's own would wait for it.
    let locksCopies = !lane.hasOneTransaction
    do {
      let start = environment.now()
      try await lane.source.begin()
      let (wanted, byteCount) = try await lane.source.digest(of: chunk, locking: true, measuring: true)
      if locksCopies { try await lane.target.begin() }
      let stored = try await lane.target.digest(of: chunk, locking: locksCopies, measuring: false).digest
      var unproven: [UInt64] = []
      if stored != wanted { unproven = try await self.unproven(in: chunk, lane) }
      // The entry stays as it is until the rows are gone: nobody can mend the range or bring it back in between.
      let isOurs = try await journal.isDraining(entry, lane.target)
      guard isOurs, unproven.isEmpty, environment.now() - start < limit else {
        await rollBack(lane)
        return !isOurs ? .notOurs : unproven.isEmpty ? .late : .unproven(unproven)
      }
      try await refuseStragglers(lane, journal)
      // A column that was added meanwhile would be lost in silence.
      try await lane.source.refuseChangedTable()
      try await lane.target.refuseChangedTable()
      environment.reach(.beforeDrainDelete)
      let removed = try await lane.source.delete(RowSelection(in: chunk))
      // A row that came in between the two was not compared.
      guard UInt64(removed) == wanted.rowCount else {
        throw HistoryStoreError(
          .transient, side: .original,
          "rows appeared in the ids \(chunk) of the original table while they were compared")
      }
      environment.reach(.beforeDrainCommit)
      // The copies' locks may be gone by now, as their server ends silent sessions. That is harmless: the LMS deletes the original first,
      // and waits for it; and of a range that is being drained csmh replaces and removes no copy.
      let removal = Removal.removed(wanted, byteCount: byteCount)
      attempt.willCommit(removal)
      try await lane.source.commit()
      environment.reach(.afterDrainCommit)
      if locksCopies { await lane.target.rollback() }
      return removal
    } catch {
      await rollBack(lane)
      throw error
    }
  }

  private static func rollBack(_ lane: Lane) async {
    await lane.source.rollback()
    if !lane.hasOneTransaction { await lane.target.rollback() }
  }

  /// The original rows without an equal copy. Copies without an original are no reason to keep the others: an earlier run may have
  /// removed their originals.
  static func unproven(in chunk: IDRange, _ lane: Lane) async throws -> [UInt64] {
    let limit = 1_000_000
    let comparison = RowComparison(
      original: try await lane.source.rowHashes(in: chunk, limit: limit),
      extended: try await lane.target.rowHashes(in: chunk, limit: limit))
    return (comparison.missing + comparison.differing).sorted()
  }
}

extension Lane {
  /// The digests of a range at both ends, read at the same time and without locks.
  func digests(of range: IDRange) async throws -> (source: RangeDigest, target: RangeDigest) {
    try await concurrently {
      try await source.digest(of: range, locking: false, measuring: false).digest
    } _: {
      try await target.digest(of: range, locking: false, measuring: false).digest
    }
  }
}
