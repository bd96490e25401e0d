internal import StudentModuleHistory

/// The servers refuse what a column cannot hold.
struct SQLModeRule: CheckRule {
  let name = "sql-mode"
  let title = "the servers are strict"
  let why =
    "csmh sets its own sql_mode, but the LMS may take the server's: without a strict one a value that does not fit is cut off"
  let reasonToSkipSQLite: String? = "SQLite has no sql_mode"

  func outcome(_ facts: CheckFacts) -> CheckOutcome {
    bothSides(facts) { side, server in
      guard let mode = server.variable("sql_mode") else { return .skipped("\(side.name) does not tell its sql_mode") }
      let seen = "\(side.side.rawValue): \(mode.isEmpty ? "no mode" : mode)"
      // https://dev.mysql.com/doc/refman/8.4/en/sql-mode.html#sql-mode-strict
      guard !mode.contains("STRICT_TRANS_TABLES"), !mode.contains("STRICT_ALL_TABLES") else { return .pass(seen) }
      return .warn(
        "\(seen), which is not strict",
        remedy: Remedy(.beStrict))
    }
  }
}
