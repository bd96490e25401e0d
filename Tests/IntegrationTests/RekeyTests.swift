import Foundation
import MariaDBClient
import StudentModuleHistory
import Synchronization
import TestSupport
import Testing

/// Native rows that took low ids move above the original ones, whatever happens meanwhile; and back.
@Suite(.limitedConcurrency) struct RekeyTests {
  private static let extended = TestInstallation.extendedTable

  private static let families = TestInstallation.Place.every.filter { $0.source == $0.target && $0.isOneServer }

  private static let rekey = ["offset", "--rekey", "--yes", "--settle", "0"]

  /// 3,000 original rows; an extended table as today's Open edX makes it, whose native rows began at 1; the journal.
  private static func installation(
    _ place: TestInstallation.Place, natives: Int = 1_300, isProvisioned: Bool = true
  ) async throws -> TestInstallation {
    let installation = try await TestInstallation(place)
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(Tables.plainRows(3_000))
    try await installation.target.run("CREATE DATABASE \(installation.extendedDatabase)")
    try await installation.extended(Tables.todayExtended, nativeRows(1...natives))
    if isProvisioned { #expect(try await installation.csmh("provision").status == 0) }
    return installation
  }

  private static func nativeRows(_ numbers: ClosedRange<Int>) -> String {
    "INSERT INTO \(extended) (student_module_id, created, state, grade, max_grade) VALUES "
      + numbers.map { "(\($0 % 7 + 1), '2026-01-01 10:00:00.\(100_000 + $0)', 'native \($0) é🎓', 0.1, 1)" }
      .joined(separator: ", ")
  }

  private func run(
    _ installation: TestInstallation, _ words: [String], crash: String? = nil
  ) async throws -> Command.Result {
    try await Command.csmh(words + installation.arguments, environment: crash.map { ["CSMH_CRASH_AT": $0] } ?? [:])
  }

  private func nextID(_ installation: TestInstallation) async throws -> Int {
    let definition = try await installation.extendedRows("SHOW CREATE TABLE \(Self.extended)")[0][1]!
    let marker = definition.range(of: "AUTO_INCREMENT=")!
    return Int(definition[marker.upperBound...].prefix { $0.isNumber })!
  }

  /// All native rows by ascending id, without their ids: their order.
  private func natives(_ installation: TestInstallation) async throws -> [[String?]] {
    try await installation.dumpExtended().filter { $0[4]?.hasPrefix("6E6174697665") == true }.map {
      Array($0.dropFirst())
    }
  }

  private func expectMigrated(_ installation: TestInstallation, natives expected: [[String?]]) async throws {
    let rows = try await installation.dumpOriginal()
    #expect(try await installation.dumpExtended(upTo: rows.last?[0]) == rows)
    #expect(try await natives(installation) == expected)
    #expect(try await installation.dumpExtended().count == rows.count + expected.count)
  }

  @Test(
    "native rows among the original ids stop a copy; re-keyed, everything is copied and compared, natives in their order",
    arguments: TestInstallation.Place.all)
  func collisions(place: TestInstallation.Place) async throws {
    let installation = try await Self.installation(place)
    // After provisioning the LMS goes on above: these rows are newer, and must stay so.
    try await installation.extended(Self.nativeRows(1_301...1_310))
    // As an older script left them, equal to their originals.
    let copies = try await installation.dumpOriginal()[2_499..<2_550]
    for row in copies {
      try await installation.extended(
        "INSERT INTO \(Self.extended) (id, student_module_id, created, state, grade, max_grade) VALUES"
          + " (\(row[0]!), \(row[1]!), '\(row[3]!)', X'\(row[4]!)', \(row[5] ?? "NULL"), \(row[6] ?? "NULL"))")
    }
    let stopped = try await installation.csmh("copy")
    #expect(stopped.status == 1 && stopped.output.contains("csmh offset --rekey"), "\(stopped.output)")
    let before = try await natives(installation)
    let next = try await nextID(installation)
    let result = try await run(installation, Self.rekey + ["--json"])
    #expect(result.status == 0, "\(result.output)\(result.error)")
    #expect(
      result.output.contains("\"is_unchanged\":true") && result.output.contains("\"rows\":1310"), "\(result.output)")
    #expect(try await natives(installation) == before)
    #expect(try await nextID(installation) > next)
    let copied = try await installation.csmh("copy")
    #expect(copied.status == 0, "\(copied.output)\(copied.error)")
    #expect(try await installation.extendedRows("SELECT SUM(adopted_count) FROM csmh_range") == [["51"]])
    #expect(try await installation.csmh("verify").status == 0)
    try await expectMigrated(installation, natives: before)
    let first = try await installation.extendedRows(
      "SELECT starting_id, (SELECT MIN(id) FROM \(Self.extended) WHERE state LIKE 'native%') FROM csmh_migration")[0]
    #expect(first[0] == first[1])
    let again = try await run(installation, Self.rekey)
    #expect(again.status == 0 && again.output.contains("nothing to do"), "\(again.output)")
  }

  @Test(
    "killed at every named point, then run twice: every native row once, in its order",
    arguments: families,
    [
      "after-rekey-begin", "after-rekey-raise", "before-rekey-commit", "before-rekey-commit:2", "after-rekey-commit",
      "after-rekey-commit:2",
    ])
  func killed(place: TestInstallation.Place, point: String) async throws {
    let installation = try await Self.installation(place)
    try await installation.extended(Self.nativeRows(1_301...1_310))
    let before = try await natives(installation)
    let crashed = try await run(installation, Self.rekey, crash: point)
    #expect(crashed.status == 128 + 9, "\(crashed.output)\(crashed.error)")
    // What readers see at this moment is in the right order.
    #expect(try await natives(installation) == before)
    // The LMS writes on.
    try await installation.extended(Self.nativeRows(1_311...1_320))
    let all = try await natives(installation)
    for _ in 1...2 {
      let result = try await run(installation, Self.rekey)
      #expect(result.status == 0, "\(result.output)\(result.error)")
    }
    #expect(try await natives(installation) == all)
    #expect(try await installation.csmh("migrate").status == 0)
    try await expectMigrated(installation, natives: all)
  }

  @Test(
    "the LMS writes, changes and deletes while rows move: nothing is lost, doubled or out of order", arguments: families
  )
  func writers(place: TestInstallation.Place) async throws {
    let installation = try await Self.installation(place)
    // As after a restart of a server that forgets it: the LMS takes low ids until the counter is raised.
    try await installation.extended("ALTER TABLE \(Self.extended) AUTO_INCREMENT = 1301")
    let isOver = Mutex(false)
    let writing = Task { () -> [String] in
      let connection = try await installation.target.connect(database: installation.extendedDatabase)
      var kept: [String] = []
      var open: [(number: Int, id: String)] = []
      // A second save of the same request, by the id that the first one got.
      func saveAgain() async throws {
        let (number, id) = open.removeFirst()
        try await connection.execute(
          StatementText("UPDATE \(Self.extended) SET state = 'native again \(number)' WHERE id = \(id)"))
        kept.append("native again \(number)")
      }
      var number = 5_000
      while !isOver.withLock({ $0 }) {
        number += 1
        try await connection.execute(StatementText(Self.nativeRows(number...number)))
        let id = try await connection.query(StatementText("SELECT LAST_INSERT_ID()"))[0][0]!
        if number.isMultiple(of: 5) {
          try await connection.execute(StatementText("DELETE FROM \(Self.extended) WHERE id = \(id)"))
        } else {
          open.append((number, id))
        }
        if open.count > 20 { try await saveAgain() }
        // And a learner whose history is deleted.
        if number == 5_050 {
          try await connection.execute(StatementText("DELETE FROM \(Self.extended) WHERE state = 'native 77 é🎓'"))
        }
        try await Task.sleep(for: .milliseconds(5))
      }
      while !open.isEmpty { try await saveAgain() }
      await connection.close()
      return kept
    }
    let result = try await run(
      installation, ["offset", "--rekey", "--yes", "--settle", "3", "--max-rows-per-second", "1500"])
    #expect(result.status == 0, "\(result.output)\(result.error)")
    isOver.withLock { $0 = true }
    let kept = try await writing.value
    #expect(!kept.isEmpty)
    let moved = try await installation.extendedRows(
      "SELECT COUNT(*) FROM \(Self.extended), csmh_migration WHERE state LIKE 'native again%'"
        + " AND \(Self.extended).id < rekey_limit AND \(Self.extended).id >= starting_id")
    #expect(moved != [["0"]], "no low row was written while it ran: the test shows nothing")
    let states = try await installation.extendedRows(
      "SELECT state FROM \(Self.extended) WHERE state LIKE 'native%' ORDER BY id"
    ).compactMap { $0[0] }
    let old = (1...1_300).filter { $0 != 77 }.map { "native \($0) é🎓" }
    #expect(states.filter { $0 != "native 77 é🎓" } == old + kept)
    #expect(try await installation.csmh("migrate").status == 0)
    let originals = try await installation.dumpOriginal()
    #expect(try await installation.dumpExtended(upTo: originals.last?[0]) == originals)
  }

  @Test(
    "undo brings the table back byte for byte, also if it was killed in the middle; the counter stays",
    arguments: families)
  func undo(place: TestInstallation.Place) async throws {
    let installation = try await Self.installation(place)
    try await installation.extended(Self.nativeRows(1_301...1_310))
    let before = try await installation.dumpExtended()
    #expect(try await run(installation, Self.rekey).status == 0)
    let next = try await nextID(installation)
    let undo = ["offset", "--rekey", "--undo", "--yes"]
    let crashed = try await run(installation, undo, crash: "after-rekey-commit:2")
    #expect(crashed.status == 128 + 9)
    let result = try await run(installation, undo)
    #expect(result.status == 0, "\(result.output)\(result.error)")
    #expect(try await installation.dumpExtended() == before)
    #expect(try await nextID(installation) == next)
    let again = try await run(installation, undo)
    #expect(again.status == 0 && again.output.contains("nothing to do"))
  }

  @Test("undo refuses ids that were copied since, or that another row has, and changes nothing")
  func undoRefused() async throws {
    let installation = try await Self.installation(.betweenMariaDBs)
    #expect(try await run(installation, Self.rekey).status == 0)
    try await installation.extended(
      "INSERT INTO \(Self.extended) (id, student_module_id, created, state) VALUES (17, 3, '2026-01-01', 'another')")
    let taken = try await run(installation, ["offset", "--rekey", "--undo", "--yes"])
    #expect(
      taken.status == 1 && taken.error.contains("another row has") && taken.error.contains("17"), "\(taken.error)")
    try await FollowedRemedies.follow(.leaveNativeRows, in: taken.error) { _ in
      // Nothing was changed, and where they are they are in nobody's way.
      let left = try await natives(installation)
      #expect(left.count == 1_300)
    }
    try await installation.extended("DELETE FROM \(Self.extended) WHERE id = 17")
    #expect(try await installation.csmh("migrate").status == 0)
    // The learner of this row was deleted: its id is free, but lies in a copied range.
    try await installation.original("DELETE FROM courseware_studentmodulehistory")
    try await installation.extended("DELETE FROM \(Self.extended) WHERE id <= 3000")
    let rows = try await installation.dumpExtended()
    let copied = try await run(installation, ["offset", "--rekey", "--undo", "--yes"])
    #expect(copied.status == 1 && copied.error.contains("copied since"), "\(copied.error)")
    try await FollowedRemedies.follow(.leaveNativeRows, in: copied.error) { _ in
      let offset = try await installation.csmh("offset")
      #expect(offset.status == 0, "\(offset.output)\(offset.error)")
      #expect(try await installation.dumpExtended() == rows)
    }
  }

  @Test("outdated copies and rows under reused ids stay where they are, and are named")
  func staying() async throws {
    let installation = try await Self.installation(.betweenMariaDBs, natives: 20)
    // The original of an older script's copy was changed since.
    let row = try await installation.dumpOriginal()[99]
    try await installation.extended(
      "INSERT INTO \(Self.extended) (id, student_module_id, created, state, grade) VALUES (100, \(row[1]!), '\(row[3]!)', 'old', 0.3)"
    )
    let result = try await run(installation, Self.rekey)
    #expect(result.status == 0 && result.output.contains("the row 100 of the extended table"), "\(result.output)")
    try await installation.extended("DELETE FROM \(Self.extended) WHERE id = 100")
    #expect(try await installation.csmh("migrate").status == 0)
    try await installation.extended(
      "DELETE FROM \(Self.extended) WHERE id = 200",
      "INSERT INTO \(Self.extended) (id, student_module_id, created, state) VALUES (200, 3, '2037-01-01', 'reused')")
    #expect(try await installation.csmh("verify").status == 1)
    let reused = try await run(installation, Self.rekey)
    #expect(reused.status == 1 && reused.output.contains("the row 200 is younger"), "\(reused.output)\(reused.error)")
    #expect(try await installation.extendedRows("SELECT state FROM \(Self.extended) WHERE id = 200") == [["reused"]])
  }

  @Test("a copy of csmh's own that differs since its original was changed is never taken for a native row")
  func changedOriginal() async throws {
    let installation = try await Self.installation(.betweenMariaDBs, natives: 20)
    #expect(try await run(installation, Self.rekey).status == 0)
    #expect(try await installation.csmh("migrate").status == 0)
    // Another student module, so that nothing but the journal tells that it is a copy.
    try await installation.original(
      "UPDATE courseware_studentmodulehistory SET student_module_id = 99, created = '2016-01-01' WHERE id = 42",
      "DELETE FROM courseware_studentmodulehistory WHERE id = 43")
    #expect(try await installation.csmh("verify").status == 1)
    let rows = try await installation.dumpExtended()
    let result = try await run(installation, Self.rekey)
    #expect(result.output.contains("nothing to do"), "\(result.output)")
    #expect(try await installation.dumpExtended() == rows)
  }

  @Test(
    "a server that does not move rows as they were, here by a trigger, is noticed, and nothing is changed",
    arguments: families)
  func unfaithful(place: TestInstallation.Place) async throws {
    let installation = try await Self.installation(place)
    let rows = try await installation.dumpExtended()
    try await installation.extended(
      "CREATE TRIGGER t BEFORE UPDATE ON \(Self.extended) FOR EACH ROW SET NEW.grade = 0.7")
    let result = try await run(installation, Self.rekey)
    #expect(result.status == 1 && result.error.contains("rolled back"), "\(result.output)\(result.error)")
    #expect(try await installation.dumpExtended() == rows)
    try await installation.extended("DROP TRIGGER t")
    #expect(try await run(installation, Self.rekey).status == 0)
  }

  @Test("it needs the journal, asks before it moves, moves beside no other process, and stops at Ctrl-C to go on")
  func refusals() async throws {
    let installation = try await Self.installation(.betweenMariaDBs, isProvisioned: false)
    let missing = try await run(installation, Self.rekey)
    #expect(missing.status == 78 && missing.error.contains("csmh provision"), "\(missing.error)")
    #expect(try await installation.csmh("provision").status == 0)
    let rows = try await installation.dumpExtended()
    let unasked = try await run(installation, ["offset", "--rekey"])
    #expect(unasked.status == 64 && unasked.output.contains("1,300 native rows"), "\(unasked.output)\(unasked.error)")
    let planned = try await run(installation, ["offset", "--rekey", "--print-plan", "--json"])
    #expect(planned.status == 0 && planned.output.contains("\"rows\":1300"), "\(planned.output)")
    let slow = try Command(
      try Command.csmh, Self.rekey + ["--max-rows-per-second", "100"] + installation.arguments, environment: [:])
    while try await installation.extendedRows(
      "SELECT COUNT(*) FROM \(Self.extended) WHERE id > 13000") == [["0"]]
    { try await Task.sleep(for: .milliseconds(50)) }
    let busy = try await run(installation, Self.rekey)
    #expect(busy.status == 2 && busy.error.contains("another process"), "\(busy.error)")
    try await FollowedRemedies.follow(.waitForOther, in: busy.error) { _ in
      slow.send(SIGINT)
      let stopped = await slow.wait()
      #expect(stopped.status == 2 && stopped.output.contains("goes on"), "\(stopped.output)\(stopped.error)")
      let moved = try await run(installation, Self.rekey)
      #expect(moved.status == 0, "\(moved.output)\(moved.error)")
    }
    #expect(try await natives(installation) == rows.map { Array($0.dropFirst()) })
  }
}
