internal import MigrationBase
internal import MigrationJournal
internal import StudentModuleHistory

/// Mends all ranges that the journal knows to differ and that were copied once; on the way back also those that hold rows of student modules that
/// are gone, as the LMS may have deleted what they bring.
struct Mending {
  let lanes: any LaneProvider
  let stop: StopSignal

  /// See ``CatchUp/removesDeleted``.
  let removesDeleted: Bool

  /// A range is mended whole; the next one waits until its rows have taken their time.
  var pacer = RowPacer(rowsPerSecond: nil)

  /// - Parameter willBegin: called with a meter if there is anything to mend.
  func run(willBegin: (ProgressMeter) async -> Void) async throws -> RangeMender.Mending {
    let journal = Journal()
    let meter = ProgressMeter(phase: "mend")
    let keeper = ReconnectingLane(lanes: AgreeingLanes(lanes, stop), meter: meter, stop: stop)
    do {
      let total = try await mendAll(journal, keeper, meter, willBegin)
      await keeper.close()
      return total
    } catch {
      await keeper.close()
      throw error
    }
  }

  private func mendAll(
    _ journal: Journal, _ keeper: ReconnectingLane, _ meter: ProgressMeter, _ willBegin: (ProgressMeter) async -> Void
  ) async throws -> RangeMender.Mending {
    var total = RangeMender.Mending()
    var hasBegun = false
    var removesOrphans: Bool?
    let queue = queue(journal, keeper)
    while !stop.isRequested, let entry = try await queue.next() {
      guard try await isToBeMended(entry, keeper) else { continue }
      if removesOrphans == nil { removesOrphans = try await areOrphansFew(journal, keeper) }
      guard let removesOrphans else { break }
      if !hasBegun { await willBegin(meter) }
      hasBegun = true
      guard try await pacer.turn(0, unless: stop) else { break }
      let confirmation = RangeConfirmation(journal: journal, stop: stop)
      guard entry.state != .unconfirmed else {
        _ = try await keeper.read { try await confirmation.settle(entry.id, $0) }
        continue
      }
      let attempt = Attempt<RangeMender.Mending>(stop.environment)
      let mending = try await keeper.commit {
        try await mend(entry, removesOrphans, journal, attempt, $0)
      } arrived: { lane in
        try await journal.carries(attempt.token, entry.id, lane.target) ? attempt.value : nil
      }
      if mending.count > 0 { _ = try await keeper.read { try await confirmation.settle(entry.id, $0) } }
      total.add(mending)
      pacer.settle(0, moved: UInt64(mending.count))
      if mending.count > 0 {
        try await keeper.read {
          try await journal.record(
            "mended",
            detail:
              "ids \(entry.range): \(mending.added) added, \(mending.changed) changed, \(mending.removed) removed",
            token: attempt.token, $0.target)
        }
      }
      meter.finished(rows: UInt64(mending.count), bytes: 0)
    }
    return total
  }

  /// The ranges that may have to be mended.
  private func queue(_ journal: Journal, _ keeper: ReconnectingLane) -> RangeQueue {
    let states: [JournalRange.State] =
      [.differs, .stopped, .draining, .unconfirmed] + (lanes.direction == .back ? [.copied] : [])
    return RangeQueue { lower, limit in
      try await keeper.read { try await journal.ranges(from: lower, limit: limit, states: states, $0.target) }
    }
  }

  private func isToBeMended(_ entry: JournalRange, _ keeper: ReconnectingLane) async throws -> Bool {
    guard entry.digest != nil else { return false }
    switch entry.state {
    case .draining: return entry.lastError != nil
    case .copied:
      return try await keeper.read { !(try await $0.target.idsWithoutStudentModule(in: entry.range, limit: 1)).isEmpty }
    default: return true
    }
  }

  /// Whether all ranges together have few rows that would go unasked; nil if it was told to stop. Told before the first of them goes: a
  /// server that was restored is not to lose a part with every run.
  private func areOrphansFew(_ journal: Journal, _ keeper: ReconnectingLane) async throws -> Bool? {
    let (limit, startingID) = try await keeper.read { lane in
      let rowCount = try await journal.totals(lane.target).rowCount
      return (DeletionLimits.most(ofAll: rowCount), try await journal.migration(lane.target).startingID)
    }
    var count = 0
    let queue = queue(journal, keeper)
    while count <= limit {
      if stop.isRequested { return nil }
      guard let entry = try await queue.next() else { return true }
      guard ![.draining, .unconfirmed].contains(entry.state), entry.range.upper < startingID,
        try await isToBeMended(entry, keeper)
      else {
        continue
      }
      let left = limit - count
      count += try await keeper.read { try await OrphanSearch.orphanCount(in: entry.range, upTo: left, $0) }
    }
    return false
  }

  private func mend(
    _ entry: JournalRange, _ removesOrphans: Bool, _ journal: Journal, _ attempt: Attempt<RangeMender.Mending>,
    _ lane: Lane
  ) async throws -> RangeMender.Mending {
    let migration = try await journal.migration(lane.target)
    let original = try await lane.source.summary()
    // An original table that hands out its ids anew has other rows under them: the copies are all there is of the old ones.
    try migration.refuseEmptied(original, lane.source.side)
    let holds = removesDeleted && migration.fence?.holds(for: original) ?? false
    // Rows from the starting id on are native, and not ours.
    guard entry.range.upper < migration.startingID else { return RangeMender.Mending() }
    do {
      return try await RangeMender(
        journal: journal, environment: stop.environment, removesStrangers: holds, removesOrphans: removesOrphans
      ).mend(entry, attempt, lane)
    } catch let error as HistoryStoreError where error.kind == .duplicateID && attempt.value != nil {
      // The first try's commit, of which nobody heard, came through meanwhile.
      throw HistoryStoreError(.transient, side: error.side, error.message)
    } catch let error as HistoryStoreError where [.valueRejected, .rowTooLarge].contains(error.kind) {
      // One range that cannot be mended does not keep the others from it; comparing names it.
      return RangeMender.Mending()
    } catch MigrationError.digestMismatch, MigrationError.leaseLost {
      return RangeMender.Mending()
    }
  }
}

extension RangeMender.Mending {
  mutating func add(_ other: RangeMender.Mending) {
    added += other.added
    changed += other.changed
    removed += other.removed
    orphans += other.orphans
    kept.add(other.kept)
  }
}
