package import MigrationBase
internal import MigrationJournal
package import StudentModuleHistory

/// Moves native rows that stand among the original ids above them, while the LMS writes.
///
/// First new rows are sent above the place where the moved ones will stand; then the native rows move up by one constant number, the
/// highest first, so that readers see them in the right order at every moment. Every transaction is short and proves by the rows' hashes
/// that it moved them as they were. It can be stopped at any instruction and goes on with the same numbers, which are in the journal.
package struct Rekeyer: Sendable {
  /// What it is doing, as it is told to whoever watches.
  package enum Step: Sendable, Hashable {
    /// Looking for native rows.
    case search
    /// Raising the counter, which waits for open transactions.
    case raise
    /// Waiting until requests that wrote a low id have ended.
    case settle(Duration)
    case move
    case prove
  }

  /// What was found, and what would be done.
  package struct Proposal: Sendable {
    /// The rows among the original ids.
    package let survey: RowSurvey

    /// Nil if no native row has to move.
    package let plan: RekeyPlan?
  }

  let lanes: any LaneProvider
  let options: RekeyOptions
  let stop: StopSignal
  let meter: ProgressMeter
  let journal: Journal

  package init(
    lanes: any LaneProvider, options: RekeyOptions = RekeyOptions(), stop: StopSignal, meter: ProgressMeter
  ) {
    self.lanes = AgreeingLanes(lanes, stop)
    self.options = options
    self.stop = stop
    self.meter = meter
    journal = Journal()
  }

  /// Runs `body` with a lane that holds the lock of re-keying, so that no other process moves rows at the same time.
  ///
  /// - Throws: ``MigrationError`` `notProvisioned`, `rekeyInHand`.
  func withLock<Value: Sendable>(_ body: (ReconnectingLane) async throws -> Value) async throws -> Value {
    let (journal, lock) = (journal, OperationLock("rekey"))
    let keeper = ReconnectingLane(lanes: lanes, meter: meter, stop: stop) { lane in
      // With SQLite every transaction looks again.
      try await lock.take(
        for: try await journal.migration(lane.target), lane.target, orElse: MigrationError.rekeyInHand)
    }
    do {
      let value = try await body(keeper)
      await keeper.close()
      return value
    } catch {
      await keeper.close()
      throw error
    }
  }

  func walk(_ keeper: ReconnectingLane, windowRowCount: Int? = nil) -> RowWalk {
    RowWalk(journal: journal, keeper: keeper, stop: stop, rowCount: windowRowCount)
  }

  /// Finds out what has to move; changes nothing.
  ///
  /// - Throws: ``MigrationError`` `notProvisioned`, `originalEmptied`, `rekeyInHand`, `rekeyRefused`; ``StoppedError``;
  ///   `HistoryStoreError`.
  package func proposal() async throws -> Proposal {
    try await withLock { try await proposal($0) }
  }

  func proposal(_ keeper: ReconnectingLane) async throws -> Proposal {
    let (original, extended, record, isOpen) = try await keeper.read { lane in
      let original = try await lane.source.summary()
      try await journal.migration(lane.target).refuseEmptied(original, .original)
      return (
        original, try await lane.target.summary(), try await journal.rekey(lane.target),
        try await journal.lastRekeyEvent(lane.target)?.event != .finished
      )
    }
    // Without an original row nothing can collide.
    guard original.ids != nil else { return Proposal(survey: RowSurvey(), plan: nil) }
    let end = original.firstFreeID
    let survey = try await walk(keeper).whole(below: end, shift: .none)
    if let record, survey.nativeIDs.map({ $0.upper < record.sourceEnd && $0.lower + record.shift >= end }) ?? isOpen,
      try await keeper.read({ try await canGoOn(record, extended, $0.target) })
    {
      let all =
        record.sourceEnd > end ? try await walk(keeper).whole(below: record.sourceEnd, shift: .none) : survey
      guard let ids = all.nativeIDs ?? (isOpen ? IDRange(record.lowest, record.lowest) : nil) else {
        return Proposal(survey: survey, plan: nil)
      }
      return Proposal(
        survey: survey,
        plan: RekeyPlan(
          record: record, rowCount: all.nativeCount, ids: ids, movesAll: all.nativeCount > survey.nativeCount,
          raisesCounter: extended.nextID < record.limit, isContinued: true))
    }
    guard let low = survey.nativeIDs else { return Proposal(survey: survey, plan: nil) }
    return Proposal(
      survey: survey,
      plan: try await newPlan(low, lowCount: survey.nativeCount, original, extended, keeper))
  }

  /// Whether the numbers of a re-key that was begun still hold: its counter was raised, or rows were moved already. If neither, the LMS
  /// may have used up the ids that were meant for them.
  private func canGoOn(
    _ record: RekeyRecord, _ extended: TableSummary, _ session: any HistorySession
  ) async throws -> Bool {
    if extended.nextID >= record.limit { return true }
    return try await session.hasRows(from: record.target.lower, through: record.target.upper)
  }

  private func newPlan(
    _ low: IDRange, lowCount: UInt64, _ original: TableSummary, _ extended: TableSummary, _ keeper: ReconnectingLane
  ) async throws -> RekeyPlan {
    let end = original.firstFreeID
    let (high, highCount) = try await keeper.read { lane -> (IDRange?, UInt64) in
      let upper = try await lane.target.ids(RowSelection(from: end, order: .descending, limit: 1)).first
      guard let lower = try await lane.target.firstID(from: end), let upper, lower <= upper else { return (nil, 0) }
      return (IDRange(lower, upper), try await lane.target.rowCount(RowSelection(in: IDRange(lower, upper))))
    }
    func plan(headroom: UInt64) -> RekeyPlan? {
      let (floor, overflows) = end.addingReportingOverflow(headroom)
      return overflows
        ? nil
        : RekeyPlan(
          low: low, lowCount: lowCount, high: high, highCount: highCount, floor: floor, nextID: extended.nextID,
          largestPossibleID: extended.largestPossibleID)
    }
    guard let plan = plan(headroom: options.headroom) else {
      throw MigrationError.rekeyRefused(
        "the ids of the extended table end at \(extended.largestPossibleID): there is no room for the native rows above"
          + " \(extended.nextID) and a headroom of \(options.headroom)",
        remedy: plan(headroom: 0) == nil ? nil : Remedy(.shorterRunway))
    }
    return plan
  }
}

/// How native rows are re-keyed.
package struct RekeyOptions: Sendable, Hashable {
  /// How many ids the original table may still use below the moved rows. Default: 10,000.
  package var headroom: UInt64

  /// For how long requests of the LMS may still change a row by its old id after the counter was raised. Default: a minute.
  package var settle: Duration

  /// The most rows a second that are moved, or nil for no limit.
  package var maximumRowsPerSecond: Double?

  package init(
    headroom: UInt64 = Provisioner.usualHeadroom, settle: Duration = .seconds(60), maximumRowsPerSecond: Double? = nil
  ) {
    self.headroom = headroom
    self.settle = settle
    self.maximumRowsPerSecond = maximumRowsPerSecond
  }
}
