internal import Foundation
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

  public init(pair: StorePair, headroom: UInt64 = Provisioner.usualHeadroom) {
    self.pair = pair
    self.headroom = headroom
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

    /// Whether something is missing.
    public var hasWork: Bool { steps.contains { !$0.statements.isEmpty } }
  }

  /// Finds out what is missing, without changing anything.
  ///
  /// - Throws: ``HistoryStoreError`` (a database that cannot be reached, a table that is not a history table, a missing privilege),
  ///   ``MigrationError/journalTooNew(version:by:)``.
  public func plan() async throws -> Plan {
    try pair.refuseSameDatabase()
    let original = try await summary(of: pair.original)
    try await pair.provisionableOriginal.checkPrivileges()
    let store = pair.extended
    let inventory = try await store.inventory()
    try await store.checkPrivileges()
    let wanted = original.firstFreeID.addingReportingOverflow(headroom).partialValue
    var steps: [Step] = []
    let tableName = inventory.tableName ?? HistorySide.extended.tableNames[0]

    steps.append(
      Step(
        title: "extended database",
        statements: inventory.databaseExists || store.createDatabaseSQL.isEmpty ? [] : [store.createDatabaseSQL],
        note: inventory.databaseExists ? "exists" : "created"))
    var next: UInt64 = 1
    if inventory.tableName != nil {
      let lane = try await pair.openLane()
      next = try await withClosing(lane) { lane in
        let summary = try await lane.extended.summary()
        if Journal.tableNames.allSatisfy({ inventory.otherTables.contains($0) }) {
          do { _ = try await Journal(dialect: store.dialect).migration(lane.extended) } catch MigrationError
            .notProvisioned
          {}
        }
        return summary.nextID
      }
    }
    steps.append(
      Step(
        title: "extended table \(tableName)", statements: inventory.tableName == nil ? [store.createTableSQL] : [],
        note: inventory.tableName == nil ? "created" : "exists"))
    // The counter is never lowered. One that is already above everything the original has handed out is high enough when the
    // migration is under way: raising it again at every call would only use up ids.
    let journal = Journal(dialect: store.dialect)
    let hasJournal = Journal.tableNames.allSatisfy { inventory.otherTables.contains($0) }
    let isHighEnough = hasJournal ? next > original.firstFreeID : next >= wanted
    let startingID = isHighEnough ? next : wanted
    steps.append(
      Step(
        title: "starting id",
        statements: isHighEnough ? [] : [store.raiseCounterSQL(of: tableName, to: startingID)],
        note: isHighEnough
          ? "the next native row gets \(next), above everything the original table has handed out (\(original.firstFreeID - 1))"
          : "raised from \(next) to \(startingID): the original table's next id \(original.firstFreeID) and a headroom of \(headroom)"
      ))
    var journalStatements = hasJournal ? [] : journal.schema(in: store)
    if !hasJournal {
      journalStatements.append(
        journal.migrationRow(
          in: store, identity: UUID().uuidString.lowercased(), originalTable: original.name, extendedTable: tableName,
          startingID: startingID))
    } else if !isHighEnough {
      journalStatements.append(journal.raiseStartingID(in: store, to: startingID))
    }
    steps.append(
      Step(
        title: "journal", statements: journalStatements,
        note: hasJournal ? "exists" : "created: \(Journal.tableNames.joined(separator: ", "))"))
    return Plan(steps: steps, startingID: startingID, originalFirstFreeID: original.firstFreeID)
  }

  /// Does what is missing.
  ///
  /// - Throws: as ``plan()``; and ``MigrationError/startingIDTooLow(next:needed:)`` if the server did not take the starting id.
  public func run() async throws -> Plan {
    let plan = try await self.plan()
    try await pair.extended.provision(plan.steps.flatMap(\.statements))
    let lane = try await pair.openLane()
    try await withClosing(lane) { lane in
      let next = try await lane.extended.summary().nextID
      let needed = try await lane.original.summary().firstFreeID - 1
      guard next > needed else { throw MigrationError.startingIDTooLow(next: next, needed: needed) }
      if plan.hasWork {
        try await Journal(dialect: pair.extended.dialect).record(
          "provisioned",
          detail: plan.steps.filter { !$0.statements.isEmpty }.map { "\($0.title): \($0.note)" }
            .joined(separator: "; "), lane.extended)
      }
    }
    return plan
  }

  private func summary(of store: any HistoryStore) async throws -> TableSummary {
    let session = try await store.openSession()
    do {
      let summary = try await session.summary()
      await session.close()
      return summary
    } catch {
      await session.close()
      throw error
    }
  }
}

/// Runs `body` and closes the lane whatever happens.
func withClosing<Value>(
  _ lane: StorePair.Lane, _ body: (StorePair.Lane) async throws -> Value
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
