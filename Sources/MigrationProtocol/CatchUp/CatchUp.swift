package import MigrationBase
package import MigrationJournal
package import StudentModuleHistory

/// The pass back over the original table: takes the fence, copies what came since, finds what was added, changed or deleted in ranges
/// that were copied before, and brings their copies to the truth of the original; again until nothing is left.
///
/// Nothing is looked for by `id > last`: every range is compared, so that rows with low ids that were committed late are found too.
package struct CatchUp: Sendable {
  /// What one pass found and mended.
  package struct Pass: Sendable, Hashable {
    /// Rows above the former bound, or of ranges that were open.
    package var copiedRows: UInt64
    /// Rows inside copied ranges.
    package var addedRows: Int
    package var changedRows: Int
    package var removedRows: Int

    /// Of these, rows that went unasked, as learners' student modules were deleted.
    package var orphanRows = 0

    /// How many ranges were compared.
    package var rangeCount: UInt64
  }

  /// How it ended.
  package struct Outcome: Sendable {
    package var fence: FenceRecord?
    package var passes: [Pass]
    package var copy: CopyOutcome
    package var verification: VerificationOutcome?

    /// Whether the fence still holds: nobody wrote to the original table meanwhile.
    package var fenceHolds: Bool

    /// Rows that only the target has and that were left in the last pass.
    package var kept = KeptCopies()

    /// Whether everything at or below the fence is equal on both sides, and nothing came after it.
    package var isComplete: Bool {
      fenceHolds && verification?.isEqual == true && verification?.rowsBeyond == 0
    }

    /// The verdict.
    package var sentence: String {
      guard let verification else { return copy.stopped.first?.reason ?? "not everything is copied" }
      guard verification.isEqual, verification.rowsBeyond == 0 else {
        return verification.sentence
          + (kept.sentence(in: verification.target).map { ". Rows without an original were kept: \($0)" } ?? "")
          + (verification.rowsBeyond > 0
            ? ", but the \(verification.target.other) table has \(verification.rowsBeyond) newer rows" : "")
      }
      return fenceHolds
        ? verification.sentence
        : "\(verification.sentence), but a process still writes to the \(verification.target.other) table: its counter has moved behind the fence"
    }
  }

  /// The steps, as they are told to whoever watches.
  package enum Step: String, Sendable {
    case fence
    case copy
    case compare
    case mend
  }

  let lanes: any LaneProvider
  let options: CopyOptions
  let stop: StopSignal
  let journal: Journal
  let pacer: RowPacer

  /// Whether all copies whose original was deleted are removed. Default: only those whose student module was deleted too, as the LMS would have
  /// (``OrphanSearch``); others are left, and named, as somebody has deleted their originals by hand.
  let removesDeleted: Bool

  /// How many passes are made before its verdict is that rows differ.
  package static let passLimit = 10

  package init(
    lanes: any LaneProvider, options: CopyOptions = CopyOptions(), removesDeleted: Bool = false, stop: StopSignal
  ) {
    self.init(lanes: lanes, options: options, removesDeleted: removesDeleted, stop: stop, pacer: RowPacer(options))
  }

  /// - Parameter pacer: shared by what one process does, one after the other.
  init(lanes: any LaneProvider, options: CopyOptions, removesDeleted: Bool = false, stop: StopSignal, pacer: RowPacer) {
    self.pacer = pacer
    self.removesDeleted = removesDeleted
    self.lanes = AgreeingLanes(lanes, stop)
    self.options = options
    self.stop = stop
    journal = Journal()
  }

  /// Runs the passes.
  ///
  /// - Parameter willBegin: called before each step, with the number of the pass from 1 on, and the meter that shows its progress.
  /// - Throws: ``MigrationError``, among them `fenceNotTaken`; `HistoryStoreError`.
  package func run(willBegin: (Step, Int, ProgressMeter) async -> Void) async throws -> Outcome {
    // Before hours of copying, at the end of which the fence is refused. On the way back that was looked at before it began.
    if lanes.direction == .there {
      try await retrying(stop) { try await lanes.requirePrivileges(for: [.fence]) }
    }
    try await lanes.withLane(stop) { lane in
      try await journal.migration(lane.target).refuseEmptied(lane.source.summary(), lane.source.side)
    }
    var passes: [Pass] = []
    if removesDeleted {
      // A copy whose original is gone, as an earlier comparison may have found, stops the copying of its range, and is removed only
      // behind a fence.
      await willBegin(.fence, 1, ProgressMeter(phase: Step.fence.rawValue))
      _ = try await takeFence()
    }
    // Ranges that an earlier comparison found to differ: copying them anew would stop at every changed row.
    var mended = try await mend(1, willBegin)
    // The bulk, if it is not copied yet, before the fence, which is to be fresh.
    let bulkMeter = ProgressMeter(phase: Step.copy.rawValue)
    await willBegin(.copy, 1, bulkMeter)
    let bulk = try await stop.followed {
      try await Copier(lanes: lanes, options: options, stop: $0, meter: bulkMeter, pacer: pacer, mends: true).run()
    }
    var copy = bulk
    // What all passes together copied, for whoever reads the outcome.
    var whole = bulk
    guard copy.end == .finished, !stop.isRequested else {
      return Outcome(fence: nil, passes: [], copy: copy, verification: nil, fenceHolds: false)
    }
    await willBegin(.fence, 1, ProgressMeter(phase: Step.fence.rawValue))
    let fence = try await takeFence()
    var verification: VerificationOutcome?
    var kept = KeptCopies()
    repeat {
      let number = passes.count + 1
      let copyMeter = ProgressMeter(phase: Step.copy.rawValue)
      await willBegin(.copy, number, copyMeter)
      copy = try await stop.followed {
        try await Copier(lanes: lanes, options: options, stop: $0, meter: copyMeter, pacer: pacer, mends: true).run()
      }
      whole = copy.following(whole)
      guard copy.end == .finished, !stop.isRequested else { break }
      if lanes.direction == .back {
        // What the LMS has deleted while it was brought back.
        guard try await settle() else { break }
        mended.add(try await mend(number, willBegin))
      }
      let meter = ProgressMeter(phase: Migration.Step.verify.rawValue)
      await willBegin(.compare, number, meter)
      // Everything once; then what was mended or copied since.
      let scope: Verifier.Scope = number == 1 ? .all : .neverCompared
      let outcome = try await Verifier(lanes: lanes, scope: scope, stop: stop, meter: meter).run()
      verification = outcome
      guard !outcome.isInterrupted else { break }
      kept = mended.kept
      if outcome.differingRangeCount > 0 {
        let more = try await mend(number, willBegin)
        kept = more.kept
        mended.add(more)
      }
      passes.append(
        Pass(
          copiedRows: copy.rowCount + (passes.isEmpty ? bulk.rowCount : 0), addedRows: mended.added,
          changedRows: mended.changed, removedRows: mended.removed, orphanRows: mended.orphans,
          rangeCount: outcome.rangeCount))
      if outcome.isEqual, outcome.rowsBeyond == 0 { break }
      // Nothing could be mended: looking again changes nothing.
      if mended.count == 0, outcome.rowsBeyond == 0 { break }
      mended = RangeMender.Mending()
    } while passes.count < Self.passLimit && !stop.isRequested
    let token = stop.environment.word()
    return try await lanes.withLane(stop, hasBeenReached: true) { lane in
      let original = try await lane.source.summary()
      let holds = fence?.holds(for: original) ?? false
      let outcome = Outcome(
        fence: fence, passes: passes, copy: whole, verification: verification, fenceHolds: holds, kept: kept)
      try await journal.record(
        "catch-up", detail: "\(passes.count) passes: \(outcome.sentence)", token: token, lane.target)
      return outcome
    }
  }

  /// Takes the fence, and waits for open transactions no longer than for anything else.
  private func takeFence() async throws -> FenceRecord? {
    try await Fence(lanes: lanes, stop: stop, patience: min(Fence.usualPatience, stop.retryBudget)).take()
  }

  /// Waits until every deletion that was in hand in the target has ended: from here on the LMS sees, and deletes, what is there. Writers
  /// queue behind each try for a moment, as behind the fence.
  ///
  /// - Returns: false if it was told to stop.
  private func settle() async throws -> Bool {
    let attempts = LockAttempts(stop: stop, patience: min(Fence.usualPatience, stop.retryBudget))
    return try await lanes.withLane(stop, hasBeenReached: true) { lane in
      try await attempts.perform(lane.target) {
        try await lane.target.withTableLocked(.read, lockWait: attempts.lockWait) { true }
      } ?? false
    }
  }

  /// Mends every range that was copied once and differs.
  private func mend(
    _ pass: Int, _ willBegin: (Step, Int, ProgressMeter) async -> Void
  ) async throws -> RangeMender.Mending {
    try await Mending(lanes: lanes, stop: stop, removesDeleted: removesDeleted, pacer: pacer).run {
      await willBegin(.mend, pass, $0)
    }
  }
}
