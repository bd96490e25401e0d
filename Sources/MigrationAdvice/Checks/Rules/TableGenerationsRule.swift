internal import StudentModuleHistory

/// Both tables have forms that csmh knows, and the extended one holds every value of the original one.
struct TableGenerationsRule: CheckRule {
  let name = "table-generations"
  let title = "both tables have a form that csmh knows"
  let why = "a column of another type, or one that csmh does not know, would lose what it holds"

  func outcome(_ facts: CheckFacts) -> CheckOutcome {
    .all(facts.sides.map { form(of: $0) } + [precision(facts)])
  }

  private func form(of side: CheckFacts.Side) -> CheckOutcome {
    switch side.table {
    case .known(let table): .pass("\(side.side.rawValue): \(table.generation)")
    case .unknown where side.server.value == nil: .skipped(side.absenceText)
    case .unknown(let obstacle) where obstacle.isAbsence && side.side == .extended:
      .pass("extended: no table yet, csmh provision makes today's")
    case .unknown(let obstacle) where obstacle.kind == .misconfigured:
      CheckOutcome(.fail, obstacle.reason, remedy: obstacle.remedy.map { [$0] } ?? [])
    case .unknown(let obstacle): .skipped("\(side.name): \(obstacle.reason)", remedy: obstacle.remedy)
    }
  }

  private func precision(_ facts: CheckFacts) -> CheckOutcome {
    guard let source = facts.original.table.value?.columns["created"], let target = facts.extended.table.value,
      let created = target.columns["created"], created.precision < source.precision
    else { return .pass("every value of the original columns fits") }
    return .fail(
      "created is \(source.type) in the original table and \(created.type) in the extended one: rows with a fraction of a"
        + " second would be refused",
      remedy: Remedy(.widenCreated, target.sqlName, source.type))
  }
}
