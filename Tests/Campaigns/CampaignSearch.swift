internal import Foundation
package import Simulation

/// Campaigns of many seeds, one after the other, and what they have shown together.
package struct CampaignSearch: Sendable {
  package private(set) var runCount = 0
  package private(set) var stepCount = 0
  package private(set) var faults: [FaultKind: Int] = [:]
  package private(set) var points: [String: Int] = [:]
  package private(set) var verbs: [String: Int] = [:]
  package internal(set) var seconds = 0.0

  /// Each as a story: the smallest plan that still fails, what it violates, and its last steps.
  package private(set) var failures: [String] = []

  /// - Parameters:
  ///   - focus: what the plans are rich in; nil for everything.
  ///   - count: how many seeds at most; nil for as many as there is time for.
  ///   - seconds: for how long; nil for no limit.
  ///   - failureLimit: after how many failures it ends.
  ///   - shrinking: whether the plan of a failure is made smaller, which takes as long as some dozen campaigns.
  ///   - twice: whether each campaign is run a second time, which has to be equal.
  ///   - lineCount: how many steps of a failure are told.
  ///   - didRun: is given the plan and the last steps of each campaign.
  package static func run(
    from seed: UInt64, focus: CampaignPlan.Focus? = nil, count: Int?, seconds: Double?, failureLimit: Int = 3,
    twice: Bool = false,
    shrinking: Bool = true, lineCount: Int = 400,
    didRun: (String) -> Void = { _ in }
  ) async -> CampaignSearch {
    var search = CampaignSearch()
    let start = Date()
    while search.runCount < count ?? .max, search.failures.count < failureLimit {
      search.seconds = Date().timeIntervalSince(start)
      if let seconds, search.seconds > seconds { break }
      var plan = CampaignPlan(seed: seed &+ UInt64(search.runCount))
      if let focus { plan.look(at: focus) }
      let result = await Campaign.run(plan, lineCount: lineCount)
      search.add(result)
      didRun("\(plan)\n\(result.tail)")
      if twice, await Campaign.run(plan).fingerprint != result.fingerprint {
        search.failures.append("\(plan)\n  violated: the same seed gave another run")
      }
      if !result.violations.isEmpty { search.failures.append(await story(of: plan, result, shrinking, lineCount)) }
    }
    search.seconds = Date().timeIntervalSince(start)
    return search
  }

  /// Takes in a campaign as it was, without making it smaller.
  mutating func add(_ plan: CampaignPlan, _ result: Campaign.Result) {
    add(result)
    guard !result.violations.isEmpty else { return }
    failures.append("\(plan)\n  violated: \(result.violations.joined(separator: "\n  violated: "))\n\(result.tail)")
  }

  private mutating func add(_ result: Campaign.Result) {
    runCount += 1
    stepCount += result.stepCount
    faults.merge(result.faults) { $0 + $1 }
    points.merge(result.points) { $0 + $1 }
    // Named locks carry the name in the verb.
    for (verb, count) in result.verbs {
      verbs[verb.hasPrefix("hold ") ? "hold" : verb.hasPrefix("is held") ? "is held" : verb, default: 0] += count
    }
  }

  /// Makes the plan smaller as long as it still fails, and tells what happens in it.
  private static func story(
    of plan: CampaignPlan, _ result: Campaign.Result, _ shrinking: Bool, _ lineCount: Int
  ) async -> String {
    var (plan, result) = (plan, result)
    var triesLeft = shrinking ? 200 : 0
    var isSmaller = true
    while isSmaller, triesLeft > 0 {
      isSmaller = false
      for candidate in plan.smaller {
        triesLeft -= 1
        let other = await Campaign.run(candidate, lineCount: lineCount)
        if !other.violations.isEmpty {
          (plan, result) = (candidate, other)
          isSmaller = true
          break
        }
        if triesLeft == 0 { break }
      }
    }
    return "\(plan)\n  violated: \(result.violations.joined(separator: "\n  violated: "))\n\(result.tail)"
  }

  /// What was seen, for people.
  package var report: String {
    var lines = [
      "\(runCount) campaigns, \(stepCount) steps in \(Int(seconds)) s, \(failures.count) violations",
      "faults: " + FaultKind.allCases.map { "\($0) \(faults[$0] ?? 0)" }.joined(separator: ", "),
      "places at which processes may die: "
        + points.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "),
      "verbs: " + verbs.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "),
    ]
    lines += failures
    return lines.joined(separator: "\n")
  }
}
