internal import StudentModuleHistory

/// The servers' isolation and binary log go with READ COMMITTED.
struct IsolationRule: CheckRule {
  let name = "isolation"
  let title = "isolation and binary log allow READ COMMITTED"
  let why =
    "csmh and Open edX work with READ COMMITTED, whose writes a server refuses while binlog_format is STATEMENT; with"
    + " SERIALIZABLE every plain read locks rows"
  let reasonToSkipSQLite: String? = "SQLite has one writer at a time"

  func outcome(_ facts: CheckFacts) -> CheckOutcome {
    bothSides(facts) { side, server in
      let level = server.variable("transaction_isolation", "tx_isolation") ?? "?"
      // https://dev.mysql.com/doc/refman/8.4/en/innodb-transaction-isolation-levels.html
      if server.isOn("log_bin"), server.variable("binlog_format") == "STATEMENT" {
        return CheckOutcome(
          // csmh writes only to the extended side.
          side.side == .extended ? .fail : .warn, "\(side.side.rawValue): binlog_format is STATEMENT",
          remedy: [Remedy(.logRowsForGood)])
      }
      guard level != "SERIALIZABLE" else {
        return .warn(
          "\(side.side.rawValue): SERIALIZABLE",
          remedy: Remedy(.readCommitted))
      }
      let log = server.isOn("log_bin") ? ", binary log \(server.variable("binlog_format") ?? "on")" : ""
      return .pass("\(side.side.rawValue): \(level) by default\(log)")
    }
  }
}
