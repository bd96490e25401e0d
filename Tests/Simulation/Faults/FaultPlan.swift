/// How often what goes wrong, and for how long at all.
///
/// Chances are in 10,000 statements (connections, places, streams). When the budget is used up, faults cease: from then on every command
/// has to come to its end.
package struct FaultPlan: Sendable, Hashable {
  /// How many faults there are at most.
  package var budget = 0

  /// Chances in 10,000.
  package var chances: [FaultKind: Int] = [:]

  /// The chance in 10,000 that the answer to a COMMIT is lost, beside that of every statement.
  package var lostCommitAnswers = 0

  /// The chance in 10,000 that another session of the process has been silent for too long when a COMMIT is sent, beside that at every
  /// statement.
  package var silencesAtCommits = 0

  /// The virtual time after which there are no faults; nil for as long as the budget lasts.
  package var end: Duration?

  /// For how long a server is away at most.
  package var longestOutage = Duration.seconds(20)

  /// How long a server takes at most to see that a client is gone.
  package var longestLateRollback = Duration.seconds(10)

  /// How long a statement takes at most that stalls.
  package var longestStall = Duration.seconds(90)

  /// For how long a process stands still at most.
  package var longestFreeze = Duration.seconds(180)

  /// How long a statement takes at most behind which another session was silent for too long.
  package var longestSilence = Duration.seconds(5)

  /// How long a statement takes at most, without what it waits for.
  package var longestLatency = Duration.milliseconds(3)

  /// The one fault that happens, and at which of the moments at which it could; nil for what the chances say. With the number 0 nothing
  /// happens, and the moments are counted.
  package var single: Single?

  /// One fault of a run.
  package struct Single: Sendable, Hashable {
    package var kind: FaultKind

    /// From 1 on.
    package var number: Int

    package init(_ kind: FaultKind, _ number: Int) {
      self.kind = kind
      self.number = number
    }
  }

  package init() {}

  /// Nothing goes wrong.
  package static let none = FaultPlan()

  /// Everything goes wrong, a limited number of times.
  package static func everything(budget: Int, frequency: Int = 60) -> FaultPlan {
    var plan = FaultPlan()
    plan.budget = budget
    for kind in FaultKind.allCases { plan.chances[kind] = frequency }
    plan.chances[.stall] = frequency / 10
    plan.chances[.outage] = frequency / 10
    plan.chances[.forgetfulOutage] = frequency / 20
    plan.chances[.crash] = frequency / 5
    plan.chances[.freeze] = frequency / 5
    plan.chances[.silence] = frequency / 10
    plan.silencesAtCommits = 2 * frequency
    plan.lostCommitAnswers = 4 * frequency
    return plan
  }

  /// The same plan without some kinds.
  package func without(_ kinds: FaultKind...) -> FaultPlan {
    var plan = self
    for kind in kinds { plan.chances[kind] = nil }
    return plan
  }
}
