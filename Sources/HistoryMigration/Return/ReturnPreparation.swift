public import HistoryStores
public import StudentModuleHistory

/// Makes the original table ready to take everything back: ids that fit, a counter above all ids that come, and a journal of the way
/// back in the original database.
///
/// The way back is a migration on lanes of the other direction: `pair.lanes(.back)`. Rows keep their ids. That collides with
/// nothing, as native rows have ids that the original table never handed out.
public struct ReturnPreparation: Sendable {
  let pair: StorePair

  /// How many ids the extended table may still use before the LMS writes to the original table again.
  let headroom: UInt64

  /// Whether the original table's ids may be widened to 64 bits, which rebuilds it and keeps writers out meanwhile.
  let widens: Bool

  let environment: Environment

  public init(
    pair: StorePair, headroom: UInt64 = Provisioner.usualHeadroom, widens: Bool = false,
    environment: Environment = .process
  ) {
    self.environment = environment
    self.pair = pair.goingBack
    self.headroom = headroom
    self.widens = widens
  }

  /// What both databases say now.
  fileprivate struct Situation: Sendable {
    var migration: MigrationRecord
    var totals: JournalTotals
    var original: TableSummary
    var extended: TableSummary
    var rowsBeyond: UInt64
    var isProven: Bool

    /// The smallest id above what was copied: that of the first native row; nil without any.
    var firstNativeID: UInt64?

    /// When the way back was begun, by the extended database's clock, which also tells when ranges were drained.
    var backBegunAt: String?

    /// Whether native rows may have the ids of original ones; and whether they are all in ranges that were copied.
    var hasLowNativeRows: Bool
    var hasOnlyReusedRows: Bool

    /// The journal of the way back, the smallest id that it covers, and its version if that is too old; nil where there is none.
    var back: (record: MigrationRecord?, firstID: UInt64?, old: Journal.Old?)?

    var isDrained: Bool { totals.drainedRangeCount > 0 }

    /// Whether the migration there had ended: then every original row stands in the extended table, and all can be compared.
    var isMigrated: Bool {
      migration.isFrontierEmpty && totals.openRangeCount == 0 && migration.upperBound != nil && rowsBeyond == 0
    }

    /// The smallest id that has to come back. Before the migration there has ended, the original table keeps its rows, of which the
    /// extended one lacks some; then only native rows come back.
    var firstID: UInt64 { isDrained || isMigrated ? 0 : min(firstNativeID ?? .max, migration.startingID) }

    /// Whether a way back was begun, by this csmh or an older one.
    var isBackBegun: Bool { back.map { $0.record != nil || $0.old != nil } ?? false }

    /// Whether the journal of an earlier way back is of no use: since then rows were drained that it calls returned.
    var isBackStale: Bool {
      guard isBackBegun, let back else { return false }
      if let drainedAt = totals.lastDrainedAt, backBegunAt ?? "" < drainedAt { return true }
      return isDrained && (back.firstID ?? 0) > 0
    }
  }

  /// Finds out what is missing, without changing anything.
  ///
  /// - Throws: ``MigrationError/returnRefused(reason:remedy:)``, ``MigrationError/notProvisioned``, `HistoryStoreError`.
  public func plan() async throws -> Provisioner.Plan {
    try await retrying(StopSignal(environment)) { try await steps().plan }
  }

  /// What is to be done to the original database, in this order.
  private struct Steps {
    let widening: Provisioner.Step
    let journal: Provisioner.Step
    let counter: Provisioner.Step
    let startingID: UInt64
    let extendedFirstFreeID: UInt64

    var plan: Provisioner.Plan {
      Provisioner.Plan(
        steps: [widening, counter, journal], startingID: startingID, originalFirstFreeID: extendedFirstFreeID)
    }
  }

  private func steps() async throws -> Steps {
    let situation = try await self.situation()
    try refuse(situation)
    let (wanted, isTooLarge) = situation.extended.firstFreeID.addingReportingOverflow(headroom)
    guard !isTooLarge, wanted <= UInt64(Int64.max) else {
      throw MigrationError.returnRefused(
        reason:
          "the native rows' ids reach up to \(situation.extended.firstFreeID), which no table of Open edX's can go on from",
        remedy: Remedy(.smallerHeadroomOption))
    }
    let isHighEnough = situation.original.nextID >= wanted
    let startingID = isHighEnough ? situation.original.nextID : wanted
    return Steps(
      widening: widening(situation, wanted), journal: journal(situation, startingID: startingID),
      counter: counter(situation, wanted, isHighEnough: isHighEnough), startingID: startingID,
      extendedFirstFreeID: situation.extended.firstFreeID)
  }

  /// Does what is missing.
  ///
  /// - Parameter stop: ends the waiting for a lock.
  /// - Throws: as ``plan()``; ``MigrationError/idsTooNarrow(needed:sql:)`` where ids would have to be widened and may not be.
  public func run(stop: StopSignal) async throws -> Provisioner.Plan {
    let steps = try await retrying(stop) { try await self.steps() }
    // What is done of a plan is no part of the next one.
    var next: Steps? = steps
    try await retrying(stop, hasBeenReached: true) {
      let steps = if let next { next } else { try await self.steps() }
      next = nil
      try await pair.requirePrivileges(for: [.bringBack])
      if !widens, let sql = steps.widening.statements.first {
        throw MigrationError.idsTooNarrow(needed: steps.plan.startingID, sql: sql)
      }
      let target = pair.original
      try await target.provision(steps.widening.statements)
      if let raise = steps.counter.statements.first {
        try await CounterRaise(stop: stop).run { try await target.provision([raise], lockWait: CounterRaise.lockWait) }
      }
      // Last: with it the way back has begun.
      try await target.provision(steps.journal.statements)
    }
    let plan = steps.plan
    let token = environment.word()
    try await pair.withLane(stop, hasBeenReached: true) { lane in
      let next = try await lane.source.summary().nextID
      let needed = try await lane.target.summary().firstFreeID - 1
      guard next > needed else { throw MigrationError.startingIDTooLow(next: next, needed: needed) }
      if plan.hasWork {
        try await Journal().record(
          "provisioned",
          detail: plan.steps.filter { !$0.statements.isEmpty }.map { "\($0.title): \($0.note)" }.joined(
            separator: "; "), token: token, lane.source)
      }
      if !steps.journal.statements.isEmpty {
        try await Journal().record(
          Journal.returnBegunKind, detail: steps.journal.note, token: token, lane.target)
      }
    }
    return plan
  }

  /// Writes into the first journal that the original table has its rows again: what was drained is not any more.
  public func conclude() async throws {
    let token = environment.word()
    try await pair.withLane(StopSignal(environment), hasBeenReached: true) { lane in
      let journal = Journal()
      try await journal.undrain(lane.target)
      try await journal.record(
        Journal.returnedKind, detail: "the original table has every row again", token: token, lane.target)
    }
  }

  private func refuse(_ situation: Situation) throws(MigrationError) {
    // Once it has begun, what came back lies above the bound of the way there.
    let isBegun = situation.isBackBegun && !situation.isBackStale
    if situation.isDrained, !isBegun {
      guard situation.isProven, situation.rowsBeyond == 0 else {
        throw .returnRefused(
          reason: situation.rowsBeyond > 0
            ? "the original table has \(situation.rowsBeyond) rows that the extended one does not have yet"
            : "some ranges were not compared equal",
          remedy: Remedy(.catchUp))
      }
    }
    // A table that was truncated or made anew has lost its rows, and what it numbers now collides with the copies.
    if !situation.isDrained, !isBegun { try situation.migration.refuseEmptied(situation.original, .original) }
    guard isBegun || !situation.hasLowNativeRows else {
      throw .returnRefused(
        reason: "the extended table has native rows among the ids of original ones",
        remedy: situation.hasOnlyReusedRows ? Remedy(.moveReused).thenAgain : Remedy(.rekeyThenReturn))
    }
  }

  private func situation() async throws -> Situation {
    let report = try await StartingIDReport(lanes: pair, environment: environment)
    let low = report.lowNativeRowCount
    let inventory = try await pair.original.inventory()
    return try await withClosing(try await pair.openLane()) { lane in
      let journal = Journal()
      let migration = try await journal.migration(lane.target)
      let bound = migration.upperBound ?? 0
      let isDrained = try await journal.totals(lane.target).drainedRangeCount > 0
      let firstNativeID = try await lane.target.firstID(from: bound + 1)
      let original = try await lane.source.summary()
      return Situation(
        migration: migration, totals: try await journal.totals(lane.target),
        original: original, extended: try await lane.target.summary(),
        rowsBeyond: try await lane.source.rowCount(RowSelection(from: bound + 1)),
        isProven: try await journal.isProven(since: nil, lane.target),
        firstNativeID: firstNativeID,
        backBegunAt: try await journal.latest([Journal.returnBegunKind], lane.target)?.happenedAt,
        // Where the original table was drained, its rows are no measure of what is native.
        hasLowNativeRows: !isDrained && (low > 0 || firstNativeID ?? .max <= original.ids?.upper ?? 0),
        hasOnlyReusedRows: report.hasOnlyReusedRows,
        back: try await back(inventory, lane))
    }
  }

  private func back(
    _ inventory: StoreInventory, _ lane: Lane
  ) async throws -> (record: MigrationRecord?, firstID: UInt64?, old: Journal.Old?)? {
    guard Journal.tableNames.allSatisfy({ inventory.otherTables.contains($0) }) else { return nil }
    let journal = Journal()
    do {
      let record = try await journal.migrationIfAny(lane.source)
      let first = try await journal.ranges(from: 0, limit: 1, lane.source).first?.range.lower
      return (record, first, nil)
    } catch MigrationError.journalTooOld(let version) {
      // In all versions.
      let first = try await lane.source.select([.lowerID], JournalQuery(.range, order: .lowerID, limit: 1)).first?[0]
        .unsignedValue
      return (nil, first, try await journal.old(version: version, lane.source))
    }
  }

  private func widening(_ situation: Situation, _ wanted: UInt64) -> Provisioner.Step {
    let table = situation.tableName(.original)
    let fits = situation.original.largestPossibleID >= wanted
    return Provisioner.Step(
      title: "ids of the original table",
      statements: fits ? [] : [pair.original.widenIDsSQL(of: table)],
      note: fits
        ? "hold up to \(situation.original.largestPossibleID)"
        : "widened to 64 bits, as they hold \(situation.original.largestPossibleID) and \(wanted) is needed: the table is rebuilt"
    )
  }

  private func counter(_ situation: Situation, _ wanted: UInt64, isHighEnough: Bool) -> Provisioner.Step {
    Provisioner.Step(
      title: "counter of the original table",
      statements: isHighEnough
        ? [] : [pair.original.raiseCounterSQL(of: situation.tableName(.original), to: wanted)],
      note: isHighEnough
        ? "its next row gets \(situation.original.nextID), above every native row and the headroom"
        : "raised from \(situation.original.nextID) to \(wanted): the extended table's next id"
          + " \(situation.extended.firstFreeID) and a headroom of \(headroom)")
  }

  private func journal(_ situation: Situation, startingID: UInt64) -> Provisioner.Step {
    let store = pair.original
    let row = store.migrationRowSQL(
      identity: environment.word(), version: Journal.version, by: csmhVersion, phase: Phase.provisioned.rawValue,
      originalTable: situation.extended.name,
      extendedTable: situation.original.name, startingID: startingID)
    let first = store.firstIDSQL(situation.firstID)
    guard let back = situation.back else {
      return Provisioner.Step(
        title: "journal of the way back", statements: store.journalSchemaSQL + [row] + first,
        note: "created in the original database, for ids from \(situation.firstID) on")
    }
    guard !situation.isBackStale, back.record != nil || back.old != nil else {
      return Provisioner.Step(
        title: "journal of the way back", statements: store.journalResetSQL + [row] + first,
        note: "begun anew, for ids from \(situation.firstID) on")
    }
    let upgrade = back.old.map { store.journalUpgradeSQL(to: Journal.version, with: $0.columns) } ?? []
    let raise = store.raiseStartingIDSQL(to: startingID)
    let isCurrent = back.record.map { $0.startingID >= startingID } ?? false
    return Provisioner.Step(
      title: "journal of the way back", statements: upgrade + (isCurrent ? [] : [raise]),
      note: back.old.map { "brought from version \($0.version) to \(Journal.version)" } ?? "exists")
  }
}

extension ReturnPreparation.Situation {
  /// The name without its database.
  fileprivate func tableName(_ side: HistorySide) -> String {
    let name = side == .original ? original.name : extended.name
    return name.split(whereSeparator: { $0 == "." || $0 == ":" }).last.map { String($0) } ?? name
  }
}

extension Journal {
  /// Lets drained ranges count as copied again, and their rows as they were when they were drained.
  fileprivate func undrain(_ session: any HistorySession) async throws {
    try await session.update(
      .range,
      set: [
        .state(.copied), JournalChange(.rowCount, .column(.drainedCount)),
        JournalChange(.digest, .column(.drainedDigest)), JournalChange(.drainedCount, .null),
        JournalChange(.drainedDigest, .null), JournalChange(.drainedAt, .null), JournalChange(.verifiedAt, .null),
        .nextAttempt,
      ], where: [.isIn(.draining, .drained)])
    try await move(from: [.drained, .verified], to: .copied, session)
  }
}
