import Foundation
import StudentModuleHistory
import TestSupport
import Testing

/// What csmh tells where rows that the LMS wrote stand among the original ids is followed to the letter.
@Suite("Remedies of re-keying", .limitedConcurrency) struct RekeyRemediesTests {
  private static let extended = TestInstallation.extendedTable

  private static let families = TestInstallation.Place.every.filter { $0.isOneServer }

  /// 300 original rows, and an extended table whose native rows began at 1.
  private func installation(
    _ place: TestInstallation.Place = .betweenMariaDBs, isProvisioned: Bool = true,
    table: String = Tables.todayExtended,
    nextID: UInt64? = nil
  ) async throws -> TestInstallation {
    let installation = try await TestInstallation(place)
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(Tables.plainRows(300))
    try await installation.target.run("CREATE DATABASE \(installation.extendedDatabase)")
    try await installation.extended(
      table,
      "INSERT INTO \(Self.extended) (student_module_id, created, state) VALUES "
        + (1...20).map { "(\($0 + 900), '2026-01-01 10:00:\($0 + 10)', 'native \($0)')" }.joined(separator: ", "))
    if isProvisioned { #expect(try await installation.csmh("provision").status == 0) }
    if let nextID { try await installation.extended("ALTER TABLE \(Self.extended) AUTO_INCREMENT = \(nextID)") }
    return installation
  }

  private func natives(_ installation: TestInstallation) async throws -> [[String?]] {
    try await installation.extendedRows("SELECT state FROM \(Self.extended) WHERE state LIKE 'native%' ORDER BY id")
  }

  /// Runs the re-keying that was told: it asks, and nobody waits a minute for requests of an LMS that does not run.
  private func rekey(_ text: String, _ installation: TestInstallation) async throws {
    let told = try ToldCommands.first(in: text)
    #expect(told == ["offset", "--rekey"])
    let rows = try await natives(installation)
    let unasked = try await Command.csmh(told + installation.arguments)
    #expect(unasked.status == 64, "\(unasked.printed)")
    let moved = try await Command.csmh(told + ["--yes", "--settle", "0"] + installation.arguments)
    #expect(moved.status == 0, "\(moved.printed)")
    #expect(try await natives(installation) == rows)
  }

  @Test("offset tells the re-key: first the plan, then the move, and the starting id is safe", arguments: families)
  func lowRows(place: TestInstallation.Place) async throws {
    let installation = try await installation(place)
    let refused = try await installation.csmh("offset")
    #expect(refused.status == 1, "\(refused.printed)")
    try await FollowedRemedies.follow(.rekey, in: refused.output) { told in
      #expect(told.text.contains("--print-plan"))
      let plan = try await installation.csmh("offset", "--rekey", "--print-plan")
      #expect(plan.status == 0 && plan.output.contains("20 native rows"), "\(plan.printed)")
      try await rekey(told.text, installation)
      #expect(try await installation.csmh("offset").status == 0)
      #expect(try await installation.csmh("migrate").status == 0)
    }
  }

  @Test(
    "rows that collide: copy copies the others and names each, and after the re-key check passes and all is copied",
    arguments: families)
  func collisions(place: TestInstallation.Place) async throws {
    let installation = try await installation(place, isProvisioned: false)
    let check = try await installation.csmh("check", "--rule", "collisions")
    #expect(check.status == 1, "\(check.printed)")
    // Without a journal both lead to the command that makes it.
    for command in [["offset", "--rekey"], ["copy"]] {
      let refused = try await Command.csmh(command + installation.arguments)
      #expect(refused.status == 78, "\(refused.printed)")
      _ = try FollowedRemedies.printed(.provision, in: refused.error)
    }
    #expect(try await installation.csmh("provision").status == 0)
    try await FollowedRemedies.follow(.copyNamesRows, in: check.output) { told in
      // One range, and one above it.
      try await installation.original(Tables.plainRows(3_000, from: 301))
      let copied = try await Command.csmh(try ToldCommands.first(in: told.text) + installation.arguments)
      #expect(copied.status == 1 && copied.output.contains("csmh offset --rekey"), "\(copied.printed)")
      #expect(
        copied.output.contains("extended: id 1,") && copied.output.contains("original: id 1,"), "\(copied.output)")
      let rows = try await installation.extendedRows(
        "SELECT COUNT(*) FROM \(Self.extended) WHERE id BETWEEN 2001 AND 3300")
      #expect(rows == [["1300"]])
    }
    try await FollowedRemedies.follow(.rekeyCollisions, in: check.output) { told in
      try await rekey(told.text, installation)
      let passed = try await installation.csmh("check", "--rule", "collisions")
      #expect(passed.status == 0, "\(passed.printed)")
      let copied = try await installation.csmh("migrate")
      #expect(copied.status == 0, "\(copied.printed)")
    }
  }

  @Test("the way back is refused over low native rows; they move up, and everything comes back")
  func wayBack() async throws {
    let installation = try await installation()
    let refused = try await installation.csmh("return")
    #expect(refused.status == 1, "\(refused.printed)")
    try await FollowedRemedies.follow(.rekeyThenReturn, in: refused.error) { told in
      #expect(ToldCommands.all(in: told.text) == [["offset", "--rekey"], ["return"]])
      try await rekey(told.text, installation)
      let returned = try await installation.csmh("return")
      #expect(returned.status == 0, "\(returned.printed)")
    }
    let back = try await installation.originalRows(
      "SELECT COUNT(*) FROM courseware_studentmodulehistory WHERE state LIKE 'native%'")
    #expect(back == [["20"]])
  }

  @Test("a row under an id that was handed out twice: offset and return tell how it is moved by hand, and both go on")
  func reusedID() async throws {
    let installation = try await TestInstallation(.betweenMariaDBs)
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(Tables.plainRows(300))
    #expect(try await installation.csmh("migrate").status == 0)
    try await installation.original("DELETE FROM courseware_studentmodulehistory WHERE id = 250")
    try await installation.extended("UPDATE \(Self.extended) SET state = 'low', created = '2037-01-01' WHERE id = 250")
    let offset = try await installation.csmh("offset")
    let refused = try await installation.csmh("return")
    #expect(offset.status == 1 && refused.status == 1, "\(offset.printed)\(refused.printed)")
    _ = try FollowedRemedies.printed(.moveReused, in: offset.output)
    try await FollowedRemedies.follow(.moveReused, in: refused.error) { told in
      let verify = try await Command.csmh(try ToldCommands.first(in: told.text) + installation.arguments)
      #expect(verify.status == 1 && verify.output.contains(/\b250\b/), "\(verify.printed)")
      try await installation.extended(
        "INSERT INTO \(Self.extended) (student_module_id, version, created, state, grade, max_grade)"
          + " SELECT student_module_id, version, created, state, grade, max_grade FROM \(Self.extended) WHERE id = 250",
        "DELETE FROM \(Self.extended) WHERE id = 250")
      let safe = try await installation.csmh("offset")
      #expect(safe.status == 0, "\(safe.printed)")
      let returned = try await installation.csmh("return")
      #expect(returned.status == 0, "\(returned.printed)")
    }
    let back = try await installation.originalRows(
      "SELECT COUNT(*) FROM courseware_studentmodulehistory WHERE state = 'low'")
    #expect(back == [["1"]])
  }

  @Test("no room above the headroom that was asked for: with a smaller one rows move; where none helps, none is told")
  func room() async throws {
    let signed = Tables.todayExtended.replacing("id bigint unsigned NOT NULL AUTO", with: "id bigint NOT NULL AUTO")
    #expect(signed != Tables.todayExtended)
    let installation = try await installation(table: signed, nextID: 4_611_686_018_427_287_800)
    let rekey = ["offset", "--rekey", "--yes", "--settle", "0"] + installation.arguments
    let refused = try await Command.csmh(rekey + ["--headroom", "4611686018427387904"])
    #expect(refused.status == 1, "\(refused.printed)")
    try await FollowedRemedies.follow(.shorterRunway, in: refused.error) { _ in
      let moved = try await Command.csmh(rekey + ["--runway", "50000"])
      #expect(moved.status == 0, "\(moved.printed)")
    }
    let full = try await self.installation(table: signed, nextID: 5_000_000_000_000_000_000)
    // The low rows do not fit below this one, and all together would need twice its counter.
    try await full.extended(
      "INSERT INTO \(Self.extended) (id, student_module_id, created, state) VALUES (305, 5, '2026-02-01', 'native')")
    let hopeless = try await Command.csmh(["offset", "--rekey", "--yes", "--settle", "0"] + full.arguments)
    #expect(hopeless.status == 1 && !hopeless.error.contains("what to do"), "\(hopeless.printed)")
  }

  @Test(
    "the LMS takes the ids that were meant for the moved rows three times: nothing is moved, and a later run moves all")
  func busyLMS() async throws {
    let installation = try await installation()
    let rows = try await installation.dumpExtended()
    try await installation.extended(
      """
      CREATE TRIGGER busy AFTER UPDATE ON csmh_migration FOR EACH ROW IF NEW.rekey_limit IS NOT NULL AND OLD.rekey_limit IS NULL \
      THEN INSERT INTO \(Self.extended) (id, student_module_id, created, state) VALUES (NEW.rekey_limit - 1, 5, '2026-02-01', 'busy'); \
      END IF
      """)
    let rekey = ["offset", "--rekey", "--yes", "--settle", "0"] + installation.arguments
    let refused = try await Command.csmh(rekey)
    #expect(refused.status == 1, "\(refused.printed)")
    #expect(try await installation.dumpExtended().filter { $0[1] != "5" } == rows)
    try await FollowedRemedies.follow(.tryLater, in: refused.error) { _ in
      try await installation.extended("DROP TRIGGER busy")
      let moved = try await Command.csmh(rekey)
      #expect(moved.status == 0, "\(moved.printed)")
    }
    #expect(try await natives(installation).count == 20)
  }
}
