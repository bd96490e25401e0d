internal import HistoryMigration
public import Simulation
internal import StudentModuleHistory
internal import Synchronization

/// A migration from its first row to its last, on simulated servers, with learners at work and things that go wrong: the protocol's own
/// code runs in it, and an operator who runs a command again when it died.
public struct Campaign: Sendable {
  /// What a campaign has shown.
  public struct Result: Sendable {
    /// What must not be; empty if everything held.
    public var violations: [String]

    /// Of every step. The same plan gives the same one.
    public var fingerprint: UInt64
    public var stepCount: Int
    public var faults: [FaultKind: Int]

    /// How often processes got to each place at which they may die, and how often each verb was called.
    public var points: [String: Int]
    public var verbs: [String: Int]

    /// The last steps.
    public var tail: String
  }

  let plan: CampaignPlan
  let world: SimulatedWorld
  let original: SimulatedDatabase
  let extended: SimulatedDatabase
  let lms: SimulatedLMS
  private let findings = Findings()
  private let chance: Chance

  init(_ plan: CampaignPlan) {
    self.plan = plan
    chance = Chance(SplitMix64(seed: plan.seed, 0x09e4a704))
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
    startingID = plan.isHeadroomShort ? (original.records.last?.id ?? 0) + 3 : 10_000
    extended.setCounter(to: startingID)
    extended.fill(
      .migration,
      [
        .id: .unsigned(1), .identity: .text("simulated"), .journalVersion: .unsigned(UInt64(Journal.version)),
        .csmhVersion: .text(csmhVersion), .createdAt: .text("2026-01-01 00:00:00.000000"),
        .phase: .text(Phase.provisioned.rawValue), .startingID: .unsigned(startingID),
        .originalTable: .text("edxapp"), .extendedTable: .text("edxapp_csmh"),
      ])
  }

  private let startingID: UInt64

  /// Runs the campaign of a plan.
  public static func run(_ plan: CampaignPlan) async -> Result {
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
      watchRanges()
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
    world.holdFaults(plan.faultsFrom != .copy)
    if plan.isFlagFirst { try await moveWrites() }
    if plan.isHeadroomShort { try await moveNativeRows() }
    if plan.isSupervised { try await supervise() } else { try await copy() }
    if !plan.isFlagFirst { try await moveWrites() }
    try await removeCopies()
    if plan.faultsFrom == .catchUp { world.holdFaults(false) }
    try await command("catch-up") { try await catchUp($0, $1) }
    guard !keepsDeleted else { return }
    compareFenced()
    guard plan.emptying != .no else { return }
    world.holdFaults(false)
    // Between the proof and the emptying, too.
    try await removeCopies()
    try await command(plan.emptying.rawValue) { try await empty($0, $1) }
  }

  /// Empties the original table. What it refuses, and what it leaves, is told to be mended by the pass back.
  private func empty(_ lanes: SimulatedLanes, _ stop: StopSignal) async throws -> Bool {
    let drain = Drain(lanes: lanes, options: DrainOptions(), stop: stop, meter: ProgressMeter(phase: "drain"))
    let flags = HistoryFlags(extendedEnabled: true, readOnlyFromExtended: true)
    do {
      let before = original.records.count
      let outcome = try await plan.emptying == .drain ? drain.run(flags: flags) : drain.truncate(flags: flags)
      // Its own work is recognised, also where the answer was lost. Learners may have deleted the rest.
      let gone = before - original.records.count
      if Int(outcome.removedRowCount) > gone || (plan.deletions == 0 && Int(outcome.removedRowCount) < gone) {
        findings.add(
          "\(plan.emptying.rawValue) says that it removed \(outcome.removedRowCount) rows, and \(gone) are gone")
      }
      if outcome.isComplete { return true }
      world.note(plan.emptying.rawValue, outcome.sentence)
    } catch MigrationError.drainRefused(let reason, _) {
      world.note("drain refused", reason)
    }
    _ = try await catchUp(lanes, stop)
    return false
  }

  private func copy() async throws {
    // Where there are few rows, the first answers may be on their way.
    if plan.rowCount < 3 { try await world.scheduler.sleep(for: .milliseconds(chance.below(6_000))) }
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
  }

  /// Follows the flag for as long as the first migration takes; the pass back is the operator's.
  private func supervise() async throws {
    let flags = HistoryFlags(extendedEnabled: true, readOnlyFromExtended: false)
    try await command("supervise") { lanes, stop in
      let (stream, send) = AsyncStream.makeStream(of: HistoryFlags.self)
      send.yield(flags)
      let isAtRest = Findings()
      let supervisor = Supervisor(
        lanes: lanes, options: Supervisor.Options(copy: plan.copyOptions), environment: stop.environment,
        didHappen: { event in
          switch event {
          case .failed(let error, _): world.note("supervise", "\(error)")
          case .fenced, .rests: isAtRest.add("")
          default: return
          }
          // A new look at the work that is left is another command's.
          send.finish()
        }, provision: { _ in nil })
      _ = await alongside {
        await stop.wait()
        send.finish()
      } _: {
        await supervisor.run(stream)
      }
      // What was deleted by hand, as it has to look like, is removed by an operator's pass back only.
      return !isAtRest.all.isEmpty || !orphans.isEmpty
    }
  }

  /// Native rows stand among the original ids, or are about to: first the pass back finds that out, then they are moved.
  private func moveNativeRows() async throws {
    try await command("catch-up") { lanes, stop in
      do {
        _ = try await catchUp(lanes, stop)
      } catch MigrationError.startingIDTooLow {}
      return true
    }
    try await command("offset") { lanes, stop in
      let outcome = try await Rekeyer(
        lanes: lanes, options: RekeyOptions(headroom: 1_000, settle: .seconds(10)), stop: stop,
        meter: ProgressMeter(phase: "re-key")
      ).run { _ in }
      return outcome?.isInterrupted != true
    }
  }

  /// The pass back. It is done too where nothing is left but copies of ranges of which the original table has no row any more: whether
  /// these were deleted is for an operator to say.
  private func catchUp(_ lanes: SimulatedLanes, _ stop: StopSignal) async throws -> Bool {
    let outcome = try await CatchUp(
      lanes: lanes, options: plan.copyOptions, removesDeleted: true, stop: stop
    ).run { _, _, _ in }
    world.note("catch-up", outcome.sentence)
    return outcome.isComplete || (keepsDeleted && (outcome.fenceHolds || outcome.copy.end == .stoppedByProblems))
  }

  /// Copies whose original was deleted by a process that did not know of the extended table.
  private var orphans: [UInt64] {
    let ids = Set(original.records.map(\.id))
    return extended.records.filter {
      lms.ledger.side(of: $0) == .original && !ids.contains($0.id) && lms.ledger.mayBeDeleted($0)
    }.map(\.id)
  }

  /// Whether there are some of whose range the original table has no row any more.
  private var keepsDeleted: Bool {
    let (orphans, ids) = (orphans, original.records.map(\.id))
    return extended.rows(of: .range).contains { range in
      guard let lower = range[.lowerID]?.unsignedValue, let upper = range[.upperID]?.unsignedValue else { return false }
      let isInside = { (id: UInt64) in lower <= id && id <= upper }
      return orphans.contains(where: isInside) && !ids.contains(where: isInside)
    }
  }

  /// Somebody removes copies by hand.
  private func removeCopies() async throws {
    let ids = extended.records.filter { lms.ledger.side(of: $0) == .original }.map(\.id)
    guard plan.handDeletions > 0, !ids.isEmpty else { return }
    let victims = (0..<plan.handDeletions).map { _ in ids[chance.below(ids.count)] }
    let hand = world.process("hand", hasFaults: false)
    try await hand.run { _ in
      guard let session = try? await SimulatedStore(extended, for: hand).openSession() else { return }
      _ = try? await session.delete(RowSelection(ids: Array(Set(victims)).sorted()))
      await session.close()
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
        let patience = attempt < 40 && chance.below(100) < plan.stops ? Duration.milliseconds(chance.below(4_000)) : nil
        let isDone = try await process.run { environment in
          let lanes = SimulatedLanes(.there, original: original, extended: extended, for: process)
          let stop = StopSignal(environment)
          return try await alongside {
            guard let patience, (try? await environment.sleep(for: patience)) != nil else { return }
            world.note(name, "the operator stops it")
            stop.request()
          } _: {
            try await body(lanes, stop)
          }
        }
        if isDone { return }
      } catch is ProcessCrash {
      } catch let error as HistoryStoreError where error.isTransient {
      } catch MigrationError.retriesExhausted {
      } catch MigrationError.fenceNotTaken {
      } catch is StoppedError {
      }
      try await world.scheduler.sleep(for: .seconds(10))
    }
    findings.add("\(name) does not come to its end")
    throw CancellationError()
  }

  // MARK: What has to hold

  /// What a range may become. What is copied is never leased or pending again, but by way of a difference that was found.
  private static let successors: [JournalRange.State: Set<JournalRange.State>] = [
    .pending: [.pending, .leased], .leased: [.leased, .copied, .pending, .stopped],
    .copied: [.copied, .differs, .draining], .differs: [.differs, .copied, .pending],
    .stopped: [.stopped, .pending, .copied], .draining: [.draining, .drained, .copied], .drained: [.drained],
  ]

  /// With each commit: states are guarded, only the holder completes, and a range counts as copied only with its rows.
  private func watchRanges() {
    let (findings, extended) = (findings, extended)
    extended.onCommittedRange { change in
      let name = "the range \(change.id)"
      guard let after = change.after else { return findings.add("\(name) is gone from the journal") }
      func state(_ values: [JournalColumn: SQLValue]?) -> JournalRange.State? {
        values?[.state]?.textValue.flatMap { JournalRange.State(rawValue: $0) }
      }
      guard let next = state(after) else { return findings.add("\(name) has no state") }
      guard let last = state(change.before) else { return }
      if Self.successors[last]?.contains(next) != true {
        findings.add("\(name) was \(last.rawValue) and became \(next.rawValue)")
      }
      guard last == .leased, next != .leased else { return }
      let holder = change.before?[.holder]?.textValue ?? ""
      if !holder.hasPrefix("\(change.process.host):\(change.process.pid):") {
        findings.add(
          "\(name) is held by \(holder), and became \(next.rawValue) by \(change.process.host):\(change.process.pid)")
      }
      if next == .copied, let found = Self.digest(of: after, extended),
        found.hash.description != after[.digest]?.textValue || found.rowCount != after[.rowCount]?.unsignedValue
      {
        findings.add("\(name) counts as copied, and its rows are not there: \(found)")
      }
    }
  }

  /// What the table holds of a range.
  private static func digest(of range: [JournalColumn: SQLValue], _ database: SimulatedDatabase) -> RangeDigest? {
    guard let lower = range[.lowerID]?.unsignedValue, let upper = range[.upperID]?.unsignedValue else { return nil }
    var (digest, hasher) = (RangeDigest.empty, RowHasher())
    for row in database.records where lower <= row.id && row.id <= upper { digest.add(hasher.hash(row)) }
    return digest
  }

  /// At every moment: no row is lost, none is there that nobody wrote or that was deleted.
  private func watch() async throws {
    while !lms.isStopped {
      try await world.scheduler.sleep(for: .milliseconds(700))
      let found = lms.ledger.contradictions(
        original: original.records, extended: extended.records, isMoved: plan.isHeadroomShort)
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
    let found = lms.ledger.contradictions(original: rows, extended: copies, isMoved: plan.isHeadroomShort)
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

/// What must not be, as it is found.
private final class Findings: Sendable {
  private let kept = Mutex<[String]>([])

  func add(_ finding: String) { kept.withLock { $0.append(finding) } }

  var all: [String] { kept.withLock { $0 } }
}

/// The operator's choices.
private final class Chance: Sendable {
  private let generator: Mutex<SplitMix64>

  init(_ generator: SplitMix64) {
    self.generator = Mutex(generator)
  }

  func below(_ bound: Int) -> Int { generator.withLock { Int($0.next() % UInt64(max(1, bound))) } }
}
