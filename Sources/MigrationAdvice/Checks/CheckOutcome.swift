package import StudentModuleHistory

/// What a rule says of the facts: the verdict, what was seen, and what the operator can do.
package struct CheckOutcome: Sendable, Hashable {
  package var verdict: CheckVerdict

  /// What was seen, as a sentence without a full stop.
  package var seen: String

  /// What the operator can do, one by one; empty if nothing is to be done.
  package var remedy: [Remedy]

  package init(_ verdict: CheckVerdict, _ seen: String, remedy: [Remedy] = []) {
    self.verdict = verdict
    self.seen = seen
    self.remedy = remedy
  }

  static func pass(_ seen: String) -> CheckOutcome { CheckOutcome(.pass, seen) }

  static func skipped(_ seen: String, remedy: Remedy? = nil) -> CheckOutcome {
    CheckOutcome(.skipped, seen, remedy: remedy.map { [$0] } ?? [])
  }

  static func warn(_ seen: String, remedy: Remedy...) -> CheckOutcome { CheckOutcome(.warn, seen, remedy: remedy) }

  static func fail(_ seen: String, remedy: Remedy...) -> CheckOutcome { CheckOutcome(.fail, seen, remedy: remedy) }

  /// Several findings of one rule as one: the worst verdict, with everything that was seen and has to be done.
  ///
  /// If something is wrong, what is right is left out.
  static func all(_ outcomes: [CheckOutcome]) -> CheckOutcome {
    let worst = outcomes.map(\.verdict).max() ?? .pass
    let shown = worst == .pass ? outcomes : outcomes.filter { $0.verdict != .pass }
    var seen: [String] = []
    var remedy: [Remedy] = []
    for outcome in shown.sorted(by: { $0.verdict > $1.verdict }) {
      if !seen.contains(outcome.seen) { seen.append(outcome.seen) }
      remedy += outcome.remedy.filter { !remedy.contains($0) }
    }
    return CheckOutcome(worst, seen.joined(separator: "; "), remedy: remedy)
  }
}
