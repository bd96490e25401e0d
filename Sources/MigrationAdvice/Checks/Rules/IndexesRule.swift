internal import StudentModuleHistory

/// The extended table has the indexes that Open edX reads by, each once.
struct IndexesRule: CheckRule {
  let name = "indexes"
  let title = "the extended table has its indexes, each once"
  let why =
    "without an index on student_module_id every history that is shown reads the whole table; a second index of the same"
    + " columns costs time and room with every row"
  let reasonToSkipSQLite: String? = "the indexes of demo files do not matter"

  private static let wanted = ["student_module_id", "version", "created"]

  func outcome(_ facts: CheckFacts) -> CheckOutcome {
    outcome(ofTableOn: facts.extended) { _, table in
      .all(Self.wanted.compactMap { missing($0, table) } + duplicates(table) + [whole(table)])
    }
  }

  private func whole(_ table: CheckFacts.Table) -> CheckOutcome {
    .pass(table.indexes.map { "\($0.name) (\($0.columns.joined(separator: ", ")))" }.joined(separator: ", "))
  }

  private func missing(_ column: String, _ table: CheckFacts.Table) -> CheckOutcome? {
    guard !table.indexes.contains(where: { $0.columns.first == column }) else { return nil }
    // Only student modules are looked up by the LMS itself; the others serve its administrators.
    return CheckOutcome(
      column == "student_module_id" ? .fail : .warn, "no index begins with \(column)",
      remedy: [Remedy(.addIndex, table.sqlName, Self.name(for: column), column)])
  }

  private static func name(for column: String) -> String {
    column == "student_module_id" ? "student_module_idx" : "csmhe_\(column)_idx"
  }

  private func duplicates(_ table: CheckFacts.Table) -> [CheckOutcome] {
    var first: [[String]: String] = [:]
    return table.indexes.compactMap { index in
      guard let earlier = first[index.columns] else {
        first[index.columns] = index.name
        return nil
      }
      return .warn(
        "\(index.name) has the same columns as \(earlier) (\(index.columns.joined(separator: ", ")))",
        remedy: Remedy(.dropSecondIndex, table.sqlName, index.isUnique ? earlier : index.name))
    }
  }
}
