import Foundation
import MigrationBase
import MigrationJournal
import MigrationProtocol
import StudentModuleHistory
import TestSupport
import Testing

/// Comparing: what is gone on with, what is mended, what a sample says.
@Suite(.limitedConcurrency) struct VerifyTests {
  private static let extended = TestInstallation.extendedTable
  private static let original = "courseware_studentmodulehistory"

  /// Copied and compared, with as many rows, and ranges of 50 rows but for the first one and the last ones.
  private static func migrated(
    _ place: TestInstallation.Place = .betweenMariaDBs, rows: Int = 3_000
  ) async throws -> TestInstallation {
    let installation = try await TestInstallation(place)
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(Tables.plainRows(rows))
    // An id that a late transaction may still take.
    try await installation.original("DELETE FROM \(original) WHERE id = 505")
    let options = CopyOptions(workerCount: 1, sizer: RangeSizer(maximumRowCount: 50))
    let outcome = try await Migration(
      lanes: installation.pair, headroom: 10_000, options: options, stop: StopSignal()
    ).run { _, _ in }
    try #require(outcome.isComplete)
    return installation
  }

  private static func document(_ result: Command.Result) throws -> [String: Any] {
    let line = try #require(
      result.output.split(separator: "\n").last { $0.contains("\"event\":\"verify\"") },
      "\(result.output)\(result.error)")
    return try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
  }

  private static func rows(_ differences: Any?) -> [[String: Any]] {
    (differences as? [[String: Any]] ?? []).flatMap { $0["rows"] as? [[String: Any]] ?? [] }
  }

  private static func phase(_ installation: TestInstallation) async throws -> String? {
    try await installation.extendedRows("SELECT phase FROM csmh_migration")[0][0]
  }

  // MARK: Repair

  @Test(
    "verify --repair mends what differs in copied ranges, tells the causes, and touches neither native rows nor strangers",
    arguments: TestInstallation.Place.all)
  func repair(place: TestInstallation.Place) async throws {
    let installation = try await Self.migrated(place)
    try await installation.extended(
      "INSERT INTO \(Self.extended) (student_module_id, created, state) VALUES (3, '2026-01-01', 'native')",
      "DELETE FROM \(Self.extended) WHERE id IN (100, 2900)",
      "UPDATE \(Self.extended) SET state = REPLACE(state, '\"', '?'), max_grade = 2 WHERE id = 1200",
      // Never copied: not for a repair to copy.
      "UPDATE csmh_range SET state = 'pending', digest = NULL, row_count = NULL WHERE upper_id >= 2990",
      "DELETE FROM \(Self.extended) WHERE id BETWEEN 2990 AND 3000")
    try await installation.original(
      Tables.plainRows(1, from: 505), "UPDATE \(Self.original) SET grade = 0.1, state = 'später 🎓' WHERE id = 1700",
      // Raw SQL, as no LMS deletes.
      "DELETE FROM \(Self.original) WHERE id = 2042")
    let natives = try await installation.extendedRows("SELECT * FROM \(Self.extended) WHERE state = 'native'")

    let first = try await installation.csmh("verify", "--repair", "--json")
    #expect(first.status == 1, "\(first.output)\(first.error)")
    let document = try Self.document(first)
    let repair = try #require(document["repair"] as? [String: Any])
    let causes = Dictionary(
      uniqueKeysWithValues: Self.rows(repair["differences"]).map { ($0["id"] as! Int, $0["cause"] as! String) })
    #expect(
      causes == [
        100: "removed from the extended table", 505: "late commit", 1_200: "changed in the extended table",
        1_700: "update after copy", 2_042: "deleted original", 2_900: "removed from the extended table",
      ])
    #expect(
      repair["added_rows"] as? Int == 3 && repair["changed_rows"] as? Int == 2 && repair["removed_rows"] as? Int == 0)
    #expect(Self.rows(document["differences"]).map { $0["id"] as? Int } == [2_042], "what is left")
    #expect(document["is_equal"] as? Bool == false)
    #expect(
      try await installation.extendedRows("SELECT COUNT(*) FROM \(Self.extended) WHERE id BETWEEN 2990 AND 3000") == [
        ["0"]
      ],
      "it copied a range that was never copied")

    #expect(try await installation.csmh("copy").status == 1, "the stranger's range stays stopped")
    let unfenced = try await installation.csmh("verify", "--repair", "--remove-deleted")
    #expect(unfenced.status == 1 && unfenced.output.contains("there is no fence"), "\(unfenced.output)")
    _ = try await Fence(lanes: installation.pair, stop: StopSignal()).take()
    let removed = try await installation.csmh("verify", "--repair", "--remove-deleted")
    #expect(removed.status == 0 && removed.output.contains("0 changed, 1 removed"), "\(removed.output)\(removed.error)")
    let rows = try await installation.dumpOriginal()
    #expect(try await installation.dumpExtended(upTo: "3000") == rows)
    #expect(
      try await installation.extendedRows("SELECT * FROM \(Self.extended) WHERE state = 'native'") == natives)
    #expect(try await Self.phase(installation) == "verified")
    #expect(
      try await installation.extendedRows("SELECT COUNT(*) FROM csmh_event WHERE kind = 'repaired'") == [["3"]])
    let nothing = try await installation.csmh("verify", "--repair")
    #expect(nothing.status == 0 && nothing.output.contains("nothing to mend"), "\(nothing.output)")
  }

  @Test("killed before a mended range is committed: the next repair mends it")
  func repairKilled() async throws {
    let installation = try await Self.migrated(rows: 1_200)
    try await installation.extended("DELETE FROM \(Self.extended) WHERE id IN (3, 1100)")
    let killed = try await installation.csmh(
      "verify", "--repair", environment: ["CSMH_CRASH_AT": "before-mend-commit:2"])
    #expect(killed.status == 128 + 9)
    #expect(try await installation.csmh("verify", "--repair").status == 0)
    #expect(try await installation.dumpExtended() == installation.dumpOriginal())
  }

  @Test(
    "an original table that was emptied is no measure: verify, with or without --repair, refuses and writes nothing down"
  )
  func emptied() async throws {
    let installation = try await Self.migrated(rows: 1_200)
    let copies = try await installation.dumpExtended()
    try await installation.original("TRUNCATE TABLE \(Self.original)", Tables.plainRows(20))
    for options in [["verify"], ["verify", "--repair", "--remove-deleted"], ["verify", "--sample", "50"]] {
      let result = try await Command.csmh(options + installation.arguments)
      #expect(result.status == 1 && result.error.contains("emptied or made anew"), "\(result.output)\(result.error)")
    }
    #expect(try await Self.phase(installation) == "verified")
    #expect(try await installation.extendedRows("SELECT COUNT(*) FROM csmh_range WHERE state <> 'copied'") == [["0"]])
    #expect(try await installation.dumpExtended() == copies)
  }

  // MARK: Going on

  @Test(
    "killed in mid verify, the next one goes on where it stopped and speaks of all rows; --anew and a fence begin again",
    arguments: TestInstallation.Place.mariaDB)
  func killed(place: TestInstallation.Place) async throws {
    let installation = try await Self.migrated(place)
    for count in [30, 5] {
      let killed = try await installation.csmh(
        "verify", "--workers", "1", environment: ["CSMH_CRASH_AT": "in-verify:\(count)"])
      #expect(killed.status == 128 + 9, "it did not crash: \(killed.output)\(killed.error)")
    }
    let result = try await installation.csmh("verify", "--json")
    #expect(
      result.status == 0 && result.error.contains("Going on with the comparison"), "\(result.output)\(result.error)")
    let document = try Self.document(result)
    // A worker writes down twenty ranges at once; the second crash came before that.
    #expect((document["resumption"] as? [String: Any])?["ranges"] as? Int == 20)
    #expect(document["rows"] as? Int == 2_999, "the rows of before belong to the verdict")
    let ranges = try await installation.extendedRows("SELECT COUNT(*) FROM csmh_range")[0][0]
    #expect((document["ranges"] as? Int).map(String.init) == ranges)
    #expect((document["verdict"] as? String)?.hasPrefix("all 2999 rows") == true)

    // It ended: there is nothing to go on with.
    let again = try await installation.csmh("verify", "--json")
    #expect(try Self.document(again)["resumption"] == nil && again.status == 0)

    func crash() async throws {
      _ = try await installation.csmh("verify", "--workers", "1", environment: ["CSMH_CRASH_AT": "in-verify:30"])
    }
    try await crash()
    let anew = try await installation.csmh("verify", "--anew", "--json")
    #expect(try Self.document(anew)["resumption"] == nil && anew.error.contains("--anew was given"), "\(anew.error)")
    try await crash()
    _ = try await Fence(lanes: installation.pair, stop: StopSignal()).take()
    let fenced = try await installation.csmh("verify", "--json")
    #expect(
      try Self.document(fenced)["resumption"] == nil && fenced.error.contains("the fence was taken"), "\(fenced.error)")
    try await crash()
    try await installation.extended(
      "UPDATE csmh_event SET happened_at = happened_at - INTERVAL 25 HOUR",
      "UPDATE csmh_migration SET fenced_at = fenced_at - INTERVAL 25 HOUR")
    let old = try await installation.csmh("verify", "--json")
    #expect(try Self.document(old)["resumption"] == nil && old.error.contains("a day or more ago"), "\(old.error)")
  }

  @Test("asked to stop, a comparison keeps what it has compared; what differed then is looked at again by the next one")
  func stopped() async throws {
    let installation = try await Self.migrated()
    // Its range is looked at for three seconds; the ranges before it are compared by then.
    try await installation.extended("UPDATE \(Self.extended) SET grade = 0.25 WHERE id = 2000")
    let stop = StopSignal()
    let meter = ProgressMeter(phase: "verify")
    func verifier(_ stop: StopSignal, _ meter: ProgressMeter) -> Verifier {
      Verifier(lanes: installation.pair, scope: .resumable(anew: false), workerCount: 1, stop: stop, meter: meter)
    }
    let lower = try await installation.extendedRows(
      "SELECT lower_id FROM csmh_range WHERE 2000 BETWEEN lower_id AND upper_id")[0][0]
    // The ids below it from 1 on, but for one that has no row.
    let rowsBefore = try #require(lower.flatMap { UInt64($0) }) - 2
    let interrupted = Task { try await verifier(stop, meter).run() }
    while meter.snapshot(at: .now).rowsDone < rowsBefore { try await Task.sleep(for: .milliseconds(20)) }
    stop.request()
    let first = try await interrupted.value
    // A range that was to be looked at once more is neither compared nor called differing.
    #expect(first.isInterrupted && first.differingRangeCount == 0 && first.sentence.hasPrefix("interrupted after"))
    // The row is mended.
    try await installation.extended("UPDATE \(Self.extended) SET grade = NULL WHERE id = 2000")
    try await installation.original("UPDATE \(Self.original) SET grade = NULL WHERE id = 2000")
    let second = try await verifier(StopSignal(), ProgressMeter(phase: "verify")).run()
    #expect(second.isEqual, "\(second.sentence)")
    #expect(second.resumption?.rangeCount == first.rangeCount)
    #expect(second.wholeDigest.rowCount == 2_999)
    #expect(second.sentence.contains("of them compared before the interruption"))
    #expect(try await Self.phase(installation) == "verified")
  }

  // MARK: Samples

  @Test(
    "a sample compares a part, says what that means, and never counts as a full verification; a difference in it is found"
  )
  func sample() async throws {
    let installation = try await Self.migrated()
    try await installation.extended(
      "UPDATE csmh_migration SET phase = 'copied'", "UPDATE csmh_range SET verified_at = NULL")
    let result = try await installation.csmh("verify", "--sample", "30", "--seed", "7", "--json")
    #expect(result.status == 0, "\(result.output)\(result.error)")
    let document = try Self.document(result)
    let sample = try #require(document["sample"] as? [String: Any])
    let all = try #require(sample["ranges_in_all"] as? Int)
    let compared = try #require(document["ranges"] as? Int)
    #expect(compared == SampleDraw.size(percent: 30, of: all) && compared < all)
    #expect(
      sample["fewer_than"] as? UInt64
        == SampleConfidence(rangeCount: UInt64(all), sampleCount: UInt64(compared)).fewerThan)
    #expect(document["is_equal"] as? Bool == false && sample["is_equal"] as? Bool == true)
    #expect((document["verdict"] as? String)?.contains("no full verification") == true)
    #expect(try await Self.phase(installation) == "copied")
    #expect(
      try await installation.extendedRows("SELECT COUNT(*) FROM csmh_range WHERE verified_at IS NOT NULL") == [["0"]])
    // The same seed draws the same ranges: the same rows have the same digest.
    let again = try Self.document(try await installation.csmh("verify", "--sample", "30", "--seed", "7", "--json"))
    #expect(again["digest"] as? String == document["digest"] as? String)
    let other = try Self.document(try await installation.csmh("verify", "--sample", "30", "--seed", "8", "--json"))
    #expect(other["digest"] as? String != document["digest"] as? String)

    try await installation.extended(
      "UPDATE csmh_migration SET phase = 'verified'", "DELETE FROM \(Self.extended) WHERE id = 17")
    let found = try await installation.csmh("verify", "--sample", "100")
    #expect(found.status == 1 && found.output.contains("seed "), "\(found.output)")
    #expect(
      found.output.contains(/17 +missing +- +module 9, 2015-10-13 12:00:17.000000 +- +removed from the extended table/))
    #expect(try await Self.phase(installation) == "copied", "what differs is written down")
  }

  @Test(
    "options that make no sense together: 64",
    arguments: [
      ["--sample", "0"], ["--sample", "101"], ["--sample", "nan"], ["--sample", "5", "--repair"], ["--seed", "1"],
      ["--sample", "5", "--anew"], ["--remove-deleted"],
    ])
  func usage(options: [String]) async throws {
    let result = try await Command.csmh(["verify", "--directory", "x"] + options)
    #expect(result.status == 64, "\(result.error)")
  }
}
