internal import MigrationProtocol
internal import StudentModuleHistory

/// No row stands in the way of a copy.
struct CollisionsRule: CheckRule {
  let name = "collisions"
  let title = "no row of the extended table collides with an original one"
  let why = "the range of a colliding id cannot be copied: csmh overwrites nothing"

  func outcome(_ facts: CheckFacts) -> CheckOutcome {
    outcome(ofTableOn: facts.extended) { _, _ in
      facts.standingRows.outcome { standing in
        guard standing.rowCount > 0 else { return .pass("no row stands among the original ids") }
        let looked = "of the lowest and highest \(CheckText.rows(standing.rowCount)) among the original ids"
        var problems: [String] = []
        if !standing.different.isEmpty {
          problems.append(
            "\(standing.different.count) have another content than the original row with the same id"
              + " (\(CheckText.list(standing.different)))")
        }
        if !standing.withoutOriginal.isEmpty {
          problems.append(
            "\(standing.withoutOriginal.count) have no original row (\(CheckText.list(standing.withoutOriginal)))")
        }
        guard !problems.isEmpty else { return .pass("\(looked) all have the original's student module and time") }
        return .fail(
          "\(looked), \(problems.joined(separator: ", and "))",
          remedy: Remedy(.rekeyCollisions),
          Remedy(.copyNamesRows))
      }
    }
  }
}
