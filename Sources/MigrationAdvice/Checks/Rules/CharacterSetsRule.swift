internal import StudentModuleHistory

/// The extended table's character sets hold every character of the original ones.
struct CharacterSetsRule: CheckRule {
  let name = "character-sets"
  let title = "the extended table holds every character of the original one"
  let why = "a character that the target cannot hold stops its range; older scripts stored a question mark in its place"
  let reasonToSkipSQLite: String? = "SQLite stores every text as UTF-8"

  func outcome(_ facts: CheckFacts) -> CheckOutcome {
    outcome(ofTableOn: facts.original) { _, original in
      if facts.extended.table.obstacle?.isAbsence == true {
        return .pass("original: \(described(original)); a new extended table gets utf8mb4")
      }
      return outcome(ofTableOn: facts.extended) { _, extended in
        let tooNarrow = ["state", "version"].filter { column in
          !Self.holds(extended.columns[column]?.characterSet, original.columns[column]?.characterSet)
        }
        let seen = "original: \(described(original)); extended: \(described(extended))"
        guard !tooNarrow.isEmpty else { return .pass(seen) }
        return .fail(
          "\(seen): \(tooNarrow.joined(separator: " and ")) may hold characters that do not fit",
          remedy: Remedy(.convertCharacterSet, extended.sqlName))
      }
    }
  }

  private func described(_ table: CheckFacts.Table) -> String {
    let column = table.columns["state"]
    return [column?.characterSet, column?.collation.map { "(\($0))" }].compactMap { $0 }.joined(separator: " ")
  }

  /// Whether every text of the second character set has a place in the first. Unknown sets hold only themselves.
  /// https://dev.mysql.com/doc/refman/8.4/en/charset-unicode-conversion.html
  private static func holds(_ target: String?, _ source: String?) -> Bool {
    guard let target, let source else { return true }
    let narrower: [String: Set<String>] = [
      "utf8mb4": ["utf8", "utf8mb3", "latin1", "ascii"], "utf8mb3": ["utf8", "latin1", "ascii"],
      "utf8": ["utf8mb3", "latin1", "ascii"], "latin1": ["ascii"],
    ]
    return target == source || narrower[target]?.contains(source) ?? false
  }
}
