import Foundation
import MariaDBClient
import TestSupport
import Testing

/// What peers have lost rows by, and what no other suite sees from beginning to end.
@Suite(.limitedConcurrency) struct FailureScenarioTests {
  private static let original = "courseware_studentmodulehistory"
  private static let extended = TestInstallation.extendedTable

  private static func filled(_ installation: TestInstallation, rows: Int) async throws {
    for sql in Tables.today.sql { try await installation.original(sql) }
    for start in stride(from: 1, through: rows, by: 5_000) {
      try await installation.original(Tables.plainRows(min(5_000, rows - start + 1), from: start))
    }
  }

  /// Runs a slow copy, and `body` as soon as it is under way.
  private static func copying(
    _ installation: TestInstallation, _ body: () async throws -> Void
  ) async throws -> Command.Result {
    #expect(try await installation.csmh("provision").status == 0)
    let command = try Command(
      try Command.csmh, ["copy", "--max-rows-per-second", "3000", "--workers", "1"] + installation.arguments,
      environment: [:])
    while command.isRunning,
      try await installation.extendedRows("SELECT COUNT(*) FROM csmh_range WHERE state = 'copied'") == [["0"]]
    {
      try await Task.sleep(for: .milliseconds(20))
    }
    try await body()
    return await command.wait()
  }

  @Test(
    "servers whose sql_mode, time_zone, character set and wait_timeout differ change no value",
    arguments: TestServer.Family.allCases.filter { TestServer.isAvailable($0) })
  func differingServers(family: TestServer.Family) async throws {
    let source = try await TestServers.shared.named(
      "\(family.rawValue)-lax", family,
      options: [
        "--sql-mode=", "--default-time-zone=-03:30", "--character-set-server=latin1",
        "--transaction-isolation=SERIALIZABLE",
      ])
    let target = try await TestServers.shared.named(
      "\(family.rawValue)-odd", family,
      options: [
        "--sql-mode=ANSI_QUOTES,PIPES_AS_CONCAT,NO_ZERO_DATE,NO_ZERO_IN_DATE,STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO",
        "--default-time-zone=+05:45", "--wait-timeout=30",
      ])
    let installation = try await TestInstallation(source: source, target: target)
    try await Self.filled(installation, rows: 500)
    try await installation.original(
      "INSERT INTO \(Self.original) (student_module_id, created, state, version) VALUES"
        + " (1, '0000-00-00 00:00:00', 'zero date', ''), (1, '2015-03-29 02:30:00', 'an hour that summer time skips', NULL),"
        + " (1, '2015-10-25 02:30:00.999999', 'an hour that comes twice', 'NULL'),"
        + " (1, '2016-02-30 12:00:00', 'no day', '\\\\'), (1, '2016-01-01', 'it''s \"quoted\" || \\\\n 🎓', NULL)")
    let result = try await installation.csmh("migrate")
    #expect(result.status == 0, "\(result.output)\(result.error)")
    #expect(try await installation.dumpExtended() == installation.dumpOriginal())
    #expect(
      try await installation.extendedRows("SELECT COUNT(*) FROM \(Self.extended) WHERE state LIKE '%quoted%🎓%'")
        == [["1"]])
  }

  @Test(
    "a native row that takes an original id while the copy runs stops its range; it is not touched, and no other range waits",
    arguments: TestInstallation.Place.mariaDB)
  func collisionMeanwhile(place: TestInstallation.Place) async throws {
    let installation = try await TestInstallation(place)
    try await Self.filled(installation, rows: 12_000)
    let result = try await Self.copying(installation) {
      try await installation.extended(
        "INSERT INTO \(Self.extended) (id, student_module_id, created, state) VALUES (11500, 777, '2026-01-01', 'native')"
      )
    }
    #expect(result.status == 1, "\(result.output)\(result.error)")
    #expect(result.output.contains("11500") && result.output.contains("'native'"), "\(result.output)")
    #expect(
      try await installation.extendedRows("SELECT student_module_id, state FROM \(Self.extended) WHERE id = 11500")
        == [["777", "native"]])
    let stopped = try await installation.extendedRows(
      "SELECT lower_id, upper_id FROM csmh_range WHERE state <> 'copied'")
    #expect(stopped.count == 1)
    let lower = stopped.first?[0] ?? "0"
    let copied = try await installation.dumpOriginal().filter { UInt64($0[0]!)! < UInt64(lower)! }
    #expect(try await installation.dumpExtended().prefix(copied.count).elementsEqual(copied))
  }

  @Test(
    "a column that appears in either table while the copy runs stops it with 78 before a row is copied without it",
    arguments: [true, false])
  func changedSchema(inOriginal: Bool) async throws {
    let installation = try await TestInstallation(.betweenMariaDBs)
    try await Self.filled(installation, rows: 20_000)
    let result = try await Self.copying(installation) {
      if inOriginal {
        try await installation.original("ALTER TABLE \(Self.original) ADD COLUMN attempts int NOT NULL DEFAULT 7")
      } else {
        try await installation.extended("ALTER TABLE \(Self.extended) MODIFY student_module_id int NOT NULL")
      }
    }
    #expect(result.status == 78, "\(result.output)\(result.error)")
    #expect(result.error.contains(inOriginal ? "attempts" : "was changed meanwhile"), "\(result.error)")
    if inOriginal {
      try await installation.original("ALTER TABLE \(Self.original) DROP COLUMN attempts")
    }
    #expect(try await installation.csmh("migrate").status == 0)
    #expect(try await installation.dumpExtended() == installation.dumpOriginal())
  }

  @Test(
    "a server's clock that leaps ahead lets leases run out under those who copy: nothing is lost, and no row stands twice",
    arguments: TestInstallation.Place.mariaDB)
  func leapingClock(place: TestInstallation.Place) async throws {
    let installation = try await TestInstallation(place)
    try await Self.filled(installation, rows: 6_000)
    #expect(try await installation.csmh("provision").status == 0)
    let commands = try (0..<2).map { _ in
      try Command(
        try Command.csmh, ["copy", "--max-rows-per-second", "3000", "--workers", "2"] + installation.arguments,
        environment: [:])
    }
    while commands.contains(where: { $0.isRunning }) {
      // To a lease, a clock that is an hour later is the same as an end that lies an hour back.
      try await installation.extended(
        "UPDATE csmh_range SET lease_expires_at = UTC_TIMESTAMP(6) - INTERVAL 1 HOUR WHERE state = 'leased'")
      try await Task.sleep(for: .milliseconds(20))
    }
    for command in commands {
      let result = await command.wait()
      #expect(result.status == 0, "\(result.output)\(result.error)")
    }
    #expect(try await installation.csmh("verify").status == 0)
    #expect(try await installation.dumpExtended() == installation.dumpOriginal())
    #expect(try await installation.extendedRows("SELECT SUM(row_count) FROM csmh_range") == [["6000"]])
  }

  @Test(
    "a row that is changed, and one that is deleted, between its reading and the end of its range are as they became")
  func betweenReadAndWrite() async throws {
    let installation = try await TestInstallation(.betweenMariaDBs)
    try await Self.filled(installation, rows: 300)
    try await installation.original("UPDATE \(Self.original) SET student_module_id = id")
    #expect(try await installation.csmh("provision").status == 0)
    // The copy has read every row, and waits for this lock with its INSERT.
    let blocker = try await installation.target.connect(database: installation.extendedDatabase)
    try await blocker.execute(StatementText("LOCK TABLES \(Self.extended) READ"))
    let command = try Command(try Command.csmh, ["copy"] + installation.arguments, environment: [:])
    try await Task.sleep(for: .seconds(1))
    // As the LMS: deletes from the original, then from the extended table; and a request that saves again.
    let changes = Task {
      try await installation.original(
        "DELETE FROM \(Self.original) WHERE student_module_id = 100",
        "UPDATE \(Self.original) SET state = 'saved again' WHERE id = 200")
      try await installation.extended("DELETE FROM \(Self.extended) WHERE student_module_id = 100")
    }
    try await Task.sleep(for: .seconds(1))
    try await blocker.execute("UNLOCK TABLES")
    await blocker.close()
    let result = await command.wait()
    try await changes.value
    #expect(result.status == 0, "\(result.output)\(result.error)")
    #expect(
      try await installation.extendedRows("SELECT COUNT(*) FROM \(Self.extended) WHERE id = 100") == [["0"]],
      "a deleted row came back")
    // The change came after the copy, and is for the pass back.
    let file = try LMSConfigurationFile(installation)
    defer { file.remove() }
    try file.set(true, false)
    #expect(try await Command.csmh(["catch-up", "--lms-config", file.path]).status == 0)
    #expect(try await installation.dumpExtended() == installation.dumpOriginal())
  }
}
