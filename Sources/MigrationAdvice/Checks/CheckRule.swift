internal import StudentModuleHistory

/// One thing that has to hold before or during a migration. Decides from facts, without I/O.
package protocol CheckRule: Sendable {
  /// The name for `--rule`: lower case, with hyphens.
  var name: String { get }

  /// What holds if the rule passes, in a few words.
  var title: String { get }

  /// Why it matters, in a sentence.
  var why: String { get }

  /// Why the rule makes no sense for SQLite files; nil if it does.
  var reasonToSkipSQLite: String? { get }

  func outcome(_ facts: CheckFacts) -> CheckOutcome
}

extension CheckRule {
  package var reasonToSkipSQLite: String? { nil }

  /// The outcome of both sides, where each is looked at by itself. A side whose server does not answer is skipped.
  func bothSides(_ facts: CheckFacts, _ body: (CheckFacts.Side, CheckFacts.Server) -> CheckOutcome) -> CheckOutcome {
    .all(facts.sides.map { side in outcome(of: side, body) })
  }

  /// The outcome of one side.
  func outcome(
    of side: CheckFacts.Side, _ body: (CheckFacts.Side, CheckFacts.Server) -> CheckOutcome
  ) -> CheckOutcome {
    switch side.server {
    case .known(let server): body(side, server)
    // What is wrong is told by the rule of reachability, once.
    case .unknown: .skipped(side.absenceText)
    }
  }
}

extension CheckRule {
  /// The outcome of a table; skipped where there is none or where it cannot be read.
  func outcome(
    ofTableOn side: CheckFacts.Side, _ body: (CheckFacts.Side, CheckFacts.Table) -> CheckOutcome
  ) -> CheckOutcome {
    switch side.table {
    case .known(let table): body(side, table)
    case .unknown where side.server.value == nil: .skipped(side.absenceText)
    case .unknown(let obstacle) where obstacle.isAbsence && side.side == .extended:
      .skipped("there is no extended table yet", remedy: Remedy(.provision))
    case .unknown(let obstacle): .skipped("\(side.name): \(obstacle.reason)", remedy: obstacle.remedy)
    }
  }

  /// The outcome of both tables, where each is looked at by itself.
  func bothTables(_ facts: CheckFacts, _ body: (CheckFacts.Side, CheckFacts.Table) -> CheckOutcome) -> CheckOutcome {
    .all(facts.sides.map { side in outcome(ofTableOn: side, body) })
  }
}
