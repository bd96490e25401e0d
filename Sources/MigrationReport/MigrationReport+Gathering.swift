package import HistoryStores
internal import MigrationBase
internal import MigrationJournal
internal import MigrationProtocol
package import StudentModuleHistory

extension MigrationReport {
  /// Reads the journal and looks at both tables.
  ///
  /// Once everything is drained the original table is not needed any more: if it or its server is gone, it is left out.
  ///
  /// - Parameters:
  ///   - isComplete: whether rows beyond the bound and native rows are counted, which reads an index of them, and everything is
  ///     gathered that a report is filed for. Without, what `status` shows.
  ///   - flags: the flags of the LMS configuration, where they are known.
  /// - Throws: ``MigrationError/notProvisioned``, ``HistoryStoreError``.
  package init(pair: StorePair, isComplete: Bool, flags: HistoryFlags? = nil) async throws {
    let lane: Lane
    do {
      lane = try await pair.openLane()
    } catch let error as HistoryStoreError where error.kind == .unreachable || error.isAbsence {
      guard let report = try await Self.withoutOriginal(pair, isComplete: isComplete, flags) else { throw error }
      self = report
      return
    }
    self = try await withClosing(lane) { lane in
      var report = try await Gathering(pair, original: lane.source, lane.target, isComplete, flags).report()
      report.route = lane.route.rawValue
      return report
    }
  }

  /// The report of a migration that is drained; nil if it is not.
  private static func withoutOriginal(
    _ pair: StorePair, isComplete: Bool, _ flags: HistoryFlags?
  ) async throws -> MigrationReport? {
    try await withSession(pair.extended) { session in
      guard try await Journal().migration(session).phase == .drained else { return nil }
      return try await Gathering(pair, original: nil, session, isComplete, flags).report()
    }
  }
}

/// What a report is made of, and the making.
private struct Gathering {
  let pair: StorePair
  let original: (any HistorySession)?
  let extended: any HistorySession
  let isComplete: Bool
  let flags: HistoryFlags?
  let journal: Journal

  init(
    _ pair: StorePair, original: (any HistorySession)?, _ extended: any HistorySession, _ isComplete: Bool,
    _ flags: HistoryFlags?
  ) {
    self.pair = pair
    self.original = original
    self.extended = extended
    self.isComplete = isComplete
    self.flags = flags
    journal = Journal()
  }

  func report() async throws -> MigrationReport {
    let migration = try await journal.migration(extended)
    let totals = try await journal.totals(extended)
    let originalSummary = try await original?.summary()
    let extendedSummary = try await extended.summary()
    let runs = CopyRun.runs(of: try await journal.events(.runs, extended).list)
    let survey = try await RangeSurvey(journal, extended, runs: runs, isComplete: isComplete)
    var report = MigrationReport(
      csmhVersion: MigrationBase.csmhVersion, identity: migration.identity, phase: migration.phase.rawValue,
      provisionedAt: migration.createdAt,
      original: originalSummary.map { MigrationReport.Table(pair.original.location, $0) },
      extended: MigrationReport.Table(pair.extended.location, extendedSummary),
      startingID: migration.startingID, nextNativeID: extendedSummary.nextID, upperBound: migration.upperBound,
      copied: try await copied(migration, totals, originalSummary, survey), openRanges: totals.openRangeCount,
      ranges: Dictionary(uniqueKeysWithValues: totals.rangeCount.map { ($0.key.rawValue, $0.value) }),
      verifiedRanges: totals.verifiedRangeCount, idsWithoutRange: migration.idsLeft,
      problems: try await problems(), events: try await journal.events(extended, limit: 20).map { .init($0) },
      nextSteps: [])
    report.fence = migration.fence.map { fence in
      MigrationReport.Fence(
        id: fence.largestID, nextID: fence.nextID, takenAt: fence.takenAt,
        holds: originalSummary.map { fence.holds(for: $0) })
    }
    report.drained = try await drained(totals, originalSummary)
    let deletedRows = try await journal.deletedRowCount(extended)
    report.deletedRows = deletedRows > 0 ? deletedRows : nil
    report.wayBack = try await journal.wayBack(from: extended, to: original, drainedAt: totals.lastDrainedAt)
    report.lastRecheck = try await journal.latestEvent("rechecked", extended).map { .init($0) }
    if isComplete { try await complete(&report, migration, survey, runs) }
    report.nextSteps = nextSteps(migration, totals, originalSummary, report)
    return report
  }

  private func copied(
    _ migration: MigrationRecord, _ totals: JournalTotals, _ original: TableSummary?, _ survey: RangeSurvey
  ) async throws -> MigrationReport.Copied {
    let seconds = survey.busy.total > 0 ? survey.busy.total : nil
    let recent = try await journal.recentRowsPerSecond(extended)
    let isDone = migration.isFrontierEmpty && totals.openRangeCount == 0
    let left =
      isDone
      ? 0
      : totals.estimatedRowsLeft(migration)
        ?? (original?.estimatedRowCount ?? 0).subtractingDownToZero(totals.rowCount)
    let ids = migration.upperBound.map { Double($0) + 1 } ?? 0
    return MigrationReport.Copied(
      rows: totals.rowCount, bytes: totals.byteCount, adoptedRows: totals.adoptedRowCount,
      ranges: totals.copiedRangeCount, attempts: totals.attemptCount,
      firstAt: survey.busy.intervals.first.map { JournalTime.exactText($0.lowerBound) },
      lastAt: survey.busy.intervals.last.map { JournalTime.exactText($0.upperBound) }, seconds: seconds,
      rowsPerSecond: seconds.map { Double(totals.rowCount) / $0 },
      recentRowsPerSecond: recent, shareCopied: ids > 0 ? Double(totals.idsCovered) / ids : 0, rowsLeft: left,
      etaSeconds: isDone ? 0 : recent.map { Double(left) / $0 },
      etaUnknownBecause: isDone || recent != nil ? nil : "no range was copied in the last minute",
      digest: survey.digest.description)
  }

  /// What is gone; a range that is being drained may have lost no row yet.
  private func drained(_ totals: JournalTotals, _ summary: TableSummary?) async throws -> MigrationReport.Drained? {
    var rows = totals.drainedRowCount
    if totals.drainingRowCount > 0 {
      rows += summary.map { $0.ids == nil } ?? true ? totals.drainingRowCount : try await rowsGone()
    }
    let done = totals.rangeCount[.drained] ?? 0
    guard rows > 0 || done > 0 else { return nil }
    return MigrationReport.Drained(
      rows: rows, ranges: totals.drainedRangeCount,
      share: totals.rowCount > 0 ? min(1, Double(rows) / Double(totals.rowCount)) : 1,
      rangesInHand: totals.rangeCount[.draining] ?? 0, lastAt: totals.lastDrainedAt)
  }

  /// How many rows are gone of the ranges that are being drained: usually of one.
  private func rowsGone() async throws -> UInt64 {
    guard let original else { return 0 }
    var gone: UInt64 = 0
    for entry in try await journal.ranges(from: 0, limit: 20, states: [.draining], extended) {
      let left = try await original.rowCount(RowSelection(in: entry.range))
      gone += (entry.drainedDigest?.rowCount ?? 0).subtractingDownToZero(left)
    }
    return gone
  }

  private func problems() async throws -> [MigrationReport.Problem] {
    try await journal.ranges(from: 0, limit: 50, states: [.stopped, .differs], extended).map {
      MigrationReport.Problem(
        lowerID: $0.range.lower, upperID: $0.range.upper, state: $0.state.rawValue, reason: $0.lastError ?? "unknown")
    }
  }

  /// Adds what only a complete report has.
  private func complete(
    _ report: inout MigrationReport, _ migration: MigrationRecord, _ survey: RangeSurvey, _ runs: [CopyRun]
  ) async throws {
    report.originalRowsBeyond = try await original?.rowCount(
      RowSelection(from: migration.upperBound.map { $0 + 1 }))
    report.nativeRows = try await extended.rowCount(RowSelection(from: migration.startingID))
    // Which server it is matters less than the report.
    if original != nil { report.original?.server = try? await pair.original.surroundings().server }
    report.extended.server = try? await pair.extended.surroundings().server
    report.manifest = MigrationReport.Manifest(
      sha256: survey.manifest.hexadecimal, ranges: survey.manifest.lineCount, command: pair.manifestCommand)
    report.proofs = MigrationReport.Proofs(
      verifications: try await list(.verifications), rechecks: try await list(.rechecks),
      milestones: try await list(.milestones))
    let repairs = try await journal.events(.repairs, extended)
    report.repairs = repairs.list.map { .init($0) }
    report.repairCount = repairs.count
    report.runs = runs.map {
      MigrationReport.Run(
        startedAt: $0.startedAt, endedAt: $0.endedAt, end: $0.end, holder: $0.holder, detail: $0.detail)
    }
    report.pauses = CopyPause.pauses(of: runs, busy: survey.busy).map {
      MigrationReport.Pause(
        from: JournalTime.text($0.time.lowerBound), to: JournalTime.text($0.time.upperBound), seconds: $0.time.length,
        reason: $0.reason)
    }
    report.speed = survey.buckets.map { MigrationReport.Speed($0, survey.busy) }
  }

  private func list(_ group: EventGroup) async throws -> [MigrationReport.Event] {
    try await journal.events(group, extended).list.map { .init($0) }
  }

  private func nextSteps(
    _ migration: MigrationRecord, _ totals: JournalTotals, _ original: TableSummary?, _ report: MigrationReport
  ) -> [String] {
    var steps = NextSteps(phase: migration.phase)
    steps.problemRangeCount = (totals.rangeCount[.stopped] ?? 0) + (totals.rangeCount[.differs] ?? 0)
    steps.hasRowsBeyond = original?.ids.map { $0.upper > migration.upperBound ?? 0 } ?? false
    steps.rowsBeyond = report.originalRowsBeyond
    steps.isFenced = report.fence?.holds ?? false
    steps.flags = flags
    steps.wayBack = report.wayBack
    return steps.sentences
  }
}

extension MigrationReport.Table {
  fileprivate init(_ location: String, _ summary: TableSummary) {
    self.init(
      location: location, name: summary.name, generation: summary.generation, estimatedRows: summary.estimatedRowCount,
      estimatedBytes: summary.estimatedByteCount, smallestID: summary.ids?.lower, largestID: summary.ids?.upper)
  }
}

extension MigrationReport.Event {
  fileprivate init(_ event: JournalEvent) {
    self.init(at: event.happenedAt, kind: event.kind, detail: event.detail)
  }
}

extension MigrationReport.Speed {
  init(_ buckets: RateBuckets, _ busy: BusyTime) {
    self.init(
      spanSeconds: buckets.width, totalSeconds: buckets.seconds,
      points: zip(buckets.buckets, buckets.rowsPerSecond).enumerated().map { index, bucket in
        Point(
          seconds: Double(index) * buckets.width, rows: bucket.0.rows, rowsPerSecond: bucket.1,
          meanRangeSeconds: bucket.0.meanSeconds,
          longestRangeSeconds: bucket.0.rangeCount > 0 ? bucket.0.longestSeconds : nil)
      },
      cutsAt: busy.pauses.map { busy.elapsed(at: $0.upperBound) })
  }
}
