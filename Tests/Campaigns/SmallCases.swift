internal import Foundation
internal import Simulation
internal import StudentModuleHistory

/// Small migrations that are gone through whole: each fault at each moment at which it could happen, and each order of events that differs
/// from the first one in one choice.
///
/// What a search by seeds would meet by luck is met here for sure, as long as one fault or one change of the order is enough for it.
package struct SmallCases: Sendable {
  /// Four rows in two ranges, without learners: whatever happens is csmh's own doing.
  static let plans: [CampaignPlan] = {
    var plan = CampaignPlan(seed: 1)
    (plan.rowCount, plan.rangeRowCount, plan.gap) = (4, 2, 0)
    (plan.hasLearners, plan.isHeadroomShort, plan.isSupervised, plan.isFlagFirst) = (false, false, false, false)
    (plan.processCount, plan.workerCount, plan.isNewestFirst) = (1, 2, false)
    (plan.handDeletions, plan.stops, plan.stragglers, plan.forgetsCounter) = (0, 0, 0, false)
    (plan.isOnOneServer, plan.faultsFrom, plan.emptying, plan.isSlow) = (false, .copy, .drain, false)
    (plan.isProvisioned, plan.hasOldJournal, plan.earlyPasses) = (true, false, 0)
    (plan.comesBack, plan.isCutShort, plan.bringsBulkBack, plan.isNarrow) = (false, false, false, false)
    plan.order = .firstComeFirstServed(exception: 0)
    var truncated = plan
    (truncated.emptying, truncated.isNewestFirst) = (.truncate, true)
    var inside = plan
    inside.isOnOneServer = true
    var supervised = plan
    (supervised.isSupervised, supervised.isFlagFirst) = (true, true)
    var mended = plan
    (mended.handDeletions, mended.processCount) = (2, 2)
    var returned = plan
    (returned.comesBack, returned.bringsBulkBack, returned.isProvisioned, returned.emptying) = (
      true, true, false, .truncate
    )
    return [plan, truncated, inside, supervised, mended, returned]
  }()

  /// The faults that are tried: not those that only keep others waiting.
  static let kinds: [FaultKind] = [
    .lossBeforeEffect, .lossAfterEffect, .refusedConnection, .givenUp, .outage, .crash, .crashAtPoint, .cutResult,
    .freeze, .silence,
  ]

  package private(set) var search = CampaignSearch()

  /// How many cases there are, of which ``search`` has run some.
  package private(set) var caseCount = 0

  /// Goes through the cases.
  ///
  /// - Parameters:
  ///   - stride: 1 for all of them, N for every N-th.
  ///   - first: the one to begin with, below `stride`.
  ///   - seconds: for how long; nil for no limit. What is left then is counted, and not run.
  package static func run(
    every stride: Int = 1, from first: Int = 0, seconds: Double? = nil, failureLimit: Int = 3
  ) async -> SmallCases {
    var small = SmallCases()
    let start = Date()
    for plan in plans {
      for other in await cases(of: plan) where small.search.failures.count < failureLimit {
        small.caseCount += 1
        guard small.caseCount % stride == first % stride else { continue }
        if let seconds, Date().timeIntervalSince(start) > seconds { continue }
        small.search.add(other, await Campaign.run(other))
      }
    }
    small.search.seconds = Date().timeIntervalSince(start)
    return small
  }

  /// One fault at each moment, and one exception from the order at each choice.
  private static func cases(of plan: CampaignPlan) async -> [CampaignPlan] {
    var counting = plan
    counting.single = FaultPlan.Single(.lossBeforeEffect, 0)
    let base = await Campaign.run(counting)
    var cases = [counting]
    for kind in kinds {
      for number in 0..<(base.moments[kind] ?? 0) {
        var other = counting
        other.single = FaultPlan.Single(kind, number + 1)
        cases.append(other)
      }
    }
    for number in 0..<base.choiceCount {
      var other = counting
      other.order = .firstComeFirstServed(exception: number + 1)
      cases.append(other)
    }
    return cases
  }
}
