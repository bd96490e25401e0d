internal import MigrationBase
internal import MigrationJournal
package import Simulation
internal import StudentModuleHistory

/// A migration from its first row to its last, on simulated servers, with learners at work and things that go wrong: the protocol's own
/// code runs in it, and an operator who runs a command again when it died.
package struct Campaign: Sendable {
  /// What a campaign has shown.
  package struct Result: Sendable {
    /// What must not be; empty if everything held.
    package var violations: [String]

    /// Of every step. The same plan gives the same one.
    package var fingerprint: UInt64
    package var stepCount: Int
    package var faults: [FaultKind: Int]

    /// How often each fault could have happened, and how often more than one job was ready; of small cases.
    var moments: [FaultKind: Int]
    var choiceCount: Int

    /// How often processes got to each place at which they may die, and how often each verb was called.
    package var points: [String: Int]
    package var verbs: [String: Int]

    /// The last steps.
    package var tail: String
  }

  let plan: CampaignPlan
  let world: SimulatedWorld
  let original: SimulatedDatabase
  let extended: SimulatedDatabase
  let lms: SimulatedLMS
  let findings = Findings()

  /// Whether the way back has begun.
  let isBack = Mark()
  let chance: Chance

  init(_ plan: CampaignPlan) {
    self.plan = plan
    chance = Chance(SplitMix64(seed: plan.seed, 0x09e4a704))
    // The longest budget of a command is five minutes, and there are some dozen of them.
    world = SimulatedWorld(
      seed: plan.seed, faults: plan.faults, order: plan.order, timeLimit: .seconds(6 * 3_600))
    let first = world.server("first")
    let second =
      plan.isOnOneServer ? first : world.server("second", clockOffset: .seconds(7), keepsCounters: !plan.forgetsCounter)
    original = first.database("edxapp", .original, largestID: UInt64(plan.isNarrow ? Int64(Int32.max) : .max))
    extended = second.database("edxapp_csmh", .extended, hasJournal: plan.isProvisioned)
    var options = LearnerOptions()
    options.longestPause = .seconds(2)
    options.deletions = plan.deletions
    options.grades = plan.grades
    options.moduleCount = plan.moduleCount
    lms = SimulatedLMS(world, original: original, extended: extended, options: options)
    lms.fill(rowCount: plan.rowCount, gap: plan.gap)
    startingID = plan.isHeadroomShort ? (original.records.last?.id ?? 0) + 3 : 10_000
    guard plan.isProvisioned else {
      extended.hasTable = false
      return
    }
    extended.setCounter(to: startingID)
    let version = plan.hasOldJournal ? 1 : Journal.version
    if plan.hasOldJournal { extended.missingColumns = Self.laterColumns }
    extended.fill(
      .migration,
      [
        .id: .unsigned(1), .identity: .text("simulated"), .journalVersion: .unsigned(UInt64(version)),
        .csmhVersion: .text(csmhVersion), .createdAt: .text("2026-01-01 00:00:00.000000"),
        .phase: .text(Phase.provisioned.rawValue), .startingID: .unsigned(startingID),
        .originalTable: .text("edxapp"), .extendedTable: .text("edxapp_csmh"),
      ])
  }

  let startingID: UInt64

  /// Whether native rows get other ids: by `csmh offset`, or by hand.
  var movesNativeRows: Bool { plan.isHeadroomShort || plan.forgetsCounter }

  /// Runs the campaign of a plan.
  ///
  /// - Parameter lineCount: how many of the last steps are told.
  package static func run(_ plan: CampaignPlan, lineCount: Int = 400) async -> Result {
    let campaign = Campaign(plan)
    do {
      try await campaign.world.run { try await campaign.run() }
    } catch {
      campaign.findings.add("\(error)")
    }
    return Result(
      violations: campaign.findings.all, fingerprint: campaign.world.trace.fingerprint,
      stepCount: campaign.world.scheduler.stepCount, faults: campaign.world.faultCounts,
      moments: campaign.world.momentCounts, choiceCount: campaign.world.scheduler.choiceCount,
      points: campaign.world.pointCounts, verbs: campaign.world.verbCounts, tail: campaign.world.trace.tail(lineCount))
  }

  func run() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      watchRanges()
      watchEmptying()
      if plan.hasLearners { group.addTask { try await lms.run() } }
      group.addTask { try await watch() }
      do {
        try await migrate()
        if plan.comesBack { try await comeBack() }
        lms.stop()
      } catch {
        lms.stop()
        throw error
      }
      try await group.waitForAll()
    }
    if plan.comesBack { concludeReturn() } else { conclude() }
  }
}
