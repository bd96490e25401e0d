import MigrationAdvice
import MigrationJournal
import MigrationProtocol
import StudentModuleHistory
import Testing

/// What the rules say of tables and rows, from facts alone.
@Suite struct CheckTableRuleTests {
  @Test("a table that csmh does not know fails, and so does an extended one that cuts microseconds off")
  func generations() {
    let unknown = CheckFacts.result("table-generations") {
      $0.original.table = .unknown(Obstacle("it has a column `extra`", kind: .misconfigured))
    }
    #expect(unknown.verdict == .fail && unknown.seen.contains("`extra`"))
    let seconds = CheckFacts.result("table-generations") {
      $0.extended.changeTable { $0.columns["created"] = .init(type: "datetime") }
    }
    #expect(seconds.verdict == .fail)
    #expect(seconds.remedy.map(\.description) == ["ALTER TABLE `edxapp_csmh`.`t` MODIFY created datetime(6) NOT NULL;"])
    #expect(CheckFacts.result("table-generations") { $0.extended.removeTable() }.verdict == .pass)
  }

  @Test(
    "a target must hold what the source's character set can write",
    arguments: [
      ("utf8mb4", "utf8mb4", CheckVerdict.pass), ("utf8mb4", "utf8mb3", .fail), ("utf8mb4", "utf8", .fail),
      ("utf8mb3", "utf8mb4", .pass), ("utf8", "utf8mb3", .pass), ("utf8mb3", "latin1", .fail),
      ("latin1", "utf8mb3", .pass), ("ascii", "latin1", .pass), ("latin1", "ascii", .fail),
    ])
  func characterSets(source: String, target: String, verdict: CheckVerdict) {
    let result = CheckFacts.result("character-sets") {
      $0.original.table = .known(CheckFixture.table(.original, characterSet: source))
      $0.extended.table = .known(CheckFixture.table(.extended, characterSet: target))
    }
    #expect(result.verdict == verdict, "\(result)")
    #expect(result.remedy.isEmpty == (verdict == .pass))
  }

  @Test(
    "a starting id below the original ids fails; one that is reached within a day is a warning",
    arguments: [(1_000_001 as UInt64, CheckVerdict.fail), (1_000_002, .warn), (1_000_800, .warn), (1_001_000, .pass)])
  func startingID(next: UInt64, verdict: CheckVerdict) {
    // At 0.01 ids a second a day takes 864.
    let result = CheckFacts.result("starting-id") { $0.startingID = .known(CheckFixture.report(next: next)) }
    #expect(result.verdict == verdict, "\(result)")
    if verdict != .pass {
      #expect(result.remedy.first?.description.hasPrefix("csmh offset --repair --headroom ") == true)
    }
  }

  @Test("rows in the way fail, and copied rows do not")
  func collisions() {
    func result(_ missing: [UInt64], _ different: [UInt64]) -> CheckResult {
      CheckFacts.result("collisions") {
        $0.standingRows = .known(.init(rowCount: 9, withoutOriginal: missing, different: different))
      }
    }
    #expect(result([], []).verdict == .pass)
    #expect(result([3], []).verdict == .fail)
    #expect(result([], [1, 2, 3, 4, 5, 6, 7]).verdict == .fail)
    #expect(result([], [1, 2, 3, 4, 5, 6, 7]).seen.contains("(1, 2, 3, 4, 5 and 2 more)"))
  }

  @Test("the widest row must fit with a margin for what no sample shows")
  func packet() {
    func result(_ bytes: UInt64, isWhole: Bool, _ side: WritableKeyPath<CheckFacts, CheckFacts.Side>) -> CheckResult {
      CheckFacts.result("packet-size") {
        $0[keyPath: side].changeServer { $0.variables["max_allowed_packet"] = "1048576" }
        $0.widestRow = .known(
          .init(id: 7, statementByteCount: bytes, sampledRowCount: 100, isWholeTable: isWhole))
      }
    }
    #expect(result(2_000_000, isWhole: true, \.extended).verdict == .fail)
    #expect(
      result(2_000_000, isWhole: true, \.extended).remedy.first?.description.contains("max_allowed_packet = 2097152")
        == true)
    #expect(result(2_000_000, isWhole: true, \.original).verdict == .warn)
    #expect(result(600_000, isWhole: false, \.extended).verdict == .warn)
    #expect(result(600_000, isWhole: true, \.extended).verdict == .pass)
    #expect(result(600_000, isWhole: false, \.extended).seen.contains("100 rows, a sample"))
  }

  @Test("too little room fails, and room that nobody tells is skipped")
  func disk() {
    func result(_ bytes: UInt64?) -> CheckResult {
      CheckFacts.result("disk-space") { $0.measurements = .known(CheckFixture.measurements(freeBytes: bytes)) }
    }
    #expect(result(1_000_000_000).verdict == .fail)
    #expect(result(1_000_000_000).seen.contains("binary log included"))
    #expect(result(nil).verdict == .skipped)
    #expect(result(nil).remedy.first?.description.contains("GRANT FILE ON *.* TO 'csmh'@'%'") == true)
  }

  @Test("a foreign key on the extended table fails, and one on the original is a warning")
  func foreignKeys() {
    let key = CheckFacts.ForeignKey(name: "f", definition: "FOREIGN KEY (`student_module_id`) REFERENCES `m` (`id`)")
    let extended = CheckFacts.result("foreign-keys") { $0.extended.changeTable { $0.foreignKeys = [key] } }
    #expect(
      extended.verdict == .fail
        && extended.remedy.map(\.description) == ["ALTER TABLE `edxapp_csmh`.`t` DROP FOREIGN KEY `f`;"])
    #expect(CheckFacts.result("foreign-keys") { $0.original.changeTable { $0.foreignKeys = [key] } }.verdict == .warn)
  }

  @Test("a trigger on inserts of the extended table fails, others are warnings, and hidden ones are skipped")
  func triggers() {
    let insert = CheckFacts.Trigger(name: "a", event: "INSERT")
    let extended = CheckFacts.result("triggers") { $0.extended.changeTable { $0.triggers = .known([insert]) } }
    #expect(extended.verdict == .fail && extended.remedy.last?.description == "DROP TRIGGER `edxapp_csmh`.`a`;")
    #expect(
      CheckFacts.result("triggers") { $0.original.changeTable { $0.triggers = .known([insert]) } }.verdict == .warn)
    let hidden = CheckFacts.result("triggers") {
      $0.original.changeTable { $0.triggers = .unknown(Obstacle("hidden", remedy: Remedy(.grant, "TRIGGER"))) }
    }
    #expect(hidden.verdict == .skipped && hidden.remedy.map(\.description) == ["GRANT TRIGGER;"])
  }

  @Test("missing indexes and doubled ones are named")
  func indexes() {
    let missing = CheckFacts.result("indexes") { $0.extended.changeTable { $0.indexes.removeLast() } }
    #expect(
      missing.verdict == .fail && missing.remedy.first?.description.contains("ADD INDEX `student_module_idx`") == true)
    let version = CheckFacts.result("indexes") { $0.extended.changeTable { $0.indexes.remove(at: 1) } }
    #expect(version.verdict == .warn && version.seen == "no index begins with version")
    let double = CheckFacts.result("indexes") {
      $0.extended.changeTable { $0.indexes.append(.init(name: "s2", columns: ["student_module_id"])) }
    }
    #expect(
      double.verdict == .warn && double.remedy.map(\.description) == ["ALTER TABLE `edxapp_csmh`.`t` DROP INDEX `s2`;"])
  }

  @Test("ids that end within a month fail, within a year they are a warning, unless writes have moved")
  func ceiling() {
    func verdict(_ left: UInt64, flags: HistoryFlags = .off) -> CheckVerdict {
      CheckFacts.result("id-ceiling") {
        // One id a second.
        $0.measurements = .known(
          CheckFixture.measurements(idsPerSecond: 1, nextID: UInt64(Int32.max) + 1 - left, flags: flags))
      }.verdict
    }
    #expect(verdict(1_000_000) == .fail)
    #expect(verdict(20_000_000) == .warn)
    #expect(verdict(1_000_000_000) == .pass)
    #expect(verdict(1_000, flags: HistoryFlags(extendedEnabled: true, readOnlyFromExtended: false)) == .pass)
  }

  @Test("native rows with the flag off are a warning")
  func nativeRows() {
    func verdict(_ flags: HistoryFlags?) -> CheckVerdict {
      CheckFacts.result("native-rows") {
        $0.flags = flags
        $0.activity = .known(CheckFixture.activity(oldestNative: 10, native: 5))
      }.verdict
    }
    #expect(verdict(.off) == .warn)
    #expect(verdict(nil) == .pass)
    #expect(verdict(HistoryFlags(extendedEnabled: true, readOnlyFromExtended: false)) == .pass)
  }

  @Test("tables called after the history, and copied rows without a journal, are leftovers")
  func leftovers() {
    let table = CheckFacts.result("old-scripts") {
      $0.original.otherTables = ["auth_user", "_courseware_studentmodulehistory_gho"]
    }
    #expect(table.verdict == .warn && table.seen.contains("_courseware_studentmodulehistory_gho"))
    #expect(!table.seen.contains("auth_user"))
    func copied(_ upperBound: UInt64?) -> CheckVerdict {
      CheckFacts.result("old-scripts") {
        $0.measurements = .known(CheckFixture.measurements(progress: .copying, upperBound: upperBound))
        $0.standingRows = .known(.init(rowCount: 2_000, withoutOriginal: [], different: []))
      }.verdict
    }
    #expect(copied(nil) == .warn)
    #expect(copied(1_000_000) == .pass)
  }

  private static let on = HistoryFlags(extendedEnabled: true, readOnlyFromExtended: false)
  private static let readOnly = HistoryFlags(extendedEnabled: true, readOnlyFromExtended: true)

  @Test(
    "the original table must rest while the flag is on",
    arguments: [
      (HistoryFlags.off, CheckFixture.activity(original: 1, growth: 5), CheckVerdict.pass),
      (on, CheckFixture.activity(original: 90_000, growth: 1), .fail), (on, CheckFixture.activity(original: 20), .fail),
      (on, CheckFixture.activity(original: 1_000, oldestNative: 5_000), .warn),
      (on, CheckFixture.activity(original: 5_000, oldestNative: 1_000), .pass),
      (on, CheckFixture.activity(original: 5_000, oldestNative: 5_200), .pass),
    ])
  func writers(flags: HistoryFlags, activity: WriteActivity, verdict: CheckVerdict) {
    let result = CheckFacts.result("flags") {
      $0.flags = flags
      $0.activity = .known(activity)
    }
    #expect(result.verdict == verdict, "\(result)")
  }

  @Test("readers that were switched too early, a contradiction and unknown flags are told")
  func readers() {
    func verdict(_ flags: HistoryFlags?, _ phase: Phase?, _ bound: UInt64?) -> CheckVerdict {
      CheckFacts.result("flags") {
        $0.flags = flags
        $0.measurements = .known(CheckFixture.measurements(progress: phase, upperBound: bound, flags: flags))
      }.verdict
    }
    #expect(verdict(Self.readOnly, nil, nil) == .fail)
    #expect(verdict(Self.readOnly, .copied, 1_000_000) == .fail)
    #expect(verdict(Self.readOnly, .verified, 999_999) == .fail)
    #expect(verdict(Self.readOnly, .verified, 1_000_000) == .pass)
    #expect(verdict(HistoryFlags(extendedEnabled: false, readOnlyFromExtended: true), nil, nil) == .fail)
    #expect(verdict(nil, nil, nil) == .skipped)
  }
}
