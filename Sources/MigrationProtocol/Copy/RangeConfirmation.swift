internal import MigrationBase
internal import MigrationJournal
internal import StudentModuleHistory

/// Decides about a range that is ``JournalRange/State/unconfirmed``: its rows are committed, but nobody has heard from the source since
/// that it held its locks until then. Its server may have ended them, and then somebody may have changed or deleted rows meanwhile.
///
/// It is compared under new locks. Where both sides are equal it is copied; where they are not it is mended, or it differs. May be done
/// twice, and by whoever finds it.
struct RangeConfirmation {
  let journal: Journal
  let stop: StopSignal

  /// - Returns: the range if it differs and could not be mended; nil where nothing is left to be done about it.
  /// - Throws: `HistoryStoreError`, ``StoppedError``.
  func settle(_ rangeID: UInt64, _ lane: Lane) async throws -> JournalRange? {
    var hasMended = false
    while true {
      guard let entry = try await journal.range(rangeID, lane.target) else { return nil }
      if entry.state == .unconfirmed {
        try await confirm(entry, lane)
      } else if entry.state == .differs, !hasMended {
        hasMended = true
        try await mend(entry, lane)
      } else {
        return entry.state == .differs ? entry : nil
      }
    }
  }

  /// Makes an unconfirmed range `copied` or `differs`, unless somebody else has changed it.
  private func confirm(_ entry: JournalRange, _ lane: Lane) async throws {
    var sides: (source: RangeDigest, target: RangeDigest) = (.empty, .empty)
    // The LMS deletes from both tables, one after the other: a comparison may fall in between.
    for attempt in 0..<5 {
      if attempt > 0 { guard try await stop.sleep(for: .milliseconds(100 << attempt)) else { break } }
      sides = try await compare(entry.range, lane)
      guard sides.source == sides.target else { continue }
      try await journal.confirm(entry, digest: sides.source, lane.target)
      return
    }
    if stop.isRequested { throw StoppedError(reason: "the ids \(entry.range) are not confirmed") }
    try await journal.markDiffering(
      entry,
      error: "the locks were lost while it was copied, and it differs: the \(lane.source.side.rawValue) table has"
        + " \(sides.source), the \(lane.target.side.rawValue) one \(sides.target)", token: stop.environment.word(),
      lane.target)
  }

  /// Both digests while the source's rows are locked. That they were locked until the other one was read is what the source answers last.
  private func compare(_ range: IDRange, _ lane: Lane) async throws -> (source: RangeDigest, target: RangeDigest) {
    guard !lane.hasOneTransaction else { return try await lane.digests(of: range) }
    do {
      try await lane.source.begin()
      let wanted = try await lane.source.digest(of: range, locking: true, measuring: false).digest
      let stored = try await lane.target.digest(of: range, locking: false, measuring: false).digest
      try await lane.source.commit()
      return (wanted, stored)
    } catch {
      await lane.source.rollback()
      throw error
    }
  }

  private func mend(_ entry: JournalRange, _ lane: Lane) async throws {
    // On the way back a row that was just removed from the target, because its student module was deleted, is not brought back.
    let mender = RangeMender(
      journal: journal, environment: stop.environment, removesStrangers: false,
      removesOrphans: lane.direction == .back)
    let migration = try await journal.migration(lane.target)
    // As before any mending: an original table that hands out its ids anew has other rows under them, and native rows are not ours.
    try await migration.refuseEmptied(lane.source.summary(), lane.source.side)
    guard entry.range.upper < migration.startingID else { return }
    do {
      _ = try await mender.mend(entry, Attempt(stop.environment), lane)
    } catch MigrationError.digestMismatch, MigrationError.leaseLost {
      // It differs still, or somebody else has it.
    } catch let error as HistoryStoreError where [.valueRejected, .rowTooLarge].contains(error.kind) {
      // What cannot be mended is named by whoever compares.
    }
  }
}
