package import MigrationBase
internal import MigrationJournal
package import StudentModuleHistory

/// Compares every copied range, mends those that differ, compares them again, and gives one outcome.
///
/// Only ranges that were copied once are mended; what was never copied is left to a copy. Native rows are never touched. The proof and the
/// transaction of each range are those of the pass back (``CatchUp``), but no fence is taken: what the LMS writes meanwhile may differ
/// again.
package struct Repair: Sendable {
  /// The steps, as they are told to whoever watches.
  package enum Step: String, Sendable {
    case compare
    case mend
    case compareAgain = "compare again"
  }

  /// How it ended.
  package struct Outcome: Sendable {
    /// What the first comparison found.
    package var first: VerificationOutcome

    /// What was mended, by rows.
    package var addedRows = 0
    package var changedRows = 0
    package var removedRows = 0

    /// Of these, rows that went unasked, as learners' student modules were deleted.
    package var orphanRows = 0

    /// The comparison of what was mended; nil if there was nothing to mend, or it was stopped before.
    package var second: VerificationOutcome?

    /// Copies whose original is gone and that were left, and why; nil if there were none.
    package var keptRows = 0
    package var keptBecause: String?

    /// It was asked to stop before all was done.
    package var isInterrupted = false

    /// Both comparisons as one: everything, as it is now.
    package var now: VerificationOutcome {
      // The second one tells how everything stands; what was compared is what the first one was about.
      var now = second ?? first
      now.isInterrupted = isInterrupted
      guard let second else { return now }
      now.scope = first.scope
      now.beganAt = first.beganAt
      now.resumption = first.resumption
      now.sample = first.sample
      now.rangeCount = first.rangeCount
      now.rowCount = first.rowCount
      now.digest = first.digest
      now.duration = first.duration + second.duration
      return now
    }

    /// Whether everything is equal now.
    package var isEqual: Bool { now.isEqual }

    /// The verdict.
    package var sentence: String {
      if first.isInterrupted { return first.sentence }
      guard let second else {
        return isInterrupted ? "stopped before anything was compared again" : "nothing to mend: \(first.sentence)"
      }
      let found = "\(first.differingRowCount) rows in \(first.differingRangeCount) ranges differed"
      let mended = "\(addedRows) added, \(changedRows) changed, \(removedRows) removed"
      if isInterrupted { return "\(found); \(mended); stopped before all of it was compared again" }
      let left =
        second.differingRangeCount > 0
        ? "\(second.differingRowCount) rows in \(second.differingRangeCount) ranges differ still" : now.sentence
      return "\(found); \(mended); \(left)"
    }
  }

  let lanes: any LaneProvider
  let workerCount: Int
  let removesDeleted: Bool
  let scope: Verifier.Scope
  let stop: StopSignal

  /// - Parameters:
  ///   - scope: what is compared at first. Default: everything; it goes on with an interrupted comparison where it can.
  ///   - workerCount: how many ranges are compared at the same time. Default: 2.
  ///   - removesDeleted: whether all copies whose original was deleted are removed, behind a fence that holds. Default: they are left, and
  ///     named.
  package init(
    lanes: any LaneProvider, scope: Verifier.Scope = .resumable(anew: false), workerCount: Int = 2,
    removesDeleted: Bool = false, stop: StopSignal
  ) {
    self.lanes = AgreeingLanes(lanes, stop)
    self.workerCount = workerCount
    self.removesDeleted = removesDeleted
    self.scope = scope
    self.stop = stop
  }

  /// Repairs.
  ///
  /// - Parameters:
  ///   - didBegin: called with where the first comparison begins.
  ///   - willBegin: called before each step, with the meter that shows its progress.
  /// - Throws: ``MigrationError``, among them `originalEmptied`; `HistoryStoreError`.
  package func run(
    didBegin: (VerificationBeginning) -> Void = { _ in }, willBegin: (Step, ProgressMeter) async -> Void
  ) async throws -> Outcome {
    let journal = Journal()
    try await lanes.withLane(stop) { lane in
      try await journal.migration(lane.target).refuseEmptied(lane.source.summary(), lane.source.side)
    }
    let meter = ProgressMeter(phase: Migration.Step.verify.rawValue)
    await willBegin(.compare, meter)
    let first = try await Verifier(
      lanes: lanes, scope: scope, workerCount: workerCount, stop: stop, meter: meter
    ).run(didBegin: didBegin)
    var outcome = Outcome(first: first)
    outcome.isInterrupted = stop.isRequested
    guard !stop.isRequested else { return outcome }
    var hasMended = false
    let mending = try await Mending(lanes: lanes, stop: stop, removesDeleted: removesDeleted).run {
      hasMended = true
      await willBegin(.mend, $0)
    }
    outcome.isInterrupted = stop.isRequested
    // What is open now was never copied.
    guard hasMended else { return outcome }
    (outcome.addedRows, outcome.changedRows, outcome.removedRows) = (mending.added, mending.changed, mending.removed)
    if !stop.isRequested {
      try await lanes.withLane(stop, hasBeenReached: true) { try await journal.settleCopied($0.target) }
      let meter = ProgressMeter(phase: Migration.Step.verify.rawValue)
      await willBegin(.compareAgain, meter)
      outcome.second = try await Verifier(
        lanes: lanes, scope: .notComparedSince(first.beganAt), workerCount: workerCount, stop: stop, meter: meter
      ).run()
      outcome.isInterrupted = stop.isRequested
    }
    outcome.keptRows = mending.kept.count
    outcome.orphanRows = mending.orphans
    let token = stop.environment.word()
    return try await lanes.withLane(stop, hasBeenReached: true) { lane in
      if removesDeleted, mending.kept.count > 0 {
        let fence = try await journal.migration(lane.target).fence
        outcome.keptBecause = reason(fence, try await lane.source.summary())
      } else {
        outcome.keptBecause = mending.kept.sentence(in: lane.target.side)
      }
      try await journal.record("repaired", detail: outcome.sentence, token: token, lane.target)
      return outcome
    }
  }

  private func reason(_ fence: FenceRecord?, _ original: TableSummary) -> String {
    guard let fence else {
      return "there is no fence; csmh catch-up --remove-deleted takes one, once writes have moved"
    }
    guard fence.holds(for: original) else {
      return
        "the fence does not hold, as the original table was written to since; csmh catch-up --remove-deleted takes it anew"
    }
    return "the LMS wrote them itself, or the original table has no row left of their range"
  }
}
