internal import StudentModuleHistory

/// Decides by the seed what goes wrong and how long things take, and counts it.
final class FaultDice: @unchecked Sendable {
  let plan: FaultPlan
  private let scheduler: Scheduler

  /// Faults and delays have streams of their own: with fewer faults the rest of a run stays like it was for longer.
  private var faults: SplitMix64
  private var delays: SplitMix64
  private var spent = 0

  /// Whether nothing goes wrong for now.
  var isHeld = false

  /// The plan's chances by kind, as they are asked for with each statement.
  private let chances: [Int]

  /// How often each kind could have happened, where a plan has a single fault.
  private(set) var momentCounts: [FaultKind: Int] = [:]

  /// When the last one happened; the beginning before the first.
  private(set) var lastFault = Duration.zero

  /// How often each kind has happened.
  private(set) var counts: [FaultKind: Int] = [:]

  init(seed: UInt64, plan: FaultPlan, scheduler: Scheduler) {
    self.plan = plan
    self.scheduler = scheduler
    chances = FaultKind.allCases.map { plan.chances[$0] ?? 0 }
    faults = SplitMix64(seed: seed, 0xfa017)
    delays = SplitMix64(seed: seed, 0xde1a5)
  }

  /// Whether faults may still happen.
  var isOpen: Bool { !isHeld && spent < plan.budget && plan.end.map { scheduler.now < $0 } ?? true }

  /// Whether a fault of a kind happens now.
  func strikes(_ kind: FaultKind) -> Bool { strikes(kind, chance: chances[kind.rawValue]) }

  func strikes(_ kind: FaultKind, chance: Int) -> Bool {
    if let single = plan.single {
      guard !isHeld else { return false }
      momentCounts[kind, default: 0] += 1
      guard kind == single.kind, momentCounts[kind] == single.number else { return false }
      count(kind)
      return true
    }
    guard chance > 0, spent < plan.budget, isOpen, faults.below(10_000) < chance else { return false }
    spent += 1
    count(kind)
    return true
  }

  private func count(_ kind: FaultKind) {
    counts[kind, default: 0] += 1
    lastFault = scheduler.now
  }

  /// Ends all faults.
  func cease() { spent = max(spent, plan.budget) }

  /// A time below a limit.
  func delay(below limit: Duration) -> Duration {
    let microseconds = Int(limit.microseconds)
    return microseconds > 0 ? .microseconds(delays.below(microseconds)) : .zero
  }

  /// How long a statement or its answer is on its way: mostly little.
  func latency() -> Duration {
    delay(below: delays.oneIn(8) ? plan.longestLatency : plan.longestLatency / 8)
  }

  func oneIn(_ count: Int) -> Bool { delays.oneIn(count) }

  func below(_ bound: Int) -> Int { delays.below(bound) }
}
