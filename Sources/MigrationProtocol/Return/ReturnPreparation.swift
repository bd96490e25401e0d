package import MigrationBase
internal import MigrationJournal
package import StudentModuleHistory

/// Makes the original table ready to take everything back: ids that fit, a counter above all ids that come, and a journal of the way
/// back in the original database.
///
/// The way back is a migration on lanes of the other direction. Rows keep their ids. That collides with nothing, as native rows have ids
/// that the original table never handed out.
package struct ReturnPreparation: Sendable {
  /// The lanes of the way back: from the extended to the original table, with the journal of the way back beside it.
  let lanes: any LaneProvider

  /// How many ids the extended table may still use before the LMS writes to the original table again.
  let headroom: UInt64

  /// Whether the original table's ids may be widened to 64 bits, which rebuilds it and keeps writers out meanwhile.
  let widens: Bool

  let runner: SchemaRunner

  /// Ends the waiting for a table in use, and for a server that went away.
  var stop: StopSignal { runner.stop }

  /// What is made is in this database.
  var schema: any SchemaChanges { lanes.schema(.original) }

  /// - Parameters:
  ///   - lanes: of the installation, in either direction.
  ///   - willWait: told why, where a table is in use and has to be waited for.
  package init(
    lanes: any LaneProvider, headroom: UInt64 = Provisioner.usualHeadroom, widens: Bool = false,
    stop: StopSignal = StopSignal(), willWait: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.lanes = AgreeingLanes(lanes, stop).lanes(.back)
    self.headroom = headroom
    self.widens = widens
    runner = SchemaRunner(stop: stop, willWait: willWait)
  }

  /// Finds out what is missing, without changing anything.
  ///
  /// - Throws: ``MigrationError/returnRefused(reason:remedy:)``, ``MigrationError/notProvisioned``, `HistoryStoreError`.
  package func plan() async throws -> Provisioner.Plan {
    try await retrying(stop) { try await steps().plan }
  }

  /// Does what is missing.
  ///
  /// - Throws: as ``plan()``; ``MigrationError/idsTooNarrow(needed:sql:)`` where ids would have to be widened and may not be.
  package func run() async throws -> Provisioner.Plan {
    var steps = try await retrying(stop) { try await self.steps() }
    let plan = steps.plan
    try await retrying(stop, hasBeenReached: true) { try await lanes.requirePrivileges(for: [.bringBack]) }
    if !widens, let sql = steps.widening.statements.first {
      throw MigrationError.idsTooNarrow(needed: plan.startingID, sql: sql)
    }
    let widening = steps.widening.changes
    try await runner.make(widening, schema)
    // That may have taken an hour, in which somebody else may have begun.
    if !widening.isEmpty { steps = try await retrying(stop, hasBeenReached: true) { try await self.steps() } }
    // With the journal the way back has begun. Before the counter: rows that the LMS writes above it are then known to be its own.
    try await runner.make(steps.journal.changes, schema)
    try await runner.make(steps.counter.changes, schema)
    let (token, begins, note) = (stop.environment.word(), steps.begins, steps.journal.note)
    try await lanes.withLane(stop, hasBeenReached: true) { lane in
      let next = try await lane.target.summary().nextID
      let needed = try await lane.source.summary().firstFreeID - 1
      guard next > needed else { throw MigrationError.startingIDTooLow(next: next, needed: needed) }
      if plan.hasWork {
        try await Journal().record("provisioned", detail: plan.detail, token: token, lane.target)
      }
      // Also where a run died between the journal and this.
      if begins {
        try await Journal().record(Journal.returnBegunKind, detail: note, token: token, lane.source)
      }
    }
    return plan
  }

  /// Writes into the first journal that the original table has its rows again: what was drained is not any more.
  package func conclude() async throws {
    let token = stop.environment.word()
    try await lanes.withLane(stop, hasBeenReached: true) { lane in
      let journal = Journal()
      try await journal.takeBackBoth(original: lane.target, extended: lane.source)
      try await journal.record(
        Journal.returnedKind, detail: "the original table has every row again", token: token, lane.source)
    }
  }

  func refuse(_ situation: Situation) throws(MigrationError) {
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
}
