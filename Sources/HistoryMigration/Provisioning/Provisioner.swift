public import HistoryStores
internal import StudentModuleHistory

/// Makes the extended database, the extended table, the journal and the starting id; again and again without harm.
public struct Provisioner: Sendable {
  /// The gap between the original table's ids and the starting id that Open edX has always used
  /// (`STUDENTMODULEHISTORYEXTENDED_OFFSET`).
  public static let usualHeadroom: UInt64 = 10_000

  let pair: StorePair

  /// How many ids the original table may still grow by before writes move.
  let headroom: UInt64

  /// Ends the waiting for a server that went away.
  let stop: StopSignal

  var environment: Environment { stop.environment }

  public init(
    pair: StorePair, headroom: UInt64 = Provisioner.usualHeadroom, stop: StopSignal = StopSignal()
  ) {
    self.pair = pair
    self.headroom = headroom
    self.stop = stop
  }

  /// One thing that provisioning does.
  public struct Step: Sendable, Hashable {
    public let title: String

    /// The statements; empty if there is nothing to do.
    public let statements: [String]

    /// Why there is nothing to do, or what is going to be done.
    public let note: String
  }

  /// What would be done, and the starting id that would hold afterwards.
  public struct Plan: Sendable, Hashable {
    public let steps: [Step]
    public let startingID: UInt64
    public let originalFirstFreeID: UInt64

    /// Whether Django has to be told of the extended table; see ``DjangoMigration``.
    public var needsDjango = false

    /// Whether something is missing.
    public var hasWork: Bool { steps.contains { !$0.statements.isEmpty } }
  }

  /// Finds out what is missing, without changing anything.
  ///
  /// - Parameter checkingPrivileges: whether a privilege that copying will need is an error now.
  /// - Throws: ``HistoryStoreError`` (a database that cannot be reached, a table that is not a history table, a missing privilege),
  ///   ``MigrationError/journalTooNew(version:by:)``.
  public func plan(checkingPrivileges: Bool = true) async throws -> Plan {
    try await retrying(stop) { try await looked(checkingPrivileges: checkingPrivileges) }
  }

  private func looked(checkingPrivileges: Bool) async throws -> Plan {
    try await pair.refuseSameDatabase()
    // Of a server one answer is for both databases; of a file it comes first whether it is there.
    let isServer = pair.extended.dialect == .mySQL
    if checkingPrivileges, isServer { try await pair.requirePrivileges(for: [.copy]) }
    let original = try await summary(of: pair.original)
    if checkingPrivileges, !isServer { try await pair.requirePrivileges(for: [.copy]) }
    let store = pair.extended
    let wanted = try wantedID(above: original)
    let inventory = try await store.inventory()
    let present = try await self.present(inventory)
    // The counter is never lowered: one that is higher stays.
    let isHighEnough = present.nextID >= wanted
    let startingID = isHighEnough ? present.nextID : wanted
    let plan = Plan(
      steps: [
        databaseStep(inventory), tableStep(inventory),
        startingIDStep(inventory, original, present, startingID: startingID, isHighEnough: isHighEnough),
        journalStep(inventory, original, present, startingID: startingID, isHighEnough: isHighEnough),
      ], startingID: startingID, originalFirstFreeID: original.firstFreeID, needsDjango: try await needsDjango())
    if checkingPrivileges, plan.hasWork {
      // Where nothing is made, what is left changes a table or its counter.
      let isNew = plan.steps.contains { $0.statements.contains { $0.hasPrefix("CREATE ") } }
      try await pair.requirePrivileges(for: [isNew ? .provision : .offset])
    }
    return plan
  }

  /// SQLite files are for trials, and csmh's own.
  private func needsDjango() async throws -> Bool {
    guard pair.extended.dialect == .mySQL else { return false }
    do {
      return DjangoMigration.isNeeded(
        recorded: try await pair.extended.djangoMigrations(of: DjangoMigration.application))
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
  func present(
    _ inventory: StoreInventory
  ) async throws -> (nextID: UInt64, hasMigration: Bool, old: Journal.Old?) {
    guard inventory.tableName != nil else { return (1, false, nil) }
    return try await pair.withLane(stop) { lane in
      var hasMigration = false
      var old: Journal.Old?
      if Journal.tableNames.allSatisfy({ inventory.otherTables.contains($0) }) {
        // None where provisioning was interrupted between the journal's tables and its first row.
        do {
          hasMigration = try await Journal().migrationIfAny(lane.target) != nil
        } catch MigrationError.journalTooOld(let version) {
          hasMigration = true
          old = try await Journal().old(version: version, lane.target)
        }
      }
      return (try await lane.target.summary().nextID, hasMigration, old)
    }
  }

  private func databaseStep(_ inventory: StoreInventory) -> Step {
    let sql = pair.extended.createDatabaseSQL
    return Step(
      title: "extended database", statements: inventory.databaseExists || sql.isEmpty ? [] : [sql],
      note: inventory.databaseExists ? "exists" : "created")
  }

  private func tableStep(_ inventory: StoreInventory) -> Step {
    Step(
      title: "extended table \(name(in: inventory))",
      statements: inventory.tableName == nil ? [pair.extended.createTableSQL] : [],
      note: inventory.tableName == nil ? "created" : "exists")
  }

  func startingIDStep(
    _ inventory: StoreInventory, _ original: TableSummary,
    _ present: (nextID: UInt64, hasMigration: Bool, old: Journal.Old?),
    startingID: UInt64, isHighEnough: Bool
  ) -> Step {
    Step(
      title: "starting id",
      statements: isHighEnough ? [] : [pair.extended.raiseCounterSQL(of: name(in: inventory), to: startingID)],
      note: isHighEnough
        ? "the next native row gets \(present.nextID), above everything the original table has handed out"
          + " (\(original.firstFreeID - 1)) and the headroom"
        : "raised from \(present.nextID) to \(startingID): the original table's next id \(original.firstFreeID) and a headroom"
          + " of \(headroom)")
  }

  private func journalStep(
    _ inventory: StoreInventory, _ original: TableSummary,
    _ present: (nextID: UInt64, hasMigration: Bool, old: Journal.Old?),
    startingID: UInt64, isHighEnough: Bool
  ) -> Step {
    let store = pair.extended
    guard present.hasMigration else {
      let row = store.migrationRowSQL(
        identity: environment.word(), version: Journal.version, by: csmhVersion, phase: Phase.provisioned.rawValue,
        originalTable: original.name,
        extendedTable: name(in: inventory), startingID: startingID)
      return Step(
        title: "journal", statements: store.journalSchemaSQL + [row],
        note: "created: \(Journal.tableNames.joined(separator: ", "))")
    }
    let upgrade = present.old.map { store.journalUpgradeSQL(to: Journal.version, with: $0.columns) } ?? []
    return Step(
      title: "journal",
      statements: upgrade + (isHighEnough ? [] : [store.raiseStartingIDSQL(to: startingID)]),
      note: present.old.map { "brought from version \($0.version) to \(Journal.version)" } ?? "exists")
  }

  func name(in inventory: StoreInventory) -> String {
    inventory.tableName ?? HistorySide.extended.tableNames[0]
  }

  /// Does what is missing.
  ///
  /// - Throws: as ``plan()``; and ``MigrationError/startingIDTooLow(next:needed:)`` if the server did not take the starting id.
  public func run() async throws -> Plan {
    let plan = try await self.plan()
    // What is done of a plan is no part of the next one.
    var next: Plan? = plan
    try await retrying(stop, hasBeenReached: true) {
      let wanted = if let next { next } else { try await self.plan() }
      next = nil
      try await pair.extended.provision(wanted.steps.flatMap(\.statements))
    }
    let token = environment.word()
    try await pair.withLane(stop, hasBeenReached: true) { lane in
      let next = try await lane.target.summary().nextID
      let needed = try await lane.source.summary().firstFreeID - 1
      guard next > needed else { throw MigrationError.startingIDTooLow(next: next, needed: needed) }
      let journal = Journal()
      try await journal.noteCounters(lane, anew: plan.hasWork)
      if plan.hasWork {
        try await journal.record(
          "provisioned",
          detail: plan.steps.filter { !$0.statements.isEmpty }.map { "\($0.title): \($0.note)" }
            .joined(separator: "; "), token: token, lane.target)
      }
    }
    return plan
  }

  func summary(of store: any HistoryStore) async throws -> TableSummary {
    try await retrying(stop) { try await withSession(store) { try await $0.summary() } }
  }
}

/// Runs `body` and closes the lane whatever happens.
func withClosing<Value>(
  _ lane: Lane, _ body: (Lane) async throws -> Value
) async throws -> Value {
  do {
    let value = try await body(lane)
    await lane.close()
    return value
  } catch {
    await lane.close()
    throw error
  }
}
