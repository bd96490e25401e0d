import HistoryMigration
import Simulation
import StudentModuleHistory

/// A migration from its first row to its last, on simulated servers, with learners at work and things that go wrong: the protocol's own
/// code runs in it, and an operator who runs a command again when it died.
struct Campaign: Sendable {
  /// What a campaign has shown.
  struct Result: Sendable {
    /// What must not be; empty if everything held.
    var violations: [String]
    var fingerprint: UInt64
    var stepCount: Int
    var faults: [FaultKind: Int]
    var points: [String: Int]
    var verbs: [String: Int]
    var tail: String
  }

  let plan: CampaignPlan
  let world: SimulatedWorld
  let original: SimulatedDatabase
  let extended: SimulatedDatabase
  let lms: SimulatedLMS
  let findings = Notes()

  init(_ plan: CampaignPlan) {
    self.plan = plan
    // The longest budget of a command is five minutes, and there are some dozen of them.
    world = SimulatedWorld(seed: plan.seed, faults: plan.faults, timeLimit: .seconds(6 * 3_600))
    let first = world.server("first")
    let second = plan.isOnOneServer ? first : world.server("second", clockOffset: .seconds(7))
    original = first.database("edxapp", .original)
    extended = second.database("edxapp_csmh", .extended, hasJournal: true)
    var options = LearnerOptions()
    options.longestPause = .seconds(2)
    options.deletions = plan.deletions
    options.grades = plan.grades
    lms = SimulatedLMS(world, original: original, extended: extended, options: options)
    lms.fill(rowCount: plan.rowCount, gap: plan.gap)
    extended.setCounter(to: Self.startingID)
    extended.fill(
      .migration,
      [
        .id: .unsigned(1), .identity: .text("simulated"), .journalVersion: .unsigned(UInt64(Journal.version)),
        .csmhVersion: .text(csmhVersion), .createdAt: .text("2026-01-01 00:00:00.000000"),
        .phase: .text(Phase.provisioned.rawValue), .startingID: .unsigned(Self.startingID),
        .originalTable: .text("edxapp"), .extendedTable: .text("edxapp_csmh"),
      ])
  }

  private static let startingID: UInt64 = 10_000

  /// Runs the campaign of a plan.
  static func run(_ plan: CampaignPlan) async -> Result {
    let campaign = Campaign(plan)
    do {
      try await campaign.world.run { try await campaign.run() }
    } catch {
      campaign.findings.add("\(error)")
    }
    return Result(
      violations: campaign.findings.all, fingerprint: campaign.world.trace.fingerprint,
      stepCount: campaign.world.scheduler.stepCount, faults: campaign.world.faultCounts,
      points: campaign.world.pointCounts, verbs: campaign.world.verbCounts, tail: campaign.world.trace.tail(400))
  }

  private func run() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      if plan.hasLearners { group.addTask { try await lms.run() } }
      group.addTask { try await watch() }
      do {
        try await migrate()
        lms.stop()
      } catch {
        lms.stop()
        throw error
      }
      try await group.waitForAll()
    }
    conclude()
  }

  // MARK: The operator

  private func migrate() async throws {
    if plan.isFlagFirst { try await moveWrites() }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<plan.processCount {
        group.addTask {
          try await command("copy-\(number)") { lanes, stop in
            let outcome = try await Copier(
              lanes: lanes, options: plan.copyOptions, stop: stop, meter: ProgressMeter(phase: "copy")
            ).run()
            return outcome.end == .finished || !outcome.stopped.isEmpty
          }
        }
      }
      try await group.waitForAll()
    }
    if !plan.isFlagFirst { try await moveWrites() }
    try await command("catch-up") { try await catchUp($0, $1) }
    compareFenced()
    guard plan.emptying != .no, !keepsDeleted else { return }
    try await command(plan.emptying.rawValue) { lanes, stop in
      let drain = Drain(lanes: lanes, options: DrainOptions(), stop: stop, meter: ProgressMeter(phase: "drain"))
      let flags = HistoryFlags(extendedEnabled: true, readOnlyFromExtended: true)
      let outcome = try await plan.emptying == .drain ? drain.run(flags: flags) : drain.truncate(flags: flags)
      if outcome.isComplete { return true }
      // What was left is mended by the pass back.
      world.note(plan.emptying.rawValue, outcome.sentence)
      _ = try await catchUp(lanes, stop)
      return false
    }
  }

  /// The pass back. It is done too where nothing is left but copies of ranges of which the original table has no row any more: whether
  /// these were deleted is for an operator to say.
  private func catchUp(_ lanes: SimulatedLanes, _ stop: StopSignal) async throws -> Bool {
    let outcome = try await CatchUp(
      lanes: lanes, options: plan.copyOptions, removesDeleted: true, stop: stop
    ).run { _, _, _ in }
    world.note("catch-up", outcome.sentence)
    return outcome.isComplete || (outcome.fenceHolds && keepsDeleted)
  }

  /// Whether copies stand whose original was deleted by a process that did not know of the extended table, all of their range's rows
  /// among them.
  private var keepsDeleted: Bool {
    let ids = Set(original.records.map(\.id))
    let kept = extended.records.filter { $0.id < Self.startingID && !ids.contains($0.id) && lms.ledger.mayBeDeleted($0) }
    return extended.rows(of: .range).contains { range in
      guard let lower = range[.lowerID]?.unsignedValue, let upper = range[.upperID]?.unsignedValue else { return false }
      let isInside = { (id: UInt64) in lower <= id && id <= upper }
      return kept.contains { isInside($0.id) } && !ids.contains(where: isInside)
    }
  }

  /// Turns the flag on, and waits until every process of the LMS has restarted.
  private func moveWrites() async throws {
    try await world.scheduler.sleep(for: .seconds(5))
    lms.turn(extendedEnabled: true, within: .seconds(20))
    try await world.scheduler.sleep(for: .seconds(40))
  }

  /// Runs a command until it says that it is done: again where its process died, and where it gave up.
  private func command(
    _ name: String, _ body: @escaping @Sendable (SimulatedLanes, StopSignal) async throws -> Bool
  ) async throws {
    for attempt in 1...60 {
      // An operator who has tried for so long looks for what is wrong, and mends it.
      if attempt == 40 { world.ceaseFaults() }
      let process = world.process(
        "\(name).\(attempt)", host: "machine-\(attempt % 2)", clockOffset: .seconds(attempt % 3))
      do {
        let isDone = try await process.run { environment in
          let lanes = SimulatedLanes(.there, original: original, extended: extended, for: process)
          return try await body(lanes, StopSignal(environment))
        }
        if isDone { return }
      } catch is ProcessCrash {
      } catch let error as HistoryStoreError where error.isTransient {
      } catch MigrationError.retriesExhausted {
      } catch MigrationError.fenceNotTaken {
      } catch MigrationError.drainRefused(let reason, _) {
        world.note("drain refused", reason)
      }
      try await world.scheduler.sleep(for: .seconds(10))
    }
    findings.add("\(name) does not come to its end")
    throw CancellationError()
  }

  // MARK: What has to hold

  /// At every moment: no row is lost, none is there that nobody wrote or that was deleted.
  private func watch() async throws {
    while !lms.isStopped {
      try await world.scheduler.sleep(for: .milliseconds(700))
      let found = lms.ledger.contradictions(original: original.records, extended: extended.records)
      guard found.isEmpty else {
        findings.add("at \(world.now): " + found.prefix(5).joined(separator: "; "))
        throw CancellationError()
      }
    }
  }

  /// Behind the fence: every original row has an equal copy, unless it is just being deleted.
  private func compareFenced() {
    let copies = Dictionary(uniqueKeysWithValues: extended.records.map { ($0.id, $0) })
    for row in original.records where copies[row.id] != row && !lms.ledger.mayBeDeleted(row) {
      findings.add("unproven switch: the original row \(row.id) has no equal copy behind the fence")
    }
  }

  /// At rest: the tables are what the ledger says, and the journal says what the tables are.
  private func conclude() {
    let (rows, copies) = (original.records, extended.records)
    let found = lms.ledger.contradictions(original: rows, extended: copies)
    for contradiction in found.prefix(5) { findings.add("at the end: \(contradiction)") }
    let bound = extended.rows(of: .migration).first?[.upperBound]?.unsignedValue ?? 0
    if plan.emptying != .no, !keepsDeleted, let left = rows.first(where: { $0.id <= bound }) {
      findings.add("the original row \(left.id) is left of a table that was drained")
    }
    guard !keepsDeleted else { return }
    for range in extended.rows(of: .range) {
      guard let lower = range[.lowerID]?.unsignedValue, let upper = range[.upperID]?.unsignedValue else { continue }
      let state = range[.state]?.textValue ?? ""
      if state == "leased" || state == "pending" {
        findings.add("the range \(lower)-\(upper) is \(state) although everything is done")
      }
    }
  }
}
