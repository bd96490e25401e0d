internal import MigrationBase
internal import MigrationJournal
internal import StudentModuleHistory

/// Mends all ranges that the journal knows to differ and that were copied once.
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
    let keeper = ReconnectingLane(lanes: lanes, meter: meter, stop: stop)
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
    let queue = RangeQueue { lower, limit in
      try await keeper.read {
        try await journal.ranges(
          from: lower, limit: limit, states: [.differs, .stopped, .draining, .unconfirmed], $0.target)
      }
    }
    while !stop.isRequested, let entry = try await queue.next() {
      guard entry.digest != nil, entry.state != .draining || entry.lastError != nil else { continue }
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
        try await mend(entry, journal, attempt, $0)
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

  private func mend(
    _ entry: JournalRange, _ journal: Journal, _ attempt: Attempt<RangeMender.Mending>, _ lane: Lane
  ) async throws -> RangeMender.Mending {
    let migration = try await journal.migration(lane.target)
    let original = try await lane.source.summary()
    // An original table that hands out its ids anew has other rows under them: the copies are all there is of the old ones.
    try migration.refuseEmptied(original, lane.source.side)
    let holds = removesDeleted && migration.fence?.holds(for: original) ?? false
    // Rows from the starting id on are native, and not ours.
    guard entry.range.upper < migration.startingID else { return RangeMender.Mending() }
    do {
      return try await RangeMender(journal: journal, environment: stop.environment, removesStrangers: holds).mend(
        entry, attempt, lane)
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
    kept += other.kept
  }
}
