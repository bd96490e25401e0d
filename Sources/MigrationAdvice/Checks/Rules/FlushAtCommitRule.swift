internal import StudentModuleHistory

/// What the extended server has committed is on its disk.
struct FlushAtCommitRule: CheckRule {
  let name = "flush-at-commit"
  let title = "what the extended server has committed is on its disk"
  let why =
    "a server that loses its power forgets what was not flushed: csmh drain waits until the copies are before it removes a row, and what learners wrote last is lost"
  let reasonToSkipSQLite: String? = "SQLite flushes at each commit"

  func outcome(_ facts: CheckFacts) -> CheckOutcome {
    outcome(of: facts.extended) { side, server in
      guard let flush = server.variable("innodb_flush_log_at_trx_commit") else {
        return .skipped("\(side.name) does not tell its innodb_flush_log_at_trx_commit")
      }
      // 3 is MariaDB's: at each step of a group commit.
      guard ["1", "3"].contains(flush) else {
        return .warn("innodb_flush_log_at_trx_commit is \(flush)", remedy: Remedy(.flushAtCommit))
      }
      if server.variable("log_bin") == "ON", let syncs = server.variable("sync_binlog"), syncs != "1" {
        return .warn("sync_binlog is \(syncs)", remedy: Remedy(.flushAtCommit))
      }
      return .pass("the extended server flushes at each commit")
    }
  }
}
