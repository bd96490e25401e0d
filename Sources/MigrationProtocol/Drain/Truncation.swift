internal import MigrationBase
internal import MigrationJournal
internal import StudentModuleHistory

/// Empties the original table at once, under one lock that keeps everybody else out from before the first comparison until the table
/// is empty and its counter is where it was.
struct Truncation {
  let drain: Drain
  let keeper: ReconnectingLane

  private var journal: Journal { drain.journal }

  /// - Throws: ``MigrationError/drainRefused(reason:remedy:)``, ``MigrationError/fenceNotTaken(_:tries:holders:)``, `HistoryStoreError`.
  func run(_ tally: inout DrainTally) async throws {
    let attempts = LockAttempts(stop: drain.stop)
    let attempt = Attempt<UInt64>(drain.stop.environment)
    guard
      let (rowCount, duration) = try await keeper.read({ lane in
        try await withRecorder(lane) { recorder in
          try await attempts.perform(lane.source) {
            try await lane.source.withTableLocked(.write, lockWait: attempts.lockWait) {
              let start = drain.stop.environment.now()
              return (try await self.empty(lane, recorder, attempt), drain.stop.environment.now() - start)
            }
          }
        }
      })
    else { return }
    guard let rowCount else { return }
    tally.removed(rowCount, in: duration)
    try await keeper.read { lane in
      try await journal.recordDrained(nil, lane.source)
      try await journal.finishDrainingAll(lane.target)
    }
  }

  /// Writes the record while the lane's own session has locked the table: servers let it use no other one then. A file has one writer.
  private func withRecorder<Value: Sendable>(
    _ lane: Lane, _ body: (Recorder) async throws -> Value
  ) async throws -> Value {
    guard !lane.hasOneTransaction else { return try await body(Recorder(session: lane.source, isInTransaction: true)) }
    return try await withSession(drain.lanes.source) {
      try await body(Recorder(session: $0, isInTransaction: false))
    }
  }

  private struct Recorder: Sendable {
    let session: any HistorySession

    /// Whether what it writes is committed together with the truncation.
    let isInTransaction: Bool
  }

  /// Returns how many rows there were, also where an earlier try has emptied the table and nobody heard of it; nil if it was told to
  /// stop before the table was emptied.
  private func empty(_ lane: Lane, _ recorder: Recorder, _ attempt: Attempt<UInt64>) async throws -> UInt64? {
    let migration = try await journal.migration(lane.target)
    let original = try await lane.source.summary()
    // Without a bound the table had no row when it was copied.
    guard let fence = migration.fence, fence.holds(for: original),
      original.ids.map({ $0.upper <= migration.upperBound ?? 0 }) ?? true
    else {
      throw MigrationError.drainRefused(
        reason: "a process has written to the original table behind the fence",
        remedy: Remedy(.restartThenCatchUp))
    }
    guard let compared = try await compareAll(lane) else { return nil }
    try await drain.awaitFlush(lane.target)
    // A column that was added meanwhile would be lost in silence.
    try await lane.source.refuseChangedTable()
    try await lane.target.refuseChangedTable()
    // What earlier runs had begun stays begun if this one fails.
    // An earlier try may have begun, and not come to the record: this one goes on under its number.
    let number = (try await journal.recorded(recorder.session)?.number ?? 0) + 1
    try await journal.beginDrainingAll(
      except: compared.changed, number: number, token: drain.stop.environment.word(), lane.target)
    drain.stop.environment.reach(.beforeDrainRecord)
    try await journal.record(
      try await journal.drainedRanges(lane.target).filter { $0.number == number }, number: number, of: migration,
      isOwnTransaction: !recorder.isInTransaction, recorder.session)
    if compared.rowCount > 0 { attempt.willCommit(compared.rowCount) }
    do {
      drain.stop.environment.reach(.beforeTruncate)
      try await lane.source.truncate()
    } catch let error as HistoryStoreError
      where [.notPermitted, .limited, .transient, .misconfigured, .unforeseen, .other].contains(error.kind)
    {
      // Only where the server has said no: a lost connection may have emptied the table all the same. If this fails too, the ranges
      // stay as they are, and csmh drain goes on with them row by row.
      if !recorder.isInTransaction {
        try? await journal.takeBackBoth(begun: number, original: recorder.session, extended: lane.target)
      }
      throw error
    }
    drain.stop.environment.reach(.afterTruncate)
    try await lane.source.raiseCounter(to: max(fence.nextID, original.firstFreeID))
    return attempt.value ?? 0
  }

  /// What comparing every range has found.
  private struct Compared {
    var rowCount: UInt64 = 0
    /// Ranges that hold something else than when they were copied, as learners' states were deleted from both tables since.
    var changed: [(entry: JournalRange, digest: RangeDigest)] = []
  }

  private func compareAll(_ lane: Lane) async throws -> Compared? {
    var compared = Compared()
    let journal = journal
    let queue = RangeQueue { lower, limit in
      try await journal.ranges(from: lower, limit: limit, states: [.copied, .draining], lane.target)
    }
    while let entry = try await queue.next() {
      if drain.stop.isRequested { return nil }
      try Task.checkCancellation()
      guard let digest = try await compare(entry, lane) else { return nil }
      compared.rowCount += digest.rowCount
      if entry.state != .draining, digest != entry.digest {
        compared.changed.append((entry, digest))
      }
      drain.meter.finished(rows: digest.rowCount, bytes: 0)
    }
    let covered = compared.rowCount
    let present = try await lane.source.rowCount(RowSelection())
    guard covered == present else {
      throw MigrationError.drainRefused(
        reason: "\(present) rows stand in the original table, and \(covered) of them in ranges that were copied",
        remedy: Remedy(.catchUp))
    }
    return compared
  }

  /// - Returns: nil if it was told to stop.
  /// - Throws: ``MigrationError/drainRefused(reason:remedy:)`` if an original row has no equal copy.
  private func compare(_ entry: JournalRange, _ lane: Lane) async throws -> RangeDigest? {
    var sides: (source: RangeDigest, target: RangeDigest) = (.empty, .empty)
    for attempt in 0..<5 {
      // A deletion may have passed the original table just before it was locked, and come to the extended one now.
      guard try await drain.stop.sleep(for: .milliseconds(attempt > 0 ? 100 << attempt : 0)) else { return nil }
      sides = try await lane.digests(of: entry.range)
      if sides.source == sides.target { return sides.source }
      if entry.state == .draining, try await RangeDrainer.unproven(in: entry.range, lane).isEmpty {
        return sides.source
      }
    }
    let reason = "the original table has \(sides.source), the extended one \(sides.target)"
    if entry.state == .draining {
      try await journal.leaveDraining(entry, error: reason, lane.target)
    } else {
      try await journal.markDiffering(
        entry, error: reason, token: drain.stop.environment.word(), lane.target)
    }
    throw MigrationError.drainRefused(
      reason: "the ids \(entry.range) differ: \(reason)",
      remedy: Remedy(.verifyThenCatchUp))
  }
}
