internal import MigrationBase
internal import MigrationProtocol
internal import StudentModuleHistory

/// Nothing is left of another tool's copy.
struct OldScriptsRule: CheckRule {
  let name = "old-scripts"
  let title = "nothing is left of older copying scripts"
  let why =
    "an older script may still run, and a table that it left takes room; rows that it copied are adopted if they equal the"
    + " original, whatever was lost beside them"

  func outcome(_ facts: CheckFacts) -> CheckOutcome {
    .all(facts.sides.map { tables(on: $0) } + [copiedRows(facts)])
  }

  /// Tables that are called after a history table, as pt-online-schema-change, gh-ost and people call what they leave.
  private func tables(on side: CheckFacts.Side) -> CheckOutcome {
    guard side.server.value != nil else { return .skipped(side.absenceText) }
    let left = side.otherTables.filter { name in
      name.lowercased().contains("studentmodulehistory")
    }.sorted()
    guard !left.isEmpty else { return .pass("\(side.side.rawValue): no other history tables") }
    return CheckOutcome(
      .warn, "\(side.side.rawValue): \(left.joined(separator: ", ")) beside the history table",
      remedy: [Remedy(.findTablesOwner)])
  }

  /// Rows with original ids that no journal knows.
  private func copiedRows(_ facts: CheckFacts) -> CheckOutcome {
    if facts.extended.table.obstacle?.isAbsence == true { return .pass("no extended table yet") }
    return facts.measurements.outcome { measured in
      facts.standingRows.outcome { standing in
        guard measured.progress?.upperBound == nil, standing.rowCount > 0 else {
          return .pass("no copied rows without a journal")
        }
        let copied = standing.rowCount - standing.different.count - standing.withoutOriginal.count
        guard copied > 0 else { return .pass("no copied rows without a journal") }
        return .warn(
          "the extended table holds copied rows of which no journal knows: at least \(Format.count(copied))",
          remedy: Remedy(.stopOldScript),
          Remedy(.migrateAdopts))
      }
    }
  }
}
