import Foundation
import StudentModuleHistory
import TestSupport
import Testing

/// Every generation of both tables, on every pair of servers that this machine can offer. What arrives is compared by the tests' own
/// SQL, not by csmh's digest.
@Suite(.limitedConcurrency) struct GenerationTests {
  @Test("every generation of the original table is migrated", arguments: TestInstallation.Place.all, Tables.originals)
  func originals(place: TestInstallation.Place, generation: Tables.Generation) async throws {
    let installation = try await TestInstallation(place)
    for sql in generation.sql { try await installation.original(sql) }
    try await installation.original(Tables.plainRows(500))
    let result = try await installation.csmh("migrate", "--json")
    #expect(result.status == 0, "\(result.output)\(result.error)")
    let rows = try await installation.dumpOriginal()
    #expect(rows.count == 500)
    #expect(try await installation.dumpExtended() == rows)
  }

  @Test("every generation of the extended table is filled", arguments: TestInstallation.Place.mariaDB, Tables.extendeds)
  func extendeds(place: TestInstallation.Place, generation: Tables.Generation) async throws {
    let installation = try await TestInstallation(place)
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(Tables.plainRows(500))
    try await installation.target.run("CREATE DATABASE \(installation.extendedDatabase)")
    for sql in generation.sql { try await installation.extended(sql) }
    let result = try await installation.csmh("migrate")
    #expect(result.status == 0, "\(result.output)\(result.error)")
    let isDraft = generation.description == "the mission's name"
    let table = isDraft ? "courseware_studentmodulehistoryextended" : TestInstallation.extendedTable
    #expect(try await installation.dumpExtended(table: table) == installation.dumpOriginal())
    if isDraft {
      let tables = try await installation.extendedRows("SHOW TABLES")
      #expect(!tables.contains([TestInstallation.extendedTable]), "a second extended table was made")
    }
  }

  @Test(
    "a table that is not a history table is refused, naming the column, and nothing is changed",
    arguments: [
      ("ADD COLUMN score int", "score"), ("DROP COLUMN version", "version"),
      ("MODIFY state blob", "state"), ("MODIFY grade float", "grade"), ("MODIFY created timestamp NULL", "created"),
      ("MODIFY version varchar(99)", "version"), ("MODIFY state longtext CHARACTER SET ucs2", "state"),
      ("ENGINE=MyISAM", "engine"),
    ])
  func unknown(change: String, name: String) async throws {
    let installation = try await TestInstallation(.betweenMariaDBs)
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original("ALTER TABLE courseware_studentmodulehistory \(change)")
    let result = try await installation.csmh("migrate")
    #expect(result.status == 78, "\(result.output)\(result.error)")
    #expect(result.error.contains(name))
    let databases = try await installation.target.query("SHOW DATABASES LIKE '\(installation.extendedDatabase)'")
    #expect(databases.isEmpty, "the extended database was made all the same")
  }
}
