/// All rules, in the order in which they are told.
package enum Checks {
  package static let rules: [any CheckRule] = [
    ReachabilityRule(), PrivilegesRule(), TableGenerationsRule(), CharacterSetsRule(), SQLModeRule(), TimeZoneRule(),
    IsolationRule(), StartingIDRule(), CollisionsRule(), PacketSizeRule(), DiskSpaceRule(), ForeignKeysRule(),
    TriggersRule(), IndexesRule(), ReplicationRule(), GaleraRule(), IDCeilingRule(), NativeRowsRule(), OldScriptsRule(),
    FlagsRule(), RoutersRule(), ApplicationRule(), StudioRule(), DjangoMigrationsRule(), LongTransactionsRule(),
    FlushAtCommitRule(), RecordRule(),
  ]

  /// Applies rules to facts.
  ///
  /// - Parameter names: the rules to apply, in any order; nil for all of them.
  package static func results(_ facts: CheckFacts, only names: Set<String>? = nil) -> [CheckResult] {
    rules.filter { names?.contains($0.name) ?? true }.map { result(of: $0, facts) }
  }

  static func result(of rule: some CheckRule, _ facts: CheckFacts) -> CheckResult {
    let outcome =
      if facts.isSQLite, let reason = rule.reasonToSkipSQLite {
        CheckOutcome.skipped(reason)
      } else {
        rule.outcome(facts)
      }
    return CheckResult(
      rule: rule.name, title: rule.title, verdict: outcome.verdict, seen: outcome.seen, why: rule.why,
      remedy: outcome.remedy)
  }
}
