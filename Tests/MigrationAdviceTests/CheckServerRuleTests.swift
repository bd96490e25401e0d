import HistoryStores
import MigrationAdvice
import MigrationJournal
import StudentModuleHistory
import Testing

/// What the rules say of servers, from facts alone.
@Suite struct CheckServerRuleTests {
  @Test("every rule passes where nothing is wrong")
  func allPass() {
    for result in Checks.results(CheckFixture.facts) {
      #expect(result.verdict == .pass && result.remedy.isEmpty, "\(result)")
    }
  }

  @Test("names are different, fit for an option, and each rule says why it matters")
  func names() {
    #expect(Set(Checks.rules.map(\.name)).count == Checks.rules.count)
    for rule in Checks.rules {
      #expect(rule.name.allSatisfy { $0.isLowercase || $0 == "-" })
      #expect(!rule.title.isEmpty && !rule.why.isEmpty)
    }
  }

  @Test("without an extended table no rule fails")
  func nothingYet() {
    var facts = CheckFixture.facts
    facts.extended.removeTable()
    for result in Checks.results(facts) { #expect(result.verdict != .fail && result.verdict != .warn, "\(result)") }
    #expect(Checks.results(facts, only: ["starting-id"])[0].verdict == .skipped)
  }

  @Test("a server that does not answer fails one rule; what depends on it is skipped and never passes")
  func unreachable() {
    var facts = CheckFixture.facts
    // What it says is no server's to tell.
    facts.configuration = nil
    let obstacle = Obstacle("no server answers", remedy: Remedy(.provision), kind: .unreachable)
    facts.extended.server = .unknown(obstacle)
    facts.extended.table = .unknown(obstacle)
    facts.measurements = .unknown(obstacle)
    facts.startingID = .unknown(obstacle)
    facts.widestRow = .unknown(obstacle)
    facts.standingRows = .unknown(obstacle)
    facts.activity = .unknown(obstacle)
    facts.recordMismatch = .unknown(obstacle)
    for result in Checks.results(facts) where result.rule != "flags" {
      #expect(result.verdict == (result.rule == "reachability" ? .fail : .skipped), "\(result)")
    }
  }

  @Test("what the migration needs for certain fails, what may come later is a warning, each with one GRANT for its way")
  func privileges() {
    func result(_ missing: [PrivilegedStep: Set<Privilege>], _ phase: Phase? = nil) -> CheckResult {
      CheckFacts.result("privileges") {
        $0.measurements = .known(CheckFixture.measurements(progress: phase, upperBound: 1))
        $0.extended.privileges = .known(
          PrivilegeFindings(
            side: .extended, location: "csmh@db2:3306/edxapp_csmh", database: "edxapp_csmh",
            account: Account(user: "csmh", host: "%"), missing: missing))
      }
    }
    let there =
      "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER ON `edxapp\\_csmh`.* TO 'csmh'@'%' /* csmh@db2:3306/edxapp_csmh */;"
    let back =
      "GRANT SELECT, INSERT, UPDATE, DELETE, LOCK TABLES ON `edxapp\\_csmh`.* TO 'csmh'@'%' /* csmh@db2:3306/edxapp_csmh */;"
    let copy = result([.copy: [.insert], .drain: [.insert], .bringBack: [.lockTables]])
    #expect(copy.verdict == .fail && copy.remedy.map(\.description) == [there, back])
    #expect(copy.seen.contains("csmh copy needs INSERT on edxapp_csmh, which 'csmh'@'%' lacks"))
    #expect(result([.fence: [.delete]]).verdict == .fail)
    #expect(result([.provision: [.create]]).verdict == .fail)
    #expect(result([.provision: [.create]], .copying).verdict == .pass, "it is provisioned")
    #expect(result([.offset: [.alter]], .copying).verdict == .warn)
    #expect(result([.fence: [.delete]], .drained).verdict == .warn)
    let later = result([.bringBack: [.lockTables]])
    #expect(later.verdict == .warn && later.remedy.map(\.description) == [back])
    let unknown = CheckFacts.result("privileges") { $0.original.privileges = .unknown(Obstacle("lost")) }
    #expect(unknown.verdict == .skipped)
  }

  @Test(
    "SHOW GRANTS is understood",
    arguments: [
      ("GRANT ALL PRIVILEGES ON *.* TO `u`@`%`", true), ("GRANT TRIGGER ON `edxapp`.* TO `u`@`%`", true),
      ("GRANT SELECT, TRIGGER ON `edx%`.* TO `u`@`%`", true), ("GRANT TRIGGER ON `edxap_`.* TO `u`@`%`", true),
      ("GRANT TRIGGER ON `edxap\\_`.* TO `u`@`%`", false), ("GRANT TRIGGER ON `edxapp`.`t` TO `u`@`%`", true),
      ("GRANT TRIGGER ON `edxapp`.`other` TO `u`@`%`", false), ("GRANT SELECT ON *.* TO `u`@`%`", false),
      ("GRANT USAGE ON *.* TO `TRIGGER`@`%`", false), ("GRANT `a role`@`%` TO `u`@`%`", false),
    ])
  func grants(line: String, isHeld: Bool) {
    let list = GrantList([line])
    #expect(list.holds("TRIGGER", database: "edxapp", table: "t") == isHeld)
    #expect(list.hasRoles == line.contains("role"))
  }

  @Test("a mode that is not strict is a warning", arguments: ["", "NO_ENGINE_SUBSTITUTION"])
  func mode(mode: String) {
    let result = CheckFacts.result("sql-mode") { $0.extended.changeServer { $0.variables["sql_mode"] = mode } }
    #expect(result.verdict == .warn && result.seen.hasPrefix("extended: "))
    #expect(result.remedy.first?.description.hasPrefix("SET GLOBAL sql_mode = ") == true)
  }

  @Test("a row from the future tells that times are not UTC")
  func future() {
    let result = CheckFacts.result("time-zone") { $0.activity = .known(CheckFixture.activity(original: -7_200)) }
    #expect(result.verdict == .warn && result.seen.contains("2.0 h in the future"), "\(result)")
  }

  @Test("STATEMENT is a failure where csmh writes and a warning where it reads, and none without a log")
  func isolation() {
    func verdict(_ side: WritableKeyPath<CheckFacts, CheckFacts.Side>, _ name: String, _ value: String) -> CheckVerdict
    {
      CheckFacts.result("isolation") { $0[keyPath: side].changeServer { $0.variables[name] = value } }.verdict
    }
    #expect(verdict(\.extended, "binlog_format", "STATEMENT") == .fail)
    #expect(verdict(\.original, "binlog_format", "STATEMENT") == .warn)
    #expect(verdict(\.original, "transaction_isolation", "SERIALIZABLE") == .warn)
    let silent = CheckFacts.result("isolation") {
      $0.extended.changeServer { $0.variables.merge(["binlog_format": "STATEMENT", "log_bin": "OFF"]) { $1 } }
    }
    #expect(silent.verdict == .pass)
  }

  @Test("a read-only server fails, one that follows another is a warning, and what is hidden is skipped with its GRANT")
  func replication() {
    let readOnly = CheckFacts.result("replication") { $0.original.changeServer { $0.variables["read_only"] = "ON" } }
    #expect(readOnly.verdict == .fail)
    let follower = CheckFacts.result("replication") {
      $0.original.changeServer { $0.replication = .known([.init(host: "db0", isRunning: true, lagSeconds: 40)]) }
    }
    #expect(follower.verdict == .warn && follower.seen.contains("db0, lag 40 s"), "\(follower)")
    let followed = CheckFacts.result("replication") { $0.extended.changeServer { $0.replicaCount = .known(2) } }
    #expect(followed.verdict == .warn && followed.seen.contains("2 replicas"))
    let hidden = CheckFacts.result("replication") {
      $0.extended.changeServer { $0.replicaCount = .unknown(Obstacle("hidden", remedy: Remedy(.grant, "PROCESS"))) }
    }
    #expect(hidden.verdict == .skipped && hidden.remedy.map(\.description) == ["GRANT PROCESS;"])
  }

  @Test("a cluster is a warning, and a failure while the node is out of step")
  func galera() {
    func result(_ state: String) -> CheckResult {
      CheckFacts.result("galera") {
        $0.extended.changeServer {
          $0.variables.merge([
            "wsrep_on": "ON", "wsrep_cluster_size": "3", "wsrep_cluster_status": "Primary",
            "wsrep_local_state_comment": state,
          ]) { $1 }
        }
      }
    }
    #expect(result("Synced").verdict == .warn && result("Synced").seen.contains("a cluster of 3 nodes"))
    #expect(result("Donor/Desynced").verdict == .fail)
  }

  @Test("a transaction counts as long from a minute on", arguments: [(59.0, CheckVerdict.pass), (60.0, .warn)])
  func transactions(seconds: Double, verdict: CheckVerdict) {
    let result = CheckFacts.result("long-transactions") {
      $0.original.changeServer {
        $0.transactions = .known([
          .init(threadID: 17, seconds: seconds, user: "edxapp001", database: "edxapp", touchedRowCount: 3)
        ])
      }
    }
    #expect(result.verdict == verdict)
    if verdict == .warn {
      #expect(result.remedy.map(\.description) == ["let it end, or KILL 17; on the original server"])
    }
  }

  @Test("an extended server that forgets what it has committed is warned of, with either setting that lets it")
  func flushing() {
    func verdict(_ flush: String, _ syncs: String = "1", log: String = "ON") -> CheckVerdict {
      CheckFacts.result("flush-at-commit") {
        $0.extended.changeServer {
          $0.variables["innodb_flush_log_at_trx_commit"] = flush
          $0.variables["sync_binlog"] = syncs
          $0.variables["log_bin"] = log
        }
      }.verdict
    }
    #expect([verdict("1"), verdict("3"), verdict("1", "0", log: "OFF")].allSatisfy { $0 == .pass })
    #expect([verdict("0"), verdict("2"), verdict("1", "0")].allSatisfy { $0 == .warn })
  }

  @Test("a database that went back in time fails, with the command that brings both to agree")
  func record() {
    let result = CheckFacts.result("record") { $0.recordMismatch = .known("the extended database went back in time") }
    #expect(result.verdict == .fail && result.remedy.contains { "\($0)".contains("csmh reconcile") }, "\(result)")
  }
}
