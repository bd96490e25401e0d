import Foundation
import StudentModuleHistory
import TestSupport
import Testing

/// A database that went back in time is noticed, nothing is lost by any command, and both sides come to agree again.
@Suite(.limitedConcurrency) struct RecordTests {
  private static let original = "courseware_studentmodulehistory"
  private static let extended = TestInstallation.extendedTable

  /// Everything that changes rows or the journal's ranges.
  private static let changing: [[String]] = [
    ["copy"], ["migrate"], ["catch-up", "--remove-deleted"], ["verify", "--repair", "--remove-deleted"],
    ["offset", "--rekey", "--settle", "0", "--yes"], ["drain", "--yes"], ["return"],
  ]

  /// An installation whose drain died in its second range.
  private static func half(
    rows: Int = 3_000
  ) async throws -> (installation: TestInstallation, file: LMSConfigurationFile, rows: [[String?]]) {
    let (installation, file, rows) = try await DrainTests.proven(rows: rows)
    let died = try await Command.csmh(
      ["drain", "--yes", "--lms-config", file.path, "--max-rows-per-second", "100000", "--transaction-limit", "0.05"],
      environment: ["CSMH_CRASH_AT": "before-drain-delete:3"])
    #expect(died.status != 0)
    return (installation, file, rows)
  }

  private static func csmh(_ words: [String], _ file: LMSConfigurationFile) async throws -> Command.Result {
    try await Command.csmh(words + ["--lms-config", file.path])
  }

  /// Every row stands in at least one of the tables, as it was.
  private static func expectAll(_ installation: TestInstallation, _ rows: [[String?]], _ comment: String) async throws {
    var present = Set(try await installation.dumpOriginal().map { $0.map { $0 ?? "NULL" } })
    present.formUnion(try await installation.dumpExtended(upTo: rows.last?[0]).map { $0.map { $0 ?? "NULL" } })
    #expect(rows.allSatisfy { present.contains($0.map { $0 ?? "NULL" }) }, "rows are lost: \(comment)")
    #expect(present.count == rows.count, "rows are there twice, or again: \(comment)")
  }

  /// Each command that changes something refuses and names the remedy, which leads to a drained table with every row in the other.
  private static func expectRefusedAndReconciled(
    _ mismatch: String, _ installation: TestInstallation, _ file: LMSConfigurationFile, _ rows: [[String?]],
    isJournalGone: Bool = false
  ) async throws {
    for words in changing {
      let result = try await csmh(words, file)
      #expect(result.status == 78, "\(words): \(result.output)\(result.error)")
      #expect(result.error.contains(mismatch) || isJournalGone, "\(words): \(result.error)")
      try await expectAll(installation, rows, "\(words)")
    }
    let refused = try await csmh(["catch-up"], file)
    try await FollowedRemedies.follow(.reconcile, in: refused.error) { _ in
      let plan = try await csmh(["reconcile", "--print-plan"], file)
      #expect(plan.status == 1 && plan.output.contains(mismatch), "\(plan.output)\(plan.error)")
      let done = try await csmh(["reconcile", "--yes"], file)
      #expect(done.status == 0, "\(done.output)\(done.error)")
    }
    try await expectAll(installation, rows, "reconcile")
    let again = try await csmh(["reconcile"], file)
    #expect(again.status == 0 && again.output.contains("agree"), "\(again.output)\(again.error)")
    for words in [["catch-up", "--remove-deleted"], ["drain", "--yes"]] {
      let result = try await csmh(words, file)
      #expect(result.status == 0, "\(words): \(result.output)\(result.error)")
      try await expectAll(installation, rows, "\(words)")
    }
    #expect(try await installation.dumpOriginal().isEmpty)
    #expect(try await installation.dumpExtended(upTo: rows.last?[0]) == rows)
    #expect(try await installation.extendedRows("SELECT COUNT(*) FROM \(extended) WHERE state = 'native'") == [["1"]])
    let back = try await csmh(["recheck"], file)
    #expect(back.status == 0, "\(back.output)\(back.error)")
  }

  /// Keeps tables aside as they are, and lets them be so again: what a backup does.
  private struct Backup {
    let tables: [String]
    let run: @Sendable (String) async throws -> Void

    func take() async throws {
      for table in tables {
        try await run("CREATE TABLE aside_\(table) LIKE \(table)")
        try await run("INSERT INTO aside_\(table) SELECT * FROM \(table)")
      }
    }

    func restore() async throws {
      for table in tables {
        try await run("DELETE FROM \(table)")
        try await run("INSERT INTO \(table) SELECT * FROM aside_\(table)")
        try await run("DROP TABLE aside_\(table)")
      }
    }
  }

  private static let journal = ["csmh_migration", "csmh_range", "csmh_event"]

  @Test("a journal that was restored from before the drain is noticed, and no copy is taken for deleted")
  func journalWentBack() async throws {
    let (installation, file, rows) = try await DrainTests.proven()
    defer { file.remove() }
    let backup = Backup(tables: Self.journal + [Self.extended]) { try await installation.extended($0) }
    try await backup.take()
    _ = try await Command.csmh(
      ["drain", "--yes", "--lms-config", file.path, "--transaction-limit", "0.05"],
      environment: ["CSMH_CRASH_AT": "after-drain-commit:3"])
    try await backup.restore()
    try await Self.expectRefusedAndReconciled("the extended database went back in time", installation, file, rows)
  }

  @Test("an original database that was restored from before the drain is noticed, and drained again")
  func originalWentBack() async throws {
    let (installation, file, rows) = try await DrainTests.proven()
    defer { file.remove() }
    let backup = Backup(tables: [Self.original]) { try await installation.original($0) }
    try await backup.take()
    #expect(try await Self.csmh(["drain", "--yes"], file).status == 0)
    try await backup.restore()
    try await installation.original("DROP TABLE csmh_record")
    try await Self.expectRefusedAndReconciled("the original database went back in time", installation, file, rows)
  }

  @Test("a journal that was dropped in mid drain is built anew from the record", arguments: [true, false])
  func journalGone(isDropped: Bool) async throws {
    let (installation, file, rows) = try await Self.half()
    defer { file.remove() }
    for table in Self.journal {
      try await installation.extended(isDropped ? "DROP TABLE \(table)" : "DELETE FROM \(table)")
    }
    let provisioned = try await Self.csmh(["provision"], file)
    #expect(provisioned.status == 78 && provisioned.error.contains("csmh reconcile"), "\(provisioned.error)")
    try await Self.expectRefusedAndReconciled(
      "the journal in the extended database is gone", installation, file, rows, isJournalGone: true)
  }

  @Test("the journal of another migration beside a record of drained rows is refused, and gives way to the record's")
  func anotherMigration() async throws {
    let (installation, file, rows) = try await Self.half()
    defer { file.remove() }
    try await installation.extended("UPDATE csmh_migration SET identity = 'another', record_number = NULL")
    try await installation.extended(
      "UPDATE csmh_range SET state = 'copied', record_number = NULL, drained_count = NULL, drained_digest = NULL")
    try await Self.expectRefusedAndReconciled("that of another migration", installation, file, rows)
  }

  @Test("rows that a restored backup of copies has lost are counted, and that is no success")
  func lostCopies() async throws {
    let (installation, file, rows) = try await DrainTests.proven()
    defer { file.remove() }
    #expect(try await Self.csmh(["drain", "--yes"], file).status == 0)
    try await installation.extended("DELETE FROM \(Self.extended) WHERE id IN (7, 8, 9)")
    for table in Self.journal { try await installation.extended("DROP TABLE \(table)") }
    let result = try await Self.csmh(["reconcile", "--yes"], file)
    #expect(
      result.status == 1 && result.output.contains("3 rows that were drained stand in neither"), "\(result.output)")
    let recheck = try await Self.csmh(["recheck"], file)
    #expect(recheck.status == 1, "\(recheck.output)")
    #expect(rows.count == 3_000)
  }

  @Test(
    "a process that dies between the two databases leaves nothing that is called a contradiction",
    arguments: [["before-drain-record"], ["before-drain-record", "--truncate"], ["before-truncate", "--truncate"]])
  func crashBetween(words: [String]) async throws {
    let (installation, file, rows) = try await DrainTests.proven()
    defer { file.remove() }
    let died = try await Command.csmh(
      ["drain", "--yes", "--lms-config", file.path] + words.dropFirst(), environment: ["CSMH_CRASH_AT": words[0]])
    #expect(died.status != 0)
    let agreed = try await Self.csmh(["reconcile"], file)
    #expect(agreed.status == 0, "\(agreed.output)\(agreed.error)")
    #expect(try await Self.csmh(["drain", "--yes"], file).status == 0)
    #expect(try await installation.dumpOriginal().isEmpty)
    try await Self.expectAll(installation, rows, "drain")
    let returned = try await Self.csmh(["return"], file)
    #expect(returned.status == 0, "\(returned.output)\(returned.error)")
    #expect(try await installation.originalRows("SELECT COUNT(*) FROM csmh_record WHERE state = 'drained'") != [["0"]])
  }
}
