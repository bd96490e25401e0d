import Foundation
import HistoryStores
import MariaDBClient
import MigrationBase
import MigrationJournal
import MigrationProtocol
import MigrationReport
import StudentModuleHistory
import TestSupport
import Testing

/// The manifest on real servers: it can be checked when nothing else is left.
@Suite(.limitedConcurrency) struct RecheckTests {
  private static let extended = TestInstallation.extendedTable
  private static let oneServer = TestInstallation.Place.every.filter { $0.isOneServer }

  /// Ids 1 to 3,000 without 500 to 510.
  private static func migrated(_ place: TestInstallation.Place) async throws -> TestInstallation {
    let installation = try await TestInstallation(place)
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(Tables.plainRows(3_000))
    try await installation.original("DELETE FROM courseware_studentmodulehistory WHERE id BETWEEN 500 AND 510")
    let result = try await installation.csmh("migrate")
    #expect(result.status == 0, "\(result.output)\(result.error)")
    return installation
  }

  private static func recheck(
    _ pair: StorePair, withOriginal: Bool = false, acceptsDeleted: Bool = false
  ) async throws -> RecheckOutcome {
    try await Rechecker(
      pair: pair, withOriginal: withOriginal, acceptsDeleted: acceptsDeleted, stop: StopSignal(),
      meter: ProgressMeter(phase: "recheck")
    ).run()
  }

  /// The installation after its original server went away for good.
  private static func orphaned(_ installation: TestInstallation) -> StorePair {
    guard case .mySQL(_, let extended) = installation.pair else { return installation.pair }
    let nowhere = ConnectionConfiguration(endpoint: .tcp(host: "127.0.0.1", port: 1), user: "root", database: "edxapp")
    return .mySQL(original: MySQLStore(side: .original, configuration: nowhere), extended: extended)
  }

  @Test(
    "with the original table dropped and its server out of reach, every range is compared; changed, added and deleted rows are told apart",
    arguments: oneServer)
  func withoutOriginal(place: TestInstallation.Place) async throws {
    let installation = try await Self.migrated(place)
    try await installation.extended(
      "INSERT INTO \(Self.extended) (student_module_id, created, state) VALUES (3, '2026-01-01', 'native')")
    try await installation.original("DROP TABLE courseware_studentmodulehistory")
    let pair = Self.orphaned(installation)
    let equal = try await Self.recheck(pair)
    #expect(equal.isGood && equal.counts.presentRows == 2_989 && equal.nativeRowCount == 1, "\(equal.sentence)")
    #expect(equal.notRecordedBecause == nil)

    // A row among the copied ones, under an id that had none: it is found by the hash.
    try await installation.extended(
      "INSERT INTO \(Self.extended) (id, student_module_id, created, state) VALUES (505, 3, '2026-01-01', 'x')")
    let extra = try await Self.recheck(pair, acceptsDeleted: true)
    #expect(!extra.isGood && extra.findings.map(\.verdict.addedIDs) == [[505]])
    try await installation.extended(
      "DELETE FROM \(Self.extended) WHERE id = 505",
      "UPDATE \(Self.extended) SET grade = 0.25 WHERE id = 2999")
    let changed = try await Self.recheck(pair, acceptsDeleted: true)
    #expect(!changed.isGood && changed.findings.map(\.verdict.kind) == [.changed])
    try await installation.extended(
      "DELETE FROM \(Self.extended) WHERE id = 2999", "DELETE FROM \(Self.extended) WHERE id IN (7, 8)")
    let result = try await Command.csmh([
      "recheck", "--original", "mysql://root@127.0.0.1:1/edxapp", "--extended",
      "mysql://root@127.0.0.1:\(installation.target.port)/\(installation.extendedDatabase)",
    ])
    // The first range has gaps, the last one has none: only of the last can the row be named.
    #expect(result.status == 1, "\(result.error)")
    #expect(result.output.contains("2 rows are gone; which ones"), "\(result.output)")
    #expect(result.output.contains("1 row is gone: id 2999"), "\(result.output)")
    #expect(try await Self.recheck(pair, acceptsDeleted: true).isGood)
    let events = try await installation.extendedRows(
      "SELECT detail FROM csmh_event WHERE kind = 'rechecked' ORDER BY id DESC LIMIT 2")
    #expect(events[1][0] == "of \(equal.counts.ranges) ranges: 2 short by 3 rows")
  }

  @Test("a user who may only read can recheck; the verdict is then not in the journal, and that is said")
  func readOnlyUser() async throws {
    let installation = try await Self.migrated(.betweenMariaDBs)
    let user = "reader_\(installation.extendedDatabase)"
    try await installation.target.run(
      "CREATE USER '\(user)'@'%'", "GRANT SELECT ON \(installation.extendedDatabase).* TO '\(user)'@'%'")
    let result = try await Command.csmh([
      "recheck", "--json", "--original", "mysql://root@127.0.0.1:1/edxapp", "--extended",
      "mysql://\(user)@127.0.0.1:\(installation.target.port)/\(installation.extendedDatabase)",
    ])
    #expect(result.status == 0, "\(result.output)\(result.error)")
    #expect(result.output.contains("\"not_recorded_because\"") && result.output.contains("\"is_equal\":true"))
    #expect(
      try await installation.extendedRows("SELECT COUNT(*) FROM csmh_event WHERE kind = 'rechecked'") == [["0"]])
  }

  @Test("the original table, if it is asked, names the rows of a range with gaps, and tells deletions in both tables")
  func withOriginal() async throws {
    let installation = try await Self.migrated(.betweenMariaDBs)
    try await installation.extended("DELETE FROM \(Self.extended) WHERE id IN (7, 8)")
    #expect(try await Self.recheck(installation.pair).findings.first?.verdict.missingIDs == [])
    let named = try await Self.recheck(installation.pair, withOriginal: true)
    #expect(named.findings.first?.verdict.missingIDs == [7, 8])
    try await installation.extended("UPDATE \(Self.extended) SET grade = 0.25 WHERE id = 9")
    let changed = try await Self.recheck(installation.pair, withOriginal: true, acceptsDeleted: true)
    #expect(!changed.isGood && changed.findings.first?.verdict.changedIDs == [9], "merely short it is not")
    try await installation.extended("DELETE FROM \(Self.extended) WHERE id = 9")
    try await installation.original("DELETE FROM courseware_studentmodulehistory WHERE id IN (7, 8, 9)")
    let both = try await Self.recheck(installation.pair, withOriginal: true, acceptsDeleted: true)
    #expect(both.isGood && both.findings.first?.sentence.contains("gone from both tables") == true)
  }

  @Test(
    "the manifest's hash is what the server's own client piped into sha256sum gives; what was drained is part of it, and of the recheck",
    arguments: oneServer)
  func manifestHash(place: TestInstallation.Place) async throws {
    let installation = try await Self.migrated(place)
    func reported() async throws -> MigrationReport.Manifest {
      try #require(try await MigrationReport(pair: installation.pair, isComplete: true).manifest)
    }
    func computed(_ command: String) async throws -> String? {
      let result = try await Command.run("/bin/bash", ["-o", "pipefail", "-c", command], environment: [:])
      #expect(result.status == 0, "\(result.error)")
      return result.output.split(separator: " ").first.map { String($0) }
    }
    let before = try await reported()
    #expect(try await computed(before.command) == before.sha256)
    // As draining writes it down: rows that were deleted since the copy are not part of what it proves.
    try await installation.extended("DELETE FROM \(Self.extended) WHERE id = 3000")
    let last = try await installation.extendedRows(
      "SELECT lower_id, upper_id FROM csmh_range ORDER BY lower_id DESC LIMIT 1")[0]
    let range = IDRange(UInt64(last[0] ?? "") ?? 0, UInt64(last[1] ?? "") ?? 0)
    let session = try await installation.pair.extended.openSession()
    let digest = try await session.digest(of: range, locking: false, measuring: false).digest
    await session.close()
    #expect(try await !Self.recheck(installation.pair).isGood)
    try await installation.extended(
      "UPDATE csmh_range SET state = 'drained', drained_at = UTC_TIMESTAMP(6), drained_count = \(digest.rowCount),"
        + " drained_digest = '\(digest.hash)' WHERE lower_id = \(range.lower)")
    let after = try await reported()
    #expect(after.sha256 != before.sha256)
    #expect(try await computed(after.command) == after.sha256)
    #expect(try await Self.recheck(installation.pair).isGood)
  }

  @Test("once everything is drained, status and report do without the original server; before, its absence is an error")
  func reportWithoutOriginal() async throws {
    let installation = try await Self.migrated(.betweenMariaDBs)
    let orphaned = Self.orphaned(installation)
    await #expect(throws: HistoryStoreError.self) { try await MigrationReport(pair: orphaned, isComplete: true) }
    try await installation.extended(
      "UPDATE csmh_range SET state = 'drained', drained_at = UTC_TIMESTAMP(6), drained_count = row_count,"
        + " drained_digest = digest", "UPDATE csmh_migration SET phase = 'drained'")
    let report = try await MigrationReport(pair: orphaned, isComplete: true)
    #expect(report.original == nil && report.drained?.rows == 2_989 && report.drained?.share == 1)
    #expect(report.nextSteps == ["csmh recheck: it compares the extended table with the manifest"])
    let recheck = try await Self.recheck(orphaned)
    #expect(recheck.isGood)
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("csmh-\(UUID().uuidString).html")
    defer { try? FileManager.default.removeItem(at: file) }
    let place = [
      "--original", "mysql://root@127.0.0.1:1/edxapp", "--extended",
      "mysql://root@127.0.0.1:\(installation.target.port)/\(installation.extendedDatabase)",
    ]
    let status = try await Command.csmh(["status"] + place)
    #expect(
      status.status == 0 && status.output.contains("drained   2,989 rows, 100.0 %"), "\(status.output)\(status.error)")
    #expect(status.output.contains("rechecked") && status.output.contains(recheck.sentence))
    #expect(try await Command.csmh(["report", "--output", file.path] + place).status == 0)
    let hash = try #require(report.manifest).sha256
    let page = try String(contentsOf: file, encoding: .utf8)
    #expect(page.hasPrefix("<!DOCTYPE html>") && page.contains(hash))
    #expect(try await Command.csmh(["report", "--output", file.path] + place).status == 64)
    #expect(try await Command.csmh(["report", "--output", file.path, "--format", "text", "--yes"] + place).status == 0)
    #expect(try String(contentsOf: file, encoding: .utf8).hasPrefix("Migration of the student module history\n"))
  }
}
