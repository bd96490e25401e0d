internal import StudentModuleHistory

/// No foreign key refuses or removes rows.
struct ForeignKeysRule: CheckRule {
  let name = "foreign-keys"
  let title = "no foreign key stands on the tables"
  let why =
    "the extended table has none in Open edX: one would refuse rows whose student module is elsewhere; one on the original"
    + " table lets a deleted student module wait until the range with its rows is committed"
  let reasonToSkipSQLite: String? = "SQLite enforces foreign keys only for programs that ask for it"

  func outcome(_ facts: CheckFacts) -> CheckOutcome {
    bothTables(facts) { side, table in
      .all(
        table.foreignKeys.isEmpty
          ? [.pass("\(side.side.rawValue): none")]
          : table.foreignKeys.map { key in
            let seen = "\(side.side.rawValue): \(key.name) \(key.definition)"
            return side.side == .extended
              ? .fail(seen, remedy: Remedy(.dropForeignKey, table.sqlName, key.name))
              : .warn(
                seen,
                remedy: Remedy(.mayDropForeignKey, table.sqlName, key.name))
          })
    }
  }
}
