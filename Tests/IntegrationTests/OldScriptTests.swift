import Foundation
import TestSupport
import Testing

/// The cases in which the scripts that operators were given lose data (docs/architecture.md names them): A, B, D and E.
@Suite(.limitedConcurrency) struct OldScriptTests {
  private func installation(_ place: TestInstallation.Place, rows: Int) async throws -> TestInstallation {
    let installation = try await TestInstallation(place)
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(Tables.plainRows(rows))
    return installation
  }

  @Test(
    "A: interrupted in the middle of a chunk and restarted, no row of the chunk is lost",
    arguments: TestInstallation.Place.mariaDB)
  func interrupted(place: TestInstallation.Place) async throws {
    let installation = try await installation(place, rows: 5_000)
    #expect(try await installation.csmh("provision").status == 0)
    let crashed = try await installation.csmh("copy", environment: ["CSMH_CRASH_AT": "before-commit:2"])
    #expect(crashed.status == 137)
    #expect(try await installation.csmh("migrate").status == 0)
    #expect(try await installation.dumpExtended() == installation.dumpOriginal())
  }

  @Test(
    "B: one id that stands already does not cost the other rows of its chunk", arguments: TestInstallation.Place.mariaDB
  )
  func standing(place: TestInstallation.Place) async throws {
    let installation = try await installation(place, rows: 5_000)
    #expect(try await installation.csmh("provision").status == 0)
    let row = try await installation.dumpOriginal()[2_499]
    try await installation.extended(
      "INSERT INTO \(TestInstallation.extendedTable) (id, student_module_id, created, state, grade, max_grade) VALUES"
        + " (2500, \(row[1]!), '\(row[3]!)', X'\(row[4]!)', \(row[5] ?? "NULL"), 1)")
    let result = try await installation.csmh("migrate")
    #expect(result.status == 0, "\(result.output)\(result.error)")
    #expect(try await installation.dumpExtended() == installation.dumpOriginal())
  }

  @Test(
    "D and E: an emoji that the documented utf8 target cannot hold is an error with its id and column, never a '?'",
    arguments: TestInstallation.Place.all)
  func emoji(place: TestInstallation.Place) async throws {
    let installation = try await installation(place, rows: 100)
    try await installation.original(
      "INSERT INTO courseware_studentmodulehistory (student_module_id, created, state) VALUES (1, '2015-01-01', '{\"a\": \"😀\"}')"
    )
    try await installation.target.run("CREATE DATABASE \(installation.extendedDatabase)")
    try await installation.extended(Tables.utf8mb3Extended)
    let result = try await installation.csmh("migrate")
    #expect(result.status == 1, "\(result.output)\(result.error)")
    #expect(result.output.contains("the row 101, column state"), "\(result.output)")
    let corrupted = try await installation.extendedRows(
      "SELECT COUNT(*) FROM \(TestInstallation.extendedTable) WHERE state LIKE '%?%'")
    #expect(corrupted == [["0"]])
    // E: a digest of the source converted to the target's character set would call the corrupted copy equal.
    try await installation.extended(
      "ALTER TABLE \(TestInstallation.extendedTable) MODIFY state longtext CHARACTER SET utf8mb4")
    #expect(try await installation.csmh("migrate").status == 0)
    try await installation.extended(
      "UPDATE \(TestInstallation.extendedTable) SET state = '{\"a\": \"?\"}' WHERE id = 101",
      "ALTER TABLE \(TestInstallation.extendedTable) MODIFY state longtext CHARACTER SET utf8mb3")
    let verified = try await installation.csmh("verify")
    #expect(verified.status == 1, "\(verified.output)\(verified.error)")
    #expect(verified.output.contains(/101 +differs +state .*character set/), "\(verified.output)")
  }
}
