package import MigrationBase
internal import MigrationJournal
package import StudentModuleHistory

/// Brings the journal and the original database's record to agree again, after one of the two databases went back in time.
///
/// No row is changed. What either side knows to have been drained is being drained from then on, so that nothing takes its copies for
/// deleted or for native rows; `csmh drain` goes on with what is left of it. A journal that is gone, or in which ranges have other bounds,
/// is built anew from the record, under the same identity. May be interrupted: until both sides agree, the next run begins anew.
package struct Reconciliation: Sendable {
  private let lanes: any LaneProvider
  private let stop: StopSignal
  private let journal = Journal()

  package init(lanes: any LaneProvider, stop: StopSignal = StopSignal()) {
    self.lanes = lanes.lanes(.there)
    self.stop = stop
  }

  /// Finds out what contradicts itself, and what is to be done about it; changes nothing.
  package func plan() async throws -> ReconciliationPlan {
    try await lanes.withLane(stop) { try await plan($0) }
  }

  /// How journal and record contradict each other, for whoever only looks; nil where they do not.
  package func mismatch() async throws -> MigrationError? {
    try await lanes.withLane(stop) { lane in
      do {
        _ = try await lane.agreement(stop)
        return nil
      } catch let error as MigrationError {
        guard case .recordMismatch = error else { throw error }
        return error
      }
    }
  }

  /// Does what the plan says, worked out anew.
  ///
  /// - Throws: ``MigrationError/drainRefused(reason:remedy:)`` while another process drains; `HistoryStoreError`.
  package func run() async throws -> ReconciliationPlan {
    try await retrying(stop) { try await lanes.requirePrivileges(for: [.provision, .fence, .drain]) }
    let plan = try await plan()
    guard plan.mismatch != nil else { return plan }
    let runner = SchemaRunner(stop: stop)
    try await runner.make([.createRecord], lanes.schema(.original))
    try await runner.make(plan.changes, lanes.schema(.extended))
    let token = stop.environment.word()
    try await lanes.withLane(stop, hasBeenReached: true) { lane in
      guard try await lane.target.hold("csmh:drain:\(plan.identity.prefix(40))", wait: 5) else {
        throw MigrationError.drainRefused(
          reason: "another process is draining the original table", remedy: Remedy(.seeStatus))
      }
      if plan.isJournalNew {
        // An earlier try may have filled it.
        if try await lane.target.count(JournalQuery(.range)) == 0 {
          try await journal.fill(plan.ranges, number: plan.number, lane.target)
        }
      } else {
        try await journal.reconcile(plan.ranges, number: plan.number, lane.target)
      }
      try await journal.record(
        plan.ranges.filter { $0.state != .untouched }.map(\.recorded), number: plan.number,
        of: try await journal.migration(lane.target), lane.source)
      _ = try await lane.agreement(stop)
      try await journal.record("reconciled", detail: plan.sentence, token: token, lane.target)
    }
    return plan
  }

  // MARK: The plan

  private func plan(_ lane: Lane) async throws -> ReconciliationPlan {
    let (mismatch, seen): (RecordMismatch, String)
    do {
      _ = try await lane.agreement(stop)
      return ReconciliationPlan()
    } catch MigrationError.recordMismatch(let found, let text) {
      (mismatch, seen) = (found, text)
    }
    let known = try await journal.drainKnowledge(lane.target)
    let record = try await journal.recorded(lane.source)
    let recorded = record == nil ? [] : try await journal.recordedRanges(lane.source)
    let entries = known == nil ? [] : try await self.entries(lane.target)
    let isOwn = known != nil && (record == nil || known?.identity == record?.identity)
    let bounds = Dictionary(entries.map { ($0.range.lower, $0) }) { first, _ in first }
    func entry(_ range: IDRange) -> JournalRange? { bounds[range.lower].flatMap { $0.range == range ? $0 : nil } }

    var plan = ReconciliationPlan()
    plan.mismatch = mismatch
    plan.seen = seen
    plan.identity = record?.identity ?? known?.identity ?? ""
    plan.number = max(record?.number ?? 0, isOwn ? known?.number ?? 0 : 0) + 1
    plan.isJournalNew = !isOwn || recorded.contains { $0.isLive && entry($0.range) == nil }
    for range in recorded {
      let entry = entry(range.range)
      guard range.isLive || entry?.isLive ?? false else { continue }
      try await plan.add(decided(range.range, entry, range, isOwn: isOwn, lane))
    }
    let taken = plan.ranges.map(\.range)
    for entry in entries where entry.isLive {
      for piece in entry.range.without(taken) {
        try await plan.add(decided(piece, entry, nil, isOwn: isOwn, lane))
      }
    }
    plan.ranges.sort { $0.range < $1.range }
    if plan.isJournalNew { try await begin(&plan, lane) }
    return plan
  }

  private func entries(_ session: any HistorySession) async throws -> [JournalRange] {
    let journal = journal
    let queue = RangeQueue { try await journal.ranges(from: $0, limit: $1, session) }
    var entries: [JournalRange] = []
    while let entry = try await queue.next() { entries.append(entry) }
    return entries
  }

  /// What becomes of a range, and how many of its rows stand in neither table.
  private func decided(
    _ range: IDRange, _ entry: JournalRange?, _ record: RecordedRange?, isOwn: Bool, _ lane: Lane
  ) async throws -> (Journal.Reconciled, lost: UInt64) {
    let number = isOwn ? entry?.recordNumber ?? 0 : 0
    let sides = try await lane.digests(of: range)
    let state = ReconciledState(
      journal: entry.map { .init(isLive: $0.isLive, isDrained: $0.state == .drained, number: number) },
      record: record.map { .init(isLive: $0.isLive, number: $0.number) }, original: sides.source,
      extended: sides.target)
    let isRecordNewer = record.map { $0.isLive && ($0.number > number || !(entry?.isLive ?? false)) } ?? false
    // Of a part of a range nobody knows what it held.
    let own = entry.flatMap { $0.range == range ? $0.manifest : nil }
    let expected = (isRecordNewer ? record?.digest : own) ?? record?.digest ?? sides.target
    var lost: UInt64 = 0
    if state == .draining || state == .drained, sides.target != expected {
      let present = try await presentCount(range, sides, lane)
      lost = expected.rowCount.subtractingDownToZero(present)
    }
    let reconciled = Journal.Reconciled(
      range: range, state: state, digest: state == .copied ? sides.source : expected,
      number: max(number, record?.number ?? 0),
      error: lost > 0 ? "\(lost) of the rows that were drained stand in neither table" : nil)
    return (reconciled, lost)
  }

  /// How many ids of a range have a row in either table.
  private func presentCount(
    _ range: IDRange, _ sides: (source: RangeDigest, target: RangeDigest), _ lane: Lane
  ) async throws -> UInt64 {
    guard sides.source.rowCount > 0 else { return sides.target.rowCount }
    let limit = 1_000_000
    let comparison = RowComparison(
      original: try await lane.source.rowHashes(in: range, limit: limit),
      extended: try await lane.target.rowHashes(in: range, limit: limit))
    return comparison.equalCount
      + UInt64(comparison.differing.count + comparison.missing.count + comparison.strangers.count)
  }

  /// How the journal is begun anew: under the record's identity, with a starting id above every original one.
  private func begin(_ plan: inout ReconciliationPlan, _ lane: Lane) async throws {
    let (original, extended) = (try await lane.source.summary(), try await lane.target.summary())
    let recorded = try await journal.recordedStartingID(lane.source) ?? 0
    let startingID = recorded >= original.firstFreeID ? recorded : max(extended.nextID, original.firstFreeID)
    var present: String?
    if Journal.tableNames.allSatisfy(try await Set(lanes.schema(.extended).inventory().otherTables).contains) {
      present = try await lane.target.select([.identity], JournalQuery(.migration)).first?[0].textValue
    }
    plan.changes =
      [.createJournal] + (try await journal.lackingColumns(lane.target))
      + [
        .emptyJournal(of: present),
        .beginJournal(
          JournalBeginning(
            identity: plan.identity, version: Journal.version, csmhVersion: csmhVersion,
            phase: Phase.provisioned.rawValue, originalTable: original.name, extendedTable: extended.name,
            startingID: startingID)),
      ] + (extended.nextID < startingID ? [.raiseCounter(to: startingID)] : [])
  }
}

extension JournalRange {
  /// Whether copies may be all there is of its rows.
  fileprivate var isLive: Bool { Self.State.drainedStates.contains(state) }
}

extension IDRange {
  /// What is left of it without other ranges, which are in order.
  fileprivate func without(_ others: [IDRange]) -> [IDRange] {
    var pieces: [IDRange] = []
    var next: UInt64? = lower
    for other in others.sorted() where other.upper >= lower && other.lower <= upper {
      if let from = next, other.lower > from { pieces.append(IDRange(from, other.lower - 1)) }
      next = other.upper >= upper ? nil : Swift.max(next ?? 0, other.upper + 1)
    }
    if let next, next <= upper { pieces.append(IDRange(next, upper)) }
    return pieces
  }
}
