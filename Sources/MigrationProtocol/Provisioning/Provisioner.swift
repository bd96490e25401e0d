package import MigrationBase
internal import MigrationJournal
package import StudentModuleHistory

/// Makes the extended database, the extended table, the journal and the starting id; again and again without harm.
package struct Provisioner: Sendable {
  /// The gap between the original table's ids and the starting id that Open edX has always used
  /// (`STUDENTMODULEHISTORYEXTENDED_OFFSET`).
  package static let usualHeadroom: UInt64 = 10_000

  let lanes: any LaneProvider

  /// How many ids the original table may still grow by before writes move.
  let headroom: UInt64

  let runner: SchemaRunner

  /// Ends the waiting for a table in use, and for a server that went away.
  var stop: StopSignal { runner.stop }

  var environment: Environment { stop.environment }

  /// What is made is in this database.
  var schema: any SchemaChanges { lanes.schema(.extended) }

  /// - Parameter willWait: told why, where a table is in use and has to be waited for.
  package init(
    lanes: any LaneProvider, headroom: UInt64 = Provisioner.usualHeadroom, stop: StopSignal = StopSignal(),
    willWait: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.lanes = lanes
    self.headroom = headroom
    runner = SchemaRunner(stop: stop, willWait: willWait)
  }

  /// Finds out what is missing, without changing anything.
  ///
  /// - Parameter checkingPrivileges: whether a privilege that copying will need is an error now.
  /// - Throws: ``HistoryStoreError`` (a database that cannot be reached, a table that is not a history table, a missing privilege),
  ///   ``MigrationError/journalTooNew(version:by:)``.
  package func plan(checkingPrivileges: Bool = true) async throws -> Plan {
    try await retrying(stop) { try await looked(checkingPrivileges: checkingPrivileges) }
  }

  private func looked(checkingPrivileges: Bool) async throws -> Plan {
    try await lanes.refuseSameDatabase()
    // Of a server one answer is for both databases; of a file it comes first whether it is there.
    let comesFirst = schema.hasAccounts
    if checkingPrivileges, comesFirst { try await lanes.requirePrivileges(for: [.copy]) }
    let original = try await summary(of: lanes.source)
    if checkingPrivileges, !comesFirst { try await lanes.requirePrivileges(for: [.copy]) }
    let wanted = try wantedID(above: original)
    let inventory = try await schema.inventory()
    let present = try await self.present(inventory)
    if present.startingID == nil { try await refuseRecordOfOther() }
    // The counter is never lowered: one that is higher stays.
    let isHighEnough = present.nextID >= wanted
    let startingID = isHighEnough ? present.nextID : wanted
    let plan = Plan(
      steps: [
        databaseStep(inventory), tableStep(inventory),
        startingIDStep(inventory, original, present, startingID: startingID, isHighEnough: isHighEnough),
        journalStep(inventory, original, present, startingID: startingID, wanted: wanted),
      ], startingID: startingID, originalFirstFreeID: original.firstFreeID, needsDjango: try await needsDjango())
    if checkingPrivileges, plan.hasWork {
      // Where nothing is made, what is left changes a table or its counter.
      let isNew = plan.steps.contains { $0.changes.contains(where: \.isCreation) }
      try await lanes.requirePrivileges(for: [isNew ? .provision : .offset])
    }
    return plan
  }

  /// Refuses to begin a journal beside a record of drained rows: it would take their copies for rows that nobody knows.
  private func refuseRecordOfOther() async throws {
    try await withSession(lanes.source) { session in
      let record: DrainRecord?
      do {
        record = try await Journal().recorded(session)
      } catch let error as HistoryStoreError where error.kind == .notPermitted {
        // Whoever drains has to be able to read it, also where it does not exist yet.
        return
      }
      guard case .mismatch(let mismatch) = RecordStanding(nil, record) else { return }
      throw MigrationError.recordMismatch(mismatch, seen: Lane.seen(nil, record))
    }
  }

  private func needsDjango() async throws -> Bool {
    do {
      let recorded = try await schema.djangoMigrations(of: DjangoMigration.application)
      return recorded.map { DjangoMigration.isNeeded(recorded: $0) } ?? false
    } catch let error as HistoryStoreError where error.kind == .notPermitted {
      // The record cannot be read: a command too many does no harm, as Django then says that there is nothing to do.
      return true
    }
  }

  /// The starting id that the original table and the headroom ask for.
  func wantedID(above original: TableSummary) throws -> UInt64 {
    let (wanted, isTooLarge) = original.firstFreeID.addingReportingOverflow(headroom)
    guard !isTooLarge else {
      throw HistoryStoreError(
        .misconfigured, side: .extended, "a headroom of \(headroom) leads beyond 64-bit ids",
        remedy: Remedy(.shorterRunway))
    }
    return wanted
  }

  /// What the extended table and the journal say, if they exist.
  struct Present {
    /// The id that the extended table's next row gets.
    var nextID: UInt64 = 1

    /// The journal's starting id; nil without a migration.
    var startingID: UInt64?

    /// The smallest id from the journal's starting id on that has a row.
    var firstNativeID: UInt64?

    /// What there is of a journal that is too old.
    var old: Journal.Old?

    /// What tables of the journal lack that have no row of a migration.
    var lacking: [SchemaChange] = []

    /// What is to be written down where native rows begin at `startingID`, or at the first of them that stands: nothing where the journal
    /// says so already, or more than the `wanted` one. A run that was interrupted between the counter and the journal is made up for.
    func raise(to startingID: UInt64, wanted: UInt64) -> [SchemaChange] {
      let first = min(startingID, firstNativeID ?? .max)
      guard let known = self.startingID, known < first, known < wanted else { return [] }
      return [.raiseStartingID(to: first)]
    }
  }

  func present(_ inventory: StoreInventory) async throws -> Present {
    guard inventory.tableName != nil else { return Present() }
    return try await lanes.withLane(stop) { lane in
      var present = Present(nextID: try await lane.target.summary().nextID)
      let journal = Journal()
      guard Journal.tableNames.allSatisfy({ inventory.otherTables.contains($0) }) else {
        present.lacking = try await journal.lackingColumns(lane.target)
        return present
      }
      // None where provisioning was interrupted between the journal's tables and its first row.
      do {
        present.startingID = try await journal.migrationIfAny(lane.target)?.startingID
      } catch MigrationError.journalTooOld(let version) {
        present.startingID = try await lane.target.select([.startingID], JournalQuery(.migration)).first?[0]
          .unsignedValue
        present.old = try await journal.old(version: version, lane.target)
      }
      if let known = present.startingID {
        present.firstNativeID = try await lane.target.firstID(from: known)
      } else {
        present.lacking = try await journal.lackingColumns(lane.target)
      }
      return present
    }
  }

  private func step(
    _ title: String, _ changes: [SchemaChange], _ note: String, _ inventory: StoreInventory
  ) -> Step {
    Step(title: title, changes, note: note, in: schema, inventory)
  }

  private func databaseStep(_ inventory: StoreInventory) -> Step {
    step(
      "extended database", inventory.databaseExists ? [] : [.createDatabase],
      inventory.databaseExists ? "exists" : "created", inventory)
  }

  private func tableStep(_ inventory: StoreInventory) -> Step {
    step(
      "extended table \(inventory.historyTable)", inventory.tableName == nil ? [.createTable] : [],
      inventory.tableName == nil ? "created" : "exists", inventory)
  }

  func startingIDStep(
    _ inventory: StoreInventory, _ original: TableSummary,
    _ present: Present, startingID: UInt64, isHighEnough: Bool
  ) -> Step {
    step(
      "starting id", isHighEnough ? [] : [.raiseCounter(to: startingID)],
      isHighEnough
        ? "the next native row gets \(present.nextID), above everything the original table has handed out"
          + " (\(original.firstFreeID - 1)) and the headroom"
        : "raised from \(present.nextID) to \(startingID): the original table's next id \(original.firstFreeID) and a headroom"
          + " of \(headroom)", inventory)
  }

  private func journalStep(
    _ inventory: StoreInventory, _ original: TableSummary,
    _ present: Present, startingID: UInt64, wanted: UInt64
  ) -> Step {
    guard present.startingID != nil else {
      let beginning = JournalBeginning(
        identity: environment.word(), version: Journal.version, csmhVersion: csmhVersion,
        phase: Phase.provisioned.rawValue, originalTable: original.name, extendedTable: inventory.historyTable,
        startingID: startingID)
      return step(
        "journal", [.createJournal] + present.lacking + [.beginJournal(beginning)],
        "created: \(Journal.tableNames.joined(separator: ", "))", inventory)
    }
    return step(
      "journal", (present.old?.upgrade ?? []) + present.raise(to: startingID, wanted: wanted),
      present.old.map { "brought from version \($0.version) to \(Journal.version)" } ?? "exists", inventory)
  }

  /// Does what is missing.
  ///
  /// - Throws: as ``plan()``; and ``MigrationError/startingIDTooLow(next:needed:)`` if the server did not take the starting id.
  package func run() async throws -> Plan {
    let plan = try await self.plan()
    try await runner.make(plan.steps.flatMap(\.changes), schema)
    let token = environment.word()
    try await lanes.withLane(stop, hasBeenReached: true) { lane in
      let next = try await lane.target.summary().nextID
      let needed = try await lane.source.summary().firstFreeID - 1
      guard next > needed else { throw MigrationError.startingIDTooLow(next: next, needed: needed) }
      let journal = Journal()
      try await journal.noteCounters(lane, anew: plan.hasWork)
      if plan.hasWork {
        try await journal.record("provisioned", detail: plan.detail, token: token, lane.target)
      }
    }
    return plan
  }

  func summary(of store: any HistoryStore) async throws -> TableSummary {
    try await retrying(stop) { try await withSession(store) { try await $0.summary() } }
  }
}
