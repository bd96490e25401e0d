package import HistoryStores
package import MigrationBase
internal import MigrationJournal
internal import StudentModuleHistory
internal import Synchronization

/// Compares the extended table with the manifest: for every range that was copied, the number of its rows and their digest now with
/// those that the journal wrote down. The original table is not needed; it may be gone.
package struct Rechecker: Sendable {
  let pair: StorePair
  let withOriginal: Bool
  let acceptsDeleted: Bool
  let workerCount: Int
  let stop: StopSignal
  let meter: ProgressMeter
  let journal: Journal

  /// How many rows of a range are read to explain what does not match. Ranges are made of at most 50,000.
  private static let explainedRowCount = 200_000

  /// - Parameters:
  ///   - withOriginal: whether the original table is asked about ranges that do not match. Default: false.
  ///   - acceptsDeleted: whether ranges that are merely short count as equal. Default: false.
  ///   - workerCount: how many ranges are compared at the same time. Default: 2.
  package init(
    pair: StorePair, withOriginal: Bool = false, acceptsDeleted: Bool = false, workerCount: Int = 2,
    stop: StopSignal, meter: ProgressMeter
  ) {
    self.pair = pair
    self.withOriginal = withOriginal
    self.acceptsDeleted = acceptsDeleted
    self.workerCount = max(1, workerCount)
    self.stop = stop
    self.meter = meter
    journal = Journal()
  }

  /// Compares. Changes nothing but the journal's events, and not even these where the user may not write.
  ///
  /// - Throws: ``HistoryStoreError``, ``MigrationError``.
  package func run() async throws -> RecheckOutcome {
    let keeper = ReconnectingSession(pair.extended, meter: meter, stop: stop)
    do {
      let outcome = try await run(keeper)
      await keeper.close()
      return outcome
    } catch {
      await keeper.close()
      throw error
    }
  }

  private func run(_ keeper: ReconnectingSession) async throws -> RecheckOutcome {
    let start = stop.environment.now()
    let rowCount = try await keeper.read { session in
      _ = try await journal.migration(session)
      return try await journal.totals(session).rowCount
    }
    meter.set(rowsElsewhere: 0, rowsLeft: rowCount, isEstimate: false)
    let tally = RecheckTally()
    let queue = RangeQueue { lower, limit in
      try await keeper.read {
        try await journal.ranges(from: lower, limit: limit, states: JournalRange.State.copiedStates, $0)
      }
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<workerCount { group.addTask { try await work(queue, tally) } }
      try await group.waitForAll()
    }
    let isInterrupted = stop.isRequested
    return try await keeper.read { session in
      let migration = try await journal.migration(session)
      let totals = try await journal.totals(session)
      var outcome = RecheckOutcome(
        isInterrupted: isInterrupted, acceptsDeleted: acceptsDeleted, counts: tally.counts,
        findings: tally.findings, uncoveredRangeCount: totals.openRangeCount, uncoveredIDCount: migration.idsLeft,
        hasManifest: totals.copiedRangeCount > 0 || migration.phase.isVerified, upperBound: migration.upperBound,
        nativeRowCount: try await session.rowCount(RowSelection(from: migration.startingID)),
        duration: stop.environment.now() - start)
      do {
        try await journal.record("rechecked", detail: outcome.sentence, session)
      } catch let error as HistoryStoreError where error.kind != .connectionLost && error.kind != .cancelled {
        outcome.notRecordedBecause = error.message
      }
      return outcome
    }
  }

  private func work(_ queue: RangeQueue, _ tally: RecheckTally) async throws {
    let extended = ReconnectingSession(pair.extended, meter: meter, stop: stop)
    let original = ReconnectingSession(pair.original, meter: meter, stop: stop)
    do {
      while !stop.isRequested, let entry = try await queue.next() {
        try Task.checkCancellation()
        meter.worker(isActive: true)
        defer { meter.worker(isActive: false) }
        try await compare(entry, extended, original, tally)
      }
      await extended.close()
      await original.close()
    } catch {
      await extended.close()
      await original.close()
      throw error
    }
  }

  private func compare(
    _ entry: JournalRange, _ extended: ReconnectingSession, _ original: ReconnectingSession, _ tally: RecheckTally
  ) async throws {
    var entry = entry
    while let manifest = entry.manifest {
      let range = entry.range
      let (present, byteCount) = try await extended.read {
        try await $0.digest(of: range, locking: false, measuring: true)
      }
      var finding: RangeFinding?
      if present != manifest {
        // Another process may have mended the range meanwhile: then its manifest is another one.
        let again = try await extended.read { try await journal.ranges(from: range.lower, limit: 1, $0) }.first
        if let again, again.range.lower == range.lower, again.manifest != manifest {
          guard JournalRange.State.copiedStates.contains(again.state) else { return }
          entry = again
          continue
        }
        finding = try await explain(entry, manifest, present, extended, original)
      }
      tally.add(manifest: manifest, present: finding?.present ?? present, finding)
      meter.finished(rows: present.rowCount, bytes: byteCount)
      return
    }
  }

  private func explain(
    _ entry: JournalRange, _ manifest: RangeDigest, _ present: RangeDigest, _ extended: ReconnectingSession,
    _ original: ReconnectingSession
  ) async throws -> RangeFinding? {
    let (range, limit) = (entry.range, Self.explainedRowCount)
    let rows = try await extended.read { try await $0.rowHashes(in: range, limit: limit) }
    var evidence = RangeEvidence(range: range, manifest: manifest, extended: rows)
    if evidence.present.rowCount > manifest.rowCount, let copiedAt = entry.copiedAt {
      evidence.youngerIDs = try await extended.read {
        try await $0.ids(RowSelection(in: range, createdAfter: copiedAt, order: .ascending, limit: limit))
      }
    }
    if JournalRange.State.drainedStates.contains(entry.state) {
      evidence.original = .drained
    } else if withOriginal {
      evidence.original = .rows(try await original.read { try await $0.rowHashes(in: range, limit: limit) })
    }
    return evidence.finding.map {
      RangeFinding(
        range: range, state: entry.state, manifest: manifest, present: evidence.present, verdict: $0)
    }
  }
}

/// What the workers have found so far.
private final class RecheckTally: Sendable {
  private struct State {
    var counts = RecheckOutcome.Counts()
    var findings: [RangeFinding] = []
  }

  private let state = Mutex(State())

  var counts: RecheckOutcome.Counts { state.withLock { $0.counts } }

  var findings: [RangeFinding] { state.withLock { $0.findings.sorted { $0.range < $1.range } } }

  func add(manifest: RangeDigest, present: RangeDigest, _ finding: RangeFinding?) {
    state.withLock { state in
      state.counts.ranges += 1
      state.counts.manifestRows += manifest.rowCount
      state.counts.presentRows += present.rowCount
      state.counts.missingRows += manifest.rowCount.subtractingDownToZero(present.rowCount)
      state.counts.extraRows += present.rowCount.subtractingDownToZero(manifest.rowCount)
      guard let finding else { return }
      switch finding.verdict.kind {
      case .short: state.counts.short += 1
      case .extra: state.counts.extra += 1
      case .changed: state.counts.changed += 1
      }
      if state.findings.count < RecheckOutcome.listedFindingCount { state.findings.append(finding) }
    }
  }
}
