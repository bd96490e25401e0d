internal import HistoryStores
internal import StudentModuleHistory

/// Mends all ranges that the journal knows to differ and that were copied once.
struct Mending {
  let pair: StorePair
  let stop: StopSignal

  /// See ``CatchUp/removesDeleted``.
  let removesDeleted: Bool

  /// - Parameter willBegin: called with a meter if there is anything to mend.
  func run(willBegin: (ProgressMeter) async -> Void) async throws -> RangeMender.Mending {
    let journal = Journal(dialect: pair.extended.dialect)
    let meter = ProgressMeter(phase: "mend")
    let keeper = ReconnectingLane(pair: pair, budget: .seconds(300), meter: meter)
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
    var lower: UInt64? = 0
    var hasBegun = false
    while let from = lower, !stop.isRequested {
      let page = try await keeper.perform {
        try await journal.ranges(from: from, limit: 200, states: [.differs, .stopped, .draining], $0.extended)
      }
      lower = page.count == 200 ? page.last.map { $0.range.upper + 1 } : nil
      for entry in page
      where entry.digest != nil && (entry.state != .draining || entry.lastError != nil) && !stop.isRequested {
        if !hasBegun { await willBegin(meter) }
        hasBegun = true
        let mending = try await keeper.perform { lane in
          let migration = try await journal.migration(lane.extended)
          let original = try await lane.original.summary()
          // An original table that hands out its ids anew has other rows under them: the copies are all there is of the old ones.
          try migration.refuseEmptied(original)
          let holds = removesDeleted && migration.fence?.holds(for: original) ?? false
          // Rows from the starting id on are native, and not ours.
          guard entry.range.upper < migration.startingID else { return RangeMender.Mending() }
          do {
            return try await RangeMender(journal: journal, removesStrangers: holds).mend(entry, lane)
          } catch let error as HistoryStoreError where [.valueRejected, .rowTooLarge].contains(error.kind) {
            // One range that cannot be mended does not keep the others from it; comparing names it.
            return RangeMender.Mending()
          } catch MigrationError.digestMismatch, MigrationError.leaseLost {
            return RangeMender.Mending()
          }
        }
        total.add(mending)
        if mending.count > 0 {
          try await keeper.perform {
            try await journal.record(
              "mended",
              detail:
                "ids \(entry.range): \(mending.added) added, \(mending.changed) changed, \(mending.removed) removed",
              $0.extended)
          }
        }
        meter.finished(rows: UInt64(mending.count), bytes: 0)
      }
    }
    return total
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
