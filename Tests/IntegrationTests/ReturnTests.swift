import Foundation
import MariaDBClient
import TestSupport
import Testing

/// The way back: the original table becomes the union of what it had and what the LMS wrote to the extended one.
@Suite(.limitedConcurrency) struct ReturnTests {
  private static let original = "courseware_studentmodulehistory"
  private static let extended = TestInstallation.extendedTable

  /// What is done to the original table before the way back.
  enum Before: String, CaseIterable, CustomTestStringConvertible {
    case nothing = "not drained"
    case drained = "drained"
    case halfDrained = "drained in part"
    case truncated = "truncated"

    var testDescription: String { rawValue }
  }

  /// A migrated installation with native rows, its original table emptied or not; and the union of all rows.
  private static func migrated(
    _ place: TestInstallation.Place, _ before: Before, rows: Int = 3_000
  ) async throws -> (installation: TestInstallation, file: LMSConfigurationFile, union: [[String?]]) {
    let installation = try await TestInstallation(place)
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(Tables.plainRows(rows))
    let file = try LMSConfigurationFile(installation)
    try file.set(true, false)
    let migrated = try await Command.csmh(["migrate", "--lms-config", file.path])
    #expect(migrated.status == 0, "\(migrated.output)\(migrated.error)")
    try await native(installation, 40)
    try file.set(true, true)
    switch before {
    case .nothing: break
    case .drained: #expect(try await Command.csmh(["drain", "--yes", "--lms-config", file.path]).status == 0)
    case .halfDrained:
      let crashed = try await Command.csmh(
        ["drain", "--yes", "--lms-config", file.path], environment: ["CSMH_CRASH_AT": "after-drain-commit:2"])
      #expect(crashed.status == 128 + 9)
    case .truncated:
      #expect(try await Command.csmh(["drain", "--yes", "--truncate", "--lms-config", file.path]).status == 0)
    }
    return (installation, file, try await installation.dumpExtended())
  }

  /// Rows that the LMS writes to the extended table.
  private static func native(_ installation: TestInstallation, _ count: Int) async throws {
    let rows = (0..<count).map { "(\($0 % 9 + 1), '2026-01-01 10:00:00.123456', 'native \($0) 🎓', 0.5, 1)" }
    try await installation.extended(
      "INSERT INTO \(extended) (student_module_id, created, state, grade, max_grade) VALUES "
        + rows.joined(separator: ", "))
  }

  @Test(
    "a way back that an older csmh began goes on: its journal is brought up to date, and is neither refused nor begun anew"
  )
  func olderJournal() async throws {
    let (installation, file, union) = try await Self.migrated(.betweenMariaDBs, .drained)
    defer { file.remove() }
    let crashed = try await Command.csmh(
      ["return", "--lms-config", file.path, "--workers", "1", "--order", "newest-first"],
      environment: ["CSMH_CRASH_AT": "after-commit:2"])
    #expect(crashed.status == 128 + 9, "\(crashed.output)\(crashed.error)")
    let begun = try await installation.originalRows("SELECT COUNT(*) FROM \(Self.original)")
    #expect(begun != [["0"]])
    for older in [
      "ALTER TABLE csmh_range DROP COLUMN token", "ALTER TABLE csmh_event DROP COLUMN token",
      "UPDATE csmh_migration SET journal_version = 3",
    ] {
      try await installation.original(older)
      try await installation.extended(older)
    }
    let refused = try await Command.csmh(["return", "--lms-config", file.path])
    #expect(refused.status == 78 && refused.error.contains("csmh provision"), "\(refused.error)")
    let provisioned = try await Command.csmh(["provision", "--lms-config", file.path])
    #expect(provisioned.status == 0, "\(provisioned.output)\(provisioned.error)")
    let result = try await Command.csmh(["return", "--lms-config", file.path])
    #expect(result.status == 0, "\(result.output)\(result.error)")
    #expect(try await installation.dumpOriginal() == union)
    #expect(
      try await installation.originalRows("SELECT COUNT(*) FROM csmh_event WHERE kind = 'return-begun'") == [["0"]])
    #expect(
      try await installation.extendedRows("SELECT COUNT(*) FROM csmh_event WHERE kind = 'return-begun'")[0][0] != "0")
  }

  @Test(
    "migrate, write native rows, drain or not, return: the original table is the union, and goes on above every id",
    arguments: [.betweenMariaDBs] + TestInstallation.Place.every.filter { $0.isOneServer }, Before.allCases)
  func roundTrip(place: TestInstallation.Place, before: Before) async throws {
    let (installation, file, _) = try await Self.migrated(place, before)
    defer { file.remove() }
    let bulk = try await Command.csmh(["return", "--lms-config", file.path])
    #expect(bulk.status == 0, "\(bulk.output)\(bulk.error)")
    // The LMS has gone on writing to the extended table, and deletes a learner's state from both.
    try await Self.native(installation, 5)
    try await installation.original("DELETE FROM \(Self.original) WHERE student_module_id = 4")
    try await installation.extended("DELETE FROM \(Self.extended) WHERE student_module_id = 4")
    try file.set(false, false)
    let result = try await Command.csmh(["return", "--lms-config", file.path])
    #expect(result.status == 0 && result.output.contains("everything stands"), "\(result.output)\(result.error)")
    let union = try await installation.dumpExtended()
    #expect(try await installation.dumpOriginal() == union)
    // The LMS writes to the original table again, under an id of its own.
    try await installation.original(
      "INSERT INTO \(Self.original) (student_module_id, created, state) VALUES (1, '2026-02-01', 'again')")
    let id = UInt64(try await installation.originalRows("SELECT MAX(id) FROM \(Self.original)")[0][0] ?? "") ?? 0
    let largest = UInt64(union.last?[0] ?? "") ?? .max
    #expect(id > largest)
    // The journal of the way there knows that the original table has its rows again.
    let verify = try await installation.csmh("verify")
    #expect(verify.status == 0, "\(verify.output)\(verify.error)")
    #expect(
      try await installation.extendedRows("SELECT COUNT(*) FROM csmh_range WHERE state <> 'copied'") == [["0"]])
  }

  @Test(
    "killed at any point and run again: the original table becomes the union",
    arguments: [
      "after-transfer", "before-commit", "after-commit",
    ])
  func killed(point: String) async throws {
    let (installation, file, union) = try await Self.migrated(.betweenMariaDBs, .drained)
    defer { file.remove() }
    try file.set(false, false)
    for count in [1, 2] {
      let crashed = try await Command.csmh(
        ["return", "--lms-config", file.path], environment: ["CSMH_CRASH_AT": "\(point):\(count)"])
      #expect(crashed.status == 128 + 9, "\(crashed.output)\(crashed.error)")
    }
    let result = try await Command.csmh(["return", "--lms-config", file.path])
    #expect(result.status == 0, "\(result.output)\(result.error)")
    #expect(try await installation.dumpOriginal() == union)
  }

  @Test("ids that do not fit are widened only when asked; before that the plan is told and nothing is done")
  func widening() async throws {
    let (installation, file, _) = try await Self.migrated(.betweenMariaDBs, .nothing, rows: 500)
    defer { file.remove() }
    try await installation.extended("ALTER TABLE \(Self.extended) AUTO_INCREMENT = 3000000000")
    try await Self.native(installation, 7)
    let union = try await installation.dumpExtended()
    let before = try await installation.dumpOriginal()
    try file.set(false, false)
    let refused = try await Command.csmh(["return", "--lms-config", file.path])
    #expect(refused.status == 1 && refused.error.contains("MODIFY `id` bigint"), "\(refused.output)\(refused.error)")
    #expect(try await installation.dumpOriginal() == before)
    let plan = try await Command.csmh(["return", "--print-plan", "--lms-config", file.path])
    #expect(plan.status == 0 && plan.output.contains("MODIFY `id` bigint") && plan.output.contains("GRANT"))
    let result = try await Command.csmh(["return", "--widen", "--lms-config", file.path])
    #expect(result.status == 0, "\(result.output)\(result.error)")
    #expect(try await installation.dumpOriginal() == union)
  }

  @Test("an original row that has the id of a native one is never overwritten: it is named")
  func collision() async throws {
    let (installation, file, _) = try await Self.migrated(.betweenMariaDBs, .nothing, rows: 500)
    defer { file.remove() }
    let id =
      try await installation.extendedRows("SELECT MIN(id) FROM \(Self.extended) WHERE state LIKE 'native%'")[0][0] ?? ""
    // It comes when the way back has begun; before, the way back is refused.
    let crashed = try await Command.csmh(
      ["return", "--lms-config", file.path], environment: ["CSMH_CRASH_AT": "after-lease"])
    #expect(crashed.status == 128 + 9)
    try await installation.original(
      "INSERT INTO \(Self.original) (id, student_module_id, created, state) VALUES (\(id), 9, '2026-01-01', 'mine')")
    try file.set(false, false)
    let result = try await Command.csmh(["return", "--lms-config", file.path])
    #expect(result.status == 1 && result.output.contains(id), "\(result.output)\(result.error)")
    let lines = result.output.split(separator: "\n")
    #expect(
      lines.contains { $0.contains("original: id \(id)") && $0.contains("mine") }
        && lines.contains { $0.contains("extended: id \(id)") && $0.contains("native") },
      "each table by its own name: \(result.output)")
    #expect(
      try await installation.originalRows("SELECT state FROM \(Self.original) WHERE id = \(id)") == [["mine"]])
  }

  @Test("what differs after the way back is told by the tables' own names, also in JSON")
  func differences() async throws {
    let (installation, file, _) = try await Self.migrated(.betweenMariaDBs, .nothing, rows: 500)
    defer { file.remove() }
    let bulk = try await Command.csmh(["return", "--lms-config", file.path])
    #expect(bulk.status == 0, "\(bulk.output)\(bulk.error)")
    // A row of the LMS's past that only the original table has among the ids that came back.
    let id =
      try await installation.extendedRows("SELECT MAX(id) FROM \(Self.extended) WHERE state LIKE 'native%'")[0][0] ?? ""
    try await installation.extended("DELETE FROM \(Self.extended) WHERE id = \(id)")
    try file.set(false, false)
    let result = try await Command.csmh(["return", "--json", "--lms-config", file.path])
    #expect(result.status == 1, "\(result.output)\(result.error)")
    let line = try #require(result.output.split(separator: "\n").last { $0.contains("\"event\":\"verify\"") })
    #expect(
      line.contains("\"cause\":\"deleted from the extended table\"") && line.contains("\"extended\":null") == false
        && line.contains("\"original\":{"), "\(line)")
    let text = try await Command.csmh(["return", "--lms-config", file.path])
    #expect(
      text.status == 1 && text.output.contains("1 only in the original table") && text.output.contains(id)
        && text.output.contains("csmh return --remove-deleted"), "\(text.output)\(text.error)")
    let removed = try await Command.csmh(["return", "--remove-deleted", "--lms-config", file.path])
    #expect(removed.status == 0, "\(removed.output)\(removed.error)")
    #expect(try await installation.dumpOriginal() == installation.dumpExtended())
  }

  @Test("a drained site returns, migrates again and drains again: both tables hold what they should each time")
  func again() async throws {
    let (installation, file, _) = try await Self.migrated(.betweenMariaDBs, .drained, rows: 1_000)
    defer { file.remove() }
    for _ in 0..<2 {
      try file.set(false, false)
      let returned = try await Command.csmh(["return", "--lms-config", file.path])
      #expect(returned.status == 0, "\(returned.output)\(returned.error)")
      #expect(try await installation.dumpOriginal() == installation.dumpExtended())
      try await installation.original(
        "INSERT INTO \(Self.original) (student_module_id, created, state) VALUES (1, '2026-02-01', 'again')")
      try file.set(true, false)
      let migrated = try await Command.csmh(["migrate", "--lms-config", file.path])
      #expect(migrated.status == 0, "\(migrated.output)\(migrated.error)")
      try file.set(true, true)
      let all = try await installation.dumpExtended()
      let drained = try await Command.csmh(["drain", "--yes", "--lms-config", file.path])
      #expect(drained.status == 0, "\(drained.output)\(drained.error)")
      #expect(try await installation.dumpOriginal().isEmpty)
      #expect(try await installation.dumpExtended() == all)
      try await Self.native(installation, 3)
    }
  }

  @Test("native rows with ids that are too low are not left behind: the way back is refused until they are moved up")
  func lowNativeRows() async throws {
    let (installation, file, _) = try await Self.migrated(.betweenMariaDBs, .nothing, rows: 300)
    defer { file.remove() }
    // A row that the LMS wrote under the id of an original one, which was deleted since.
    try await installation.original("DELETE FROM \(Self.original) WHERE id = 250")
    try await installation.extended("UPDATE \(Self.extended) SET state = 'low', created = '2037-01-01' WHERE id = 250")
    try file.set(false, false)
    let refused = try await Command.csmh(["return", "--lms-config", file.path])
    #expect(
      refused.status == 1 && refused.error.contains("csmh verify names them"), "\(refused.output)\(refused.error)")
  }
}
