internal import StudentModuleHistory

/// No trigger changes what is written.
struct TriggersRule: CheckRule {
  let name = "triggers"
  let title = "no trigger stands on the tables"
  let why =
    "a trigger on the extended table runs for every copied row; one on the original table often belongs to a tool that copies"
    + " it, too"
  let reasonToSkipSQLite: String? = "csmh does not look for triggers in SQLite files"

  func outcome(_ facts: CheckFacts) -> CheckOutcome {
    bothTables(facts) { side, table in
      table.triggers.outcome { triggers in
        guard !triggers.isEmpty else { return .pass("\(side.side.rawValue): none") }
        let seen =
          "\(side.side.rawValue): " + triggers.map { "\($0.name) (\($0.event))" }.joined(separator: ", ")
        let drops = triggers.map { Remedy(.dropTrigger, "`\(side.database)`.`\($0.name)`") }
        let isDangerous = side.side == .extended && triggers.contains { $0.event == "INSERT" }
        return CheckOutcome(isDangerous ? .fail : .warn, seen, remedy: [Remedy(.findTriggersOwner)] + drops)
      }
    }
  }
}
