import Foundation
import MariaDBClient
import TestSupport
import Testing

/// Invariants 1, 2 and 8: every row exactly once, whatever interrupts, whoever helps, whatever stands there already.
@Suite(.limitedConcurrency) struct ExactlyOnceTests {
  private func installation(_ place: TestInstallation.Place, rows: Int) async throws -> TestInstallation {
    let installation = try await TestInstallation(place)
    for sql in Tables.today.sql { try await installation.original(sql) }
    for start in stride(from: 1, through: rows, by: 5_000) {
      try await installation.original(Tables.plainRows(min(5_000, rows - start + 1), from: start))
    }
    return installation
  }

  private func expectEqual(_ installation: TestInstallation) async throws {
    let rows = try await installation.dumpOriginal()
    #expect(try await installation.dumpExtended(upTo: rows.last?[0]) == rows)
    // Ranges tile the ids: none twice, none left out.
    let ranges = try await installation.extendedRows(
      "SELECT lower_id, upper_id, row_count, state FROM csmh_range ORDER BY lower_id")
    var next: UInt64 = 0
    for range in ranges {
      #expect(range[0].flatMap { UInt64($0) } == next)
      #expect(range[3] == "copied")
      next = (range[1].flatMap { UInt64($0) } ?? 0) + 1
    }
    #expect(ranges.compactMap { $0[2].flatMap { Int($0) } }.reduce(0, +) == rows.count)
  }

  @Test(
    "killed at every named point, again and again, then run twice: equal, and no row twice",
    arguments: TestInstallation.Place.mariaDB,
    ["after-lease", "after-transfer", "after-digest", "before-commit", "after-commit", "after-release"])
  func killed(place: TestInstallation.Place, point: String) async throws {
    let installation = try await installation(place, rows: 12_000)
    #expect(try await installation.csmh("provision").status == 0)
    for count in 1...3 {
      let crashed = try await installation.csmh("copy", environment: ["CSMH_CRASH_AT": "\(point):\(count)"])
      #expect(crashed.status == 128 + 9, "it did not crash: \(crashed.output)\(crashed.error)")
      // All or nothing: no row without its range's entry, and no entry without its rows. Adoption would hide it later.
      // In one statement, which sees one state: a commit that was under way may still arrive.
      let counts = try await installation.extendedRows(
        "SELECT (SELECT COUNT(*) FROM \(TestInstallation.extendedTable)),"
          + " (SELECT COALESCE(SUM(row_count), 0) FROM csmh_range WHERE state IN ('copied', 'unconfirmed'))")[0]
      #expect(counts[0] == counts[1], "rows and journal were not committed together")
    }
    let result = try await installation.csmh("copy")
    #expect(result.status == 0, "\(result.output)\(result.error)")
    let nothing = try await installation.csmh("migrate", "--json")
    #expect(nothing.status == 0)
    #expect(nothing.output.contains("\"rows\":0"), "a second run copied again: \(nothing.output)")
    try await expectEqual(installation)
  }

  @Test("kill -9 at random moments, then the same command again: equal", arguments: TestInstallation.Place.all)
  func killedAtRandom(place: TestInstallation.Place) async throws {
    let installation = try await installation(place, rows: 20_000)
    var kills = 0
    for _ in 0..<6 {
      let command = try Command(try Command.csmh, ["migrate"] + installation.arguments, environment: [:])
      try await Task.sleep(for: .milliseconds(Int.random(in: 20...600)))
      if command.isRunning { kills += 1 }
      command.send(SIGKILL)
      _ = await command.wait()
    }
    let result = try await installation.csmh("migrate")
    #expect(result.status == 0, "after \(kills) kills: \(result.output)\(result.error)")
    try await expectEqual(installation)
  }

  @Test(
    "two and three processes copy at once: equal, and each range once", arguments: TestInstallation.Place.mariaDB,
    [2, 3])
  func together(place: TestInstallation.Place, count: Int) async throws {
    let installation = try await installation(place, rows: 30_000)
    #expect(try await installation.csmh("provision").status == 0)
    let results = try await withThrowingTaskGroup(of: Command.Result.self) { group in
      for _ in 0..<count { group.addTask { try await installation.csmh("copy", "--json", "--workers", "2") } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(results.allSatisfy { $0.status == 0 }, "\(results.map { $0.output + $0.error })")
    try await expectEqual(installation)
  }

  @Test("rows that an older script copied are adopted and counted", arguments: TestInstallation.Place.mariaDB)
  func adopted(place: TestInstallation.Place) async throws {
    let installation = try await installation(place, rows: 3_000)
    #expect(try await installation.csmh("provision").status == 0)
    let rows = try await installation.dumpOriginal()
    // As the old script left it: a block at the beginning, and one in the middle.
    for id in Array(1...700) + Array(1_500...1_600) {
      let row = rows[id - 1]
      try await installation.extended(
        "INSERT INTO \(TestInstallation.extendedTable) (id, student_module_id, created, state, grade, max_grade) VALUES"
          + " (\(id), \(row[1]!), '\(row[3]!)', X'\(row[4]!)', \(row[5] ?? "NULL"), \(row[6] ?? "NULL"))")
    }
    let result = try await installation.csmh("migrate", "--json")
    #expect(result.status == 0, "\(result.output)\(result.error)")
    #expect(result.output.contains("\"adopted_rows\":801"), "\(result.output)")
    try await expectEqual(installation)
  }

  @Test(
    "a colliding id stops its range, names both rows, changes neither, and everything else is copied",
    arguments: TestInstallation.Place.all)
  func collision(place: TestInstallation.Place) async throws {
    let installation = try await installation(place, rows: 10_000)
    #expect(try await installation.csmh("provision").status == 0)
    try await installation.extended(
      "INSERT INTO \(TestInstallation.extendedTable) (id, student_module_id, created, state) VALUES (50, 777, '2020-01-01', 'native')"
    )
    let result = try await installation.csmh("migrate")
    #expect(result.status == 1, "\(result.output)\(result.error)")
    #expect(result.output.contains("50") && result.output.contains("collision"), "\(result.output)")
    #expect(
      result.output.contains("student_module_id 777") && result.output.contains("'native'"),
      "the native row is not named")
    #expect(result.output.contains("\"seed\": 50,"), "the original row is not named")
    let native = try await installation.extendedRows(
      "SELECT student_module_id, state FROM \(TestInstallation.extendedTable) WHERE id = 50")
    #expect(native == [["777", "native"]])
    let stopped = try await installation.extendedRows(
      "SELECT lower_id, upper_id, state FROM csmh_range WHERE state <> 'copied'")
    #expect(stopped.count == 1 && stopped[0][2] == "stopped")
    let upper = stopped[0][1]!
    let inside = try await installation.extendedRows(
      "SELECT COUNT(*) FROM \(TestInstallation.extendedTable) WHERE id <= \(upper)")
    #expect(inside == [["1"]], "a part of the stopped range was kept")
    // Once the native row has moved out of the way, the same command finishes.
    try await installation.extended("UPDATE \(TestInstallation.extendedTable) SET id = 99999 WHERE id = 50")
    let again = try await installation.csmh("migrate")
    #expect(again.status == 0, "\(again.output)\(again.error)")
    try await expectEqual(installation)
  }

  @Test("a native row in a gap of the original ids stops its range", arguments: TestInstallation.Place.mariaDB)
  func stranger(place: TestInstallation.Place) async throws {
    let installation = try await installation(place, rows: 2_000)
    try await installation.original("DELETE FROM courseware_studentmodulehistory WHERE id = 60")
    #expect(try await installation.csmh("provision").status == 0)
    try await installation.extended(
      "INSERT INTO \(TestInstallation.extendedTable) (id, student_module_id, created, state) VALUES (60, 777, '2020-01-01', 'native')"
    )
    let result = try await installation.csmh("migrate")
    #expect(result.status == 1, "\(result.output)\(result.error)")
    #expect(result.output.contains("60") && result.output.contains("'native'"), "\(result.output)")
    #expect(try await installation.csmh("offset").status == 1)
  }

  @Test(
    "the first Ctrl-C finishes the ranges in hand and exits 2; the same command goes on",
    arguments: TestInstallation.Place.mariaDB)
  func interrupted(place: TestInstallation.Place) async throws {
    let installation = try await installation(place, rows: 20_000)
    #expect(try await installation.csmh("provision").status == 0)
    let command = try Command(
      try Command.csmh, ["copy", "--max-rows-per-second", "4000"] + installation.arguments, environment: [:])
    try await Task.sleep(for: .milliseconds(1_500))
    command.send(SIGINT)
    let result = await command.wait()
    #expect(result.status == 2, "\(result.output)\(result.error)")
    let open = try await installation.extendedRows("SELECT COUNT(*) FROM csmh_range WHERE state <> 'copied'")
    #expect(open == [["0"]], "a range in hand was not finished")
    #expect(try await installation.csmh("migrate").status == 0)
    try await expectEqual(installation)
  }

  @Test("the second Ctrl-C stops at once, and the same command goes on", arguments: TestInstallation.Place.mariaDB)
  func interruptedTwice(place: TestInstallation.Place) async throws {
    let installation = try await installation(place, rows: 20_000)
    #expect(try await installation.csmh("provision").status == 0)
    let command = try Command(
      try Command.csmh, ["copy", "--max-rows-per-second", "500"] + installation.arguments, environment: [:])
    try await Task.sleep(for: .milliseconds(1_500))
    let start = ContinuousClock.now
    command.send(SIGINT)
    try await Task.sleep(for: .milliseconds(300))
    command.send(SIGINT)
    let result = await command.wait()
    #expect(result.status == 2, "\(result.output)\(result.error)")
    #expect(ContinuousClock.now - start < .seconds(20))
    #expect(try await installation.csmh("migrate").status == 0)
    try await expectEqual(installation)
  }
}
