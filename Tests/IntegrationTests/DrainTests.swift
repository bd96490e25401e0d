import Foundation
import MariaDBClient
import TestSupport
import Testing

/// Emptying the original table: all of what is proven, nothing else, whatever happens meanwhile.
@Suite(.limitedConcurrency) struct DrainTests {
  private static let original = "courseware_studentmodulehistory"
  private static let extended = TestInstallation.extendedTable

  /// A migrated installation behind a fence, with both flags on and a native row; and what its original table held.
  static func proven(
    _ place: TestInstallation.Place = .betweenMariaDBs, rows: Int = 3_000
  ) async throws -> (installation: TestInstallation, file: LMSConfigurationFile, rows: [[String?]]) {
    let installation = try await TestInstallation(place)
    let file = try await prove(installation, rows: rows)
    return (installation, file, try await installation.dumpOriginal())
  }

  /// Fills an installation, migrates it behind a fence, turns both flags on, and writes a native row.
  static func prove(_ installation: TestInstallation, rows: Int) async throws -> LMSConfigurationFile {
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(Tables.plainRows(rows))
    // Small ranges, so that a crash has some before and some behind it.
    #expect(try await installation.csmh("provision").status == 0)
    let file = try LMSConfigurationFile(installation)
    try file.set(true, false)
    let migrated = try await Command.csmh(["migrate", "--lms-config", file.path])
    #expect(migrated.status == 0, "\(migrated.output)\(migrated.error)")
    try await installation.extended(
      "INSERT INTO \(extended) (student_module_id, created, state) VALUES (3, '2026-01-01', 'native')")
    try file.set(true, true)
    return file
  }

  private static func drain(
    _ file: LMSConfigurationFile, _ options: String..., environment: [String: String] = [:]
  ) async throws -> Command.Result {
    try await Command.csmh(["drain", "--yes", "--lms-config", file.path] + options, environment: environment)
  }

  private static func nextID(_ installation: TestInstallation) async throws -> UInt64 {
    let text = try await installation.originalRows("SHOW CREATE TABLE \(original)")[0][1] ?? ""
    return text.firstMatch(of: /AUTO_INCREMENT=(\d+)/).flatMap { UInt64($0.1) } ?? 1
  }

  /// Nothing is left of the original table but its counter; the extended table has everything, and the native row.
  private static func expectDrained(
    _ installation: TestInstallation, _ rows: [[String?]], nextID: UInt64
  ) async throws {
    #expect(try await installation.dumpOriginal().isEmpty)
    #expect(try await installation.dumpExtended(upTo: rows.last?[0]) == rows)
    #expect(
      try await installation.extendedRows("SELECT COUNT(*) FROM \(extended) WHERE state = 'native'") == [["1"]])
    #expect(try await Self.nextID(installation) >= nextID, "AUTO_INCREMENT was lowered")
    #expect(try await installation.extendedRows("SELECT phase FROM csmh_migration") == [["drained"]])
    #expect(
      try await installation.extendedRows(
        "SELECT COUNT(*), SUM(drained_count), COUNT(drained_at), COUNT(drained_digest) FROM csmh_range WHERE state = 'drained'"
      )[0][1]
        == String(rows.count))
  }

  @Test(
    "nothing is left at or below the fence, every copy and native row stays, the counter is not lowered, and a second drain finds nothing",
    arguments: TestInstallation.Place.all, [[], ["--truncate"]])
  func everything(place: TestInstallation.Place, options: [String]) async throws {
    let (installation, file, rows) = try await Self.proven(place)
    defer { file.remove() }
    let nextID = try await Self.nextID(installation)
    let drained = try await Command.csmh(["drain", "--yes", "--reclaim", "--lms-config", file.path] + options)
    #expect(drained.status == 0, "\(drained.output)\(drained.error)")
    #expect(drained.output.contains("removed 3,000 rows"))
    try await Self.expectDrained(installation, rows, nextID: nextID)
    let again = try await Command.csmh(["drain", "--yes", "--json", "--lms-config", file.path] + options)
    #expect(again.status == 0 && again.output.contains("\"removed_rows\":0"), "\(again.output)\(again.error)")
    // Everything else knows what has happened.
    let verify = try await Command.csmh(["verify", "--lms-config", file.path])
    #expect(verify.status == 0 && verify.output.contains("drained"), "\(verify.output)")
    #expect(try await Command.csmh(["catch-up", "--remove-deleted", "--lms-config", file.path]).status == 0)
    let flags = try await Command.csmh(["flags", "--lms-config", file.path, "--set", "READ_ONLY_FROM_CSMHE=false"])
    #expect(flags.status == 0, "\(flags.error)")
    let off = try await Command.csmh(["flags", "--lms-config", file.path, "--set", "ENABLE_CSMH_EXTENDED=false"])
    #expect(off.status == 1 && off.error.contains("drained"), "\(off.error)")
    try await Self.expectDrained(installation, rows, nextID: nextID)
  }

  @Test(
    "an original table that had lost all its rows before the copy is drained, and keeps its counter",
    arguments: [[], ["--truncate"]])
  func emptiedBefore(options: [String]) async throws {
    let installation = try await TestInstallation(.betweenMariaDBs)
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(Tables.plainRows(20))
    try await installation.original("DELETE FROM \(Self.original)")
    let nextID = try await Self.nextID(installation)
    let file = try LMSConfigurationFile(installation)
    defer { file.remove() }
    try file.set(false, false)
    #expect(try await Command.csmh(["provision", "--lms-config", file.path]).status == 0)
    try file.set(true, false)
    #expect(try await Command.csmh(["catch-up", "--lms-config", file.path]).status == 0)
    try file.set(true, true)
    let drained = try await Command.csmh(["drain", "--yes", "--lms-config", file.path] + options)
    #expect(drained.status == 0, "\(drained.output)\(drained.error)")
    #expect(try await Self.nextID(installation) >= nextID)
  }

  @Test(
    "nothing is removed while a flag is off, without a fence, over a difference, or behind a straggler",
    arguments: [[], ["--truncate"]])
  func refused(options: [String]) async throws {
    let (installation, file, rows) = try await Self.proven(rows: 500)
    defer { file.remove() }
    func expectRefused(_ words: String, _ line: Comment) async throws {
      let result = try await Command.csmh(["drain", "--yes", "--lms-config", file.path] + options)
      #expect(result.status == 1 && result.error.contains(words), "\(line): \(result.output)\(result.error)")
      #expect(try await installation.dumpOriginal().prefix(rows.count).elementsEqual(rows), line)
    }
    try file.set(true, false)
    try await expectRefused("READ_ONLY_FROM_CSMHE is off", "readers take both")
    try file.set(false, false)
    try await expectRefused("ENABLE_CSMH_EXTENDED is off", "the LMS writes there")
    try file.set(true, true)
    try await installation.extended("UPDATE csmh_migration SET fence_id = NULL, fence_next_id = NULL")
    try await expectRefused("there is no fence", "no fence")
    #expect(try await Command.csmh(["catch-up", "--lms-config", file.path]).status == 0)
    try await installation.extended("UPDATE \(Self.extended) SET grade = 0.25 WHERE id = 7")
    #expect(try await Command.csmh(["verify", "--lms-config", file.path]).status == 1)
    try await expectRefused("phase", "a difference that is known")
    #expect(try await Command.csmh(["catch-up", "--lms-config", file.path]).status == 0)
    try await installation.original(Tables.plainRows(1, from: 501))
    try await expectRefused("rows above the id 500", "a straggler")
    try await installation.original("DELETE FROM \(Self.original) WHERE id = 501")
    try await expectRefused("behind the fence", "a straggler that deleted its row again")
    let unasked = try await Command.csmh(["drain", "--lms-config", file.path] + options)
    #expect(unasked.status == 1)
  }

  @Test("without --yes, and with nobody to ask, nothing is removed")
  func unasked() async throws {
    let (installation, file, rows) = try await Self.proven(rows: 100)
    defer { file.remove() }
    let result = try await Command.csmh(["drain", "--lms-config", file.path])
    #expect(result.status == 64 && result.error.contains("--yes"), "\(result.error)")
    #expect(try await installation.dumpOriginal() == rows)
  }

  @Test(
    "a row that was changed in either table after everything compared equal stays, with its range; all others go",
    arguments: [true, false])
  func unprovenRow(inOriginal: Bool) async throws {
    let (installation, file, rows) = try await Self.proven(.betweenMariaDBs, rows: 5_000)
    defer { file.remove() }
    let change = "SET state = 'changed' WHERE id = 4321"
    if inOriginal {
      try await installation.original("UPDATE \(Self.original) \(change)")
    } else {
      try await installation.extended("UPDATE \(Self.extended) \(change)")
    }
    let result = try await Self.drain(file)
    #expect(result.status == 1 && result.output.contains("differ"), "\(result.output)\(result.error)")
    let left = try await installation.originalRows("SELECT id FROM \(Self.original) ORDER BY id").compactMap { $0[0] }
    #expect(left.contains("4321") && !left.contains("1") && left.count < rows.count)
    // Mended, the rest goes too.
    #expect(try await Command.csmh(["catch-up", "--lms-config", file.path]).status == 0)
    #expect(try await Self.drain(file).status == 0)
    #expect(try await installation.dumpOriginal().isEmpty)
    #expect(
      try await installation.extendedRows("SELECT COUNT(*) FROM \(Self.extended) WHERE id <= 5000") == [["5000"]])
  }

  @Test(
    "a row that is changed between the comparison of its range and its removal stays, and is mended and removed later",
    arguments: [true, false])
  func changedMeanwhile(inOriginal: Bool) async throws {
    let (installation, file, _) = try await Self.proven(rows: 3_000)
    defer { file.remove() }
    let crashed = try await Self.drain(file, environment: ["CSMH_CRASH_AT": "after-drain-begin"])
    #expect(crashed.status == 128 + 9)
    let change = "SET state = 'changed' WHERE id = 700"
    if inOriginal {
      try await installation.original("UPDATE \(Self.original) \(change)")
    } else {
      try await installation.extended("UPDATE \(Self.extended) \(change)")
    }
    let result = try await Self.drain(file)
    #expect(result.status == 1 && result.output.contains("(700)"), "\(result.output)\(result.error)")
    #expect(
      try await installation.originalRows("SELECT COUNT(*) FROM \(Self.original) WHERE id = 700") == [["1"]])
    let wanted = try await installation.originalRows("SELECT state FROM \(Self.original) WHERE id = 700")
    // Not everything is proven any more. A copy in a range that is being drained is never replaced: a person decides.
    let kept = try await installation.extendedRows("SELECT state FROM \(Self.extended) WHERE id = 700")
    #expect(try await Command.csmh(["verify", "--lms-config", file.path]).status == 1)
    #expect(try await Command.csmh(["catch-up", "--remove-deleted", "--lms-config", file.path]).status == 1)
    #expect(try await installation.extendedRows("SELECT state FROM \(Self.extended) WHERE id = 700") == kept)
    try await installation.extended("DELETE FROM \(Self.extended) WHERE id = 700")
    #expect(try await Command.csmh(["catch-up", "--lms-config", file.path]).status == 0)
    #expect(try await Self.drain(file).status == 0)
    #expect(try await installation.dumpOriginal().isEmpty)
    #expect(try await installation.extendedRows("SELECT state FROM \(Self.extended) WHERE id = 700") == wanted)
    #expect(
      try await installation.extendedRows("SELECT COUNT(*) FROM \(Self.extended) WHERE id <= 3000") == [["3000"]])
  }

  @Test("--truncate compares under its lock: a changed row keeps the whole table")
  func unprovenTruncation() async throws {
    let (installation, file, rows) = try await Self.proven(rows: 500)
    defer { file.remove() }
    try await installation.extended("UPDATE \(Self.extended) SET state = 'changed' WHERE id = 321")
    let result = try await Self.drain(file, "--truncate")
    #expect(result.status == 1 && result.error.contains("differ"), "\(result.output)\(result.error)")
    #expect(try await installation.dumpOriginal() == rows)
    #expect(
      try await installation.extendedRows("SELECT COUNT(*) FROM csmh_range WHERE state IN ('draining', 'drained')")
        == [["0"]])
  }

  @Test("rows that a straggler adds while the table is drained are never removed, and end it")
  func stragglerMeanwhile() async throws {
    let (installation, file, _) = try await Self.proven(rows: 6_000)
    defer { file.remove() }
    let running = try Command(
      try Command.csmh,
      ["drain", "--yes", "--lms-config", file.path, "--max-rows-per-second", "1500"], environment: [:])
    var left = 6_000
    while left > 5_000 {
      try await Task.sleep(for: .milliseconds(50))
      left = Int(try await installation.originalRows("SELECT COUNT(*) FROM \(Self.original)")[0][0] ?? "") ?? 0
    }
    // One above the bound, and one with a low id in a range that is drained already.
    try await installation.original(
      Tables.plainRows(1, from: 6_001),
      "INSERT INTO \(Self.original) (id, student_module_id, created, state) VALUES (1, 9, '2026-01-01', 'straggler')")
    let result = await running.wait()
    #expect(result.status == 1 && result.error.contains("behind the fence"), "\(result.output)\(result.error)")
    let kept = try await installation.originalRows("SELECT id FROM \(Self.original)").compactMap { $0[0] }
    #expect(kept.contains("6001") && kept.contains("1"))
    // The straggler is copied; then everything can go but the row whose id is taken.
    _ = try await Command.csmh(["catch-up", "--lms-config", file.path])
    let rest = try await Self.drain(file)
    #expect(rest.status == 1, "\(rest.output)\(rest.error)")
    #expect(
      try await installation.originalRows("SELECT id, state FROM \(Self.original) WHERE state = 'straggler'")
        == [["1", "straggler"]])
    #expect(
      try await installation.extendedRows("SELECT COUNT(*) FROM \(Self.extended) WHERE id = 6001") == [["1"]])
  }

  @Test(
    "learners' states that are deleted from both tables while they are drained are gone from both, and nothing else is")
  func deletionsMeanwhile() async throws {
    let (installation, file, rows) = try await Self.proven(rows: 6_000)
    defer { file.remove() }
    let running = try Command(
      try Command.csmh, ["drain", "--yes", "--lms-config", file.path, "--max-rows-per-second", "2000"],
      environment: [:])
    for module in [2, 5, 8] {
      try await Task.sleep(for: .milliseconds(300))
      // As the LMS does: the original first. Both lock the same rows by different indexes, and a server that sees a deadlock ends one
      // of the two.
      var isDeleted = false
      while !isDeleted {
        do {
          try await installation.original("DELETE FROM \(Self.original) WHERE student_module_id = \(module)")
          isDeleted = true
        } catch let error as MariaDBError where error.kind == .transient {}
      }
      try await Task.sleep(for: .milliseconds(30))
      try await installation.extended("DELETE FROM \(Self.extended) WHERE student_module_id = \(module)")
    }
    let result = await running.wait()
    #expect(result.status == 0, "\(result.output)\(result.error)")
    #expect(try await installation.dumpOriginal().isEmpty)
    let kept = rows.filter { !["2", "5", "8"].contains($0[1]) }
    #expect(try await installation.dumpExtended(upTo: rows.last?[0]) == kept)
  }

  @Test(
    "killed at any point, twice, and run again: nothing is lost, and nothing is left",
    arguments: ["after-drain-begin", "before-drain-delete", "before-drain-commit", "after-drain-commit"])
  func killed(point: String) async throws {
    let (installation, file, rows) = try await Self.proven(rows: 5_000)
    defer { file.remove() }
    let nextID = try await Self.nextID(installation)
    for count in [1, 2] {
      let crashed = try await Self.drain(file, environment: ["CSMH_CRASH_AT": "\(point):\(count)"])
      #expect(crashed.status == 128 + 9, "\(crashed.output)\(crashed.error)")
      // Every row is in one of the two tables at least, and the copies are all there.
      #expect(try await installation.dumpExtended(upTo: rows.last?[0]) == rows)
      #expect(try await Command.csmh(["verify", "--lms-config", file.path]).status == 0)
    }
    #expect(try await Self.drain(file).status == 0)
    try await Self.expectDrained(installation, rows, nextID: nextID)
  }

  @Test(
    "killed before or after the truncation and run again: the table is empty, and its counter is where it was",
    arguments: ["before-truncate", "after-truncate"])
  func killedTruncation(point: String) async throws {
    let (installation, file, rows) = try await Self.proven(rows: 1_000)
    defer { file.remove() }
    let nextID = try await Self.nextID(installation)
    let crashed = try await Self.drain(file, "--truncate", environment: ["CSMH_CRASH_AT": point])
    #expect(crashed.status == 128 + 9, "\(crashed.output)\(crashed.error)")
    #expect(try await installation.dumpExtended(upTo: rows.last?[0]) == rows)
    let again = try await Self.drain(file)
    #expect(again.status == 0, "\(again.output)\(again.error)")
    try await Self.expectDrained(installation, rows, nextID: nextID)
  }

  @Test("a row that a straggler writes under the id of a drained one never takes the place of its copy")
  func stragglerUnderDrainedID() async throws {
    let (installation, file, rows) = try await Self.proven(rows: 1_000)
    defer { file.remove() }
    let nextID = try await Self.nextID(installation)
    let crashed = try await Self.drain(file, "--truncate", environment: ["CSMH_CRASH_AT": "after-truncate"])
    #expect(crashed.status == 128 + 9)
    // The table was made empty, its counter begins anew, and nobody has set it right yet.
    try await installation.original(
      "INSERT INTO \(Self.original) (student_module_id, created, state) VALUES (9, '2016-01-01', 'straggler')")
    #expect(try await installation.originalRows("SELECT id FROM \(Self.original)") == [["1"]])
    for command in [
      ["drain", "--yes"], ["catch-up", "--remove-deleted"], ["verify", "--repair", "--remove-deleted"],
      ["drain", "--yes", "--truncate"],
    ] {
      let result = try await Command.csmh(command + ["--lms-config", file.path])
      #expect(result.status == 1, "\(command): \(result.output)\(result.error)")
    }
    let flags = try await Command.csmh(["flags", "--lms-config", file.path])
    #expect(flags.status == 1, "\(flags.output)")
    #expect(try await installation.dumpExtended(upTo: rows.last?[0]) == rows)
    #expect(
      try await installation.originalRows("SELECT state FROM \(Self.original)") == [["straggler"]])
    try await installation.original("DELETE FROM \(Self.original)")
    #expect(try await Self.drain(file).status == 0)
    try await Self.expectDrained(installation, rows, nextID: nextID)
  }

  @Test(
    "a range that was mended or brought back while a drain had it in mind is not drained before it was compared again")
  func mendedMeanwhile() async throws {
    let (installation, file, rows) = try await Self.proven(rows: 3_000)
    defer { file.remove() }
    // As earlier drains leave ranges that they had begun with.
    try await installation.extended(
      "UPDATE csmh_range SET state = 'draining', drained_count = row_count, drained_digest = digest")
    let running = try Command(
      try Command.csmh, ["drain", "--yes", "--lms-config", file.path, "--max-rows-per-second", "400"], environment: [:]
    )
    var left = rows.count
    while running.isRunning, left == rows.count {
      try await Task.sleep(for: .milliseconds(20))
      left = Int(try await installation.originalRows("SELECT COUNT(*) FROM \(Self.original)")[0][0] ?? "") ?? 0
    }
    // It is in the first range, with the other ranges' entries read. As mending and the way back leave these:
    try await installation.extended(
      "UPDATE csmh_range SET state = 'copied', drained_count = NULL, drained_digest = NULL, attempts = attempts + 1"
        + " WHERE lower_id > 0")
    try await installation.original("UPDATE csmh_record SET state = 'returned' WHERE lower_id > 0")
    let ofFirst = try await installation.extendedRows("SELECT row_count FROM csmh_range WHERE lower_id = 0")[0][0]
    left = rows.count - (ofFirst.flatMap { Int($0) } ?? 0)
    let result = await running.wait()
    #expect(result.status == 1 && result.output.contains("another process"), "\(result.output)\(result.error)")
    #expect(left > 0)
    #expect(
      try await installation.originalRows("SELECT COUNT(*) FROM \(Self.original)") == [[String(left)]],
      "rows were removed of a range that counts as copied, or the first range was left")
    #expect(try await Self.drain(file).status == 0)
    #expect(try await installation.dumpOriginal().isEmpty)
  }

  @Test("a user without DROP is told the GRANT, and the ranges stay as they were")
  func missingPrivilege() async throws {
    let (installation, file, rows) = try await Self.proven(rows: 200)
    defer { file.remove() }
    try await installation.source.run(
      "CREATE USER IF NOT EXISTS nodrop@'%'",
      "GRANT SELECT, LOCK TABLES, DELETE ON \(installation.originalDatabase).* TO nodrop@'%'")
    let result = try await Command.csmh([
      "drain", "--yes", "--truncate", "--original",
      "mysql://nodrop@127.0.0.1:\(installation.source.port)/\(installation.originalDatabase)", "--extended",
      installation.arguments[3],
    ])
    #expect(result.status == 77 && result.error.contains("ALTER, DROP on"), "\(result.output)\(result.error)")
    #expect(try await installation.dumpOriginal() == rows)
    #expect(
      try await installation.extendedRows("SELECT COUNT(*) FROM csmh_range WHERE state <> 'copied'") == [["0"]])
    #expect(try await installation.extendedRows("SELECT 1 FROM csmh_event WHERE kind LIKE 'drain%'").isEmpty)
  }
}
