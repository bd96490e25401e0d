import Foundation
import MariaDBClient
import TestSupport
import Testing

/// What learners' resets have deleted stays deleted, without anybody's asking; and nothing else goes.
@Suite(.limitedConcurrency) struct DeletedModuleTests {
  private static let original = "courseware_studentmodulehistory"
  private static let extended = TestInstallation.extendedTable

  /// 3,000 rows of 50 student modules, copied while the LMS has no extended application.
  private static func copied(_ place: TestInstallation.Place = .betweenMariaDBs) async throws -> TestInstallation {
    let installation = try await TestInstallation(place)
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(
      Tables.plainRows(3_000), "UPDATE \(original) SET student_module_id = 1 + id % 50",
      "CREATE TABLE courseware_studentmodule (id int NOT NULL PRIMARY KEY)",
      "INSERT INTO courseware_studentmodule SELECT DISTINCT student_module_id FROM \(original)")
    for words in ["provision", "copy"] { #expect(try await installation.csmh(words).status == 0) }
    return installation
  }

  /// An instructor deletes learners' states; Django takes the original rows along.
  private static func reset(_ modules: ClosedRange<Int>, _ installation: TestInstallation) async throws {
    let ids = "BETWEEN \(modules.lowerBound) AND \(modules.upperBound)"
    try await installation.original(
      "DELETE FROM \(original) WHERE student_module_id \(ids)", "DELETE FROM courseware_studentmodule WHERE id \(ids)")
  }

  private static func copies(_ condition: String, _ installation: TestInstallation) async throws -> String? {
    try await installation.extendedRows("SELECT COUNT(*) FROM \(extended) WHERE \(condition)")[0][0]
  }

  private static func expectEqual(_ installation: TestInstallation) async throws {
    #expect(try await installation.dumpExtended() == installation.dumpOriginal())
  }

  @Test(
    "copies whose original and student module are gone go unasked, with catch-up", arguments: TestInstallation.Place.all
  )
  func catchUp(place: TestInstallation.Place) async throws {
    let installation = try await Self.copied(place)
    try await Self.reset(7...7, installation)
    let result = try await installation.csmh("catch-up", "--json")
    #expect(result.status == 0 && result.output.contains("\"orphan_rows\":60"), "\(result.output)\(result.error)")
    try await Self.expectEqual(installation)
    let report = try await installation.csmh("report", "--json")
    #expect(report.output.contains("\"deleted_rows\" : 60"), "\(report.output)")
  }

  @Test("and with migrate, verify --repair and supervise", arguments: ["migrate", "verify --repair", "supervise"])
  func others(command: String) async throws {
    let installation = try await Self.copied()
    try await Self.reset(7...7, installation)
    if command == "supervise" {
      let file = try LMSConfigurationFile(installation)
      defer { file.remove() }
      try file.set(true, false)
      let supervisor = try Command(
        try Command.csmh, ["supervise", "--lms-config", file.path, "--recheck", "0.2"], environment: [:])
      let deadline = ContinuousClock.now + .seconds(30)
      while ContinuousClock.now < deadline, try await Self.copies("student_module_id = 7", installation) != "0" {
        try await Task.sleep(for: .milliseconds(100))
      }
      supervisor.send(SIGTERM)
      let result = await supervisor.wait()
      #expect(!result.output.contains("notComplete") && !result.error.contains("try again"), "\(result)")
    } else {
      let result = try await Command.csmh(command.split(separator: " ").map(String.init) + installation.arguments)
      #expect(result.status == 0, "\(result.output)\(result.error)")
    }
    try await Self.expectEqual(installation)
  }

  @Test(
    "a copy stays, and is named with the command that decides, where its student module stands, where that cannot be told, and where too many would go",
    arguments: [
      ("DELETE FROM \(original) WHERE student_module_id = 7", "60 as their student modules stand"),
      ("DROP TABLE courseware_studentmodule", "60 as whether their student modules stand cannot be told"),
      ("DELETE FROM courseware_studentmodule", "60 as whether their student modules stand cannot be told"),
      ("DELETE FROM courseware_studentmodule WHERE id > 6", "60 as whether their student modules stand cannot be told"),
      ("", "120 as more would go than learners' resets explain"),
    ])
  func kept(statement: String, reason: String) async throws {
    let installation = try await Self.copied()
    let before = try await installation.dumpExtended()
    if statement.isEmpty {
      try await Self.reset(7...8, installation)
    } else {
      try await installation.original("DELETE FROM \(Self.original) WHERE student_module_id = 7", statement)
    }
    for words in [["catch-up"], ["catch-up"], ["migrate"], ["verify", "--repair"]] {
      let result = try await Command.csmh(words + installation.arguments)
      #expect(result.status == 1, "\(words): \(result.output)\(result.error)")
      if words[0] != "migrate" {
        #expect(
          result.output.contains(reason) && result.output.contains("csmh catch-up --remove-deleted"),
          "\(words): \(result.output)\(result.error)")
      }
    }
    #expect(try await installation.dumpExtended() == before)
    let removed = try await installation.csmh("catch-up", "--remove-deleted")
    #expect(removed.status == 0, "\(removed.output)\(removed.error)")
    try await Self.expectEqual(installation)
  }

  @Test("who may not read the student modules is told that it cannot be told, and nothing goes")
  func unreadable() async throws {
    let account = try await LimitedAccount(
      source: TestServers.shared.server(.mariaDB, 1), target: TestServers.shared.server(.mariaDB, 2),
      original: "few_o", extended: "few_e", user: "few")
    try await account.source.run(
      "CREATE TABLE courseware_studentmodule (id int PRIMARY KEY)", database: account.original)
    try await account.source.run("INSERT INTO courseware_studentmodule VALUES (1), (9)", database: account.original)
    try await account.source.run(
      "GRANT SELECT ON few_o.\(Self.original) TO \(account.account)", database: account.original)
    try await account.source.run("GRANT LOCK TABLES ON few_o.* TO \(account.account)")
    try await account.grant("ALL", on: account.extended)
    #expect(try await account.csmh("migrate").status == 0)
    try await account.source.run("DELETE FROM \(Self.original) WHERE student_module_id = 2", database: account.original)
    let result = try await account.csmh("catch-up")
    #expect(result.status == 1 && result.output.contains("cannot be told"), "\(result.output)\(result.error)")
    #expect(
      try await account.target.query(
        "SELECT COUNT(*) > 0 FROM \(Self.extended) WHERE student_module_id = 2", database: account.extended) == [["1"]])
  }

  @Test("nothing goes from a range that was drained, whatever became of the student modules")
  func drained() async throws {
    let installation = try await Self.copied()
    let file = try LMSConfigurationFile(installation)
    defer { file.remove() }
    try file.set(true, true)
    for words in [["catch-up"], ["drain", "--yes"]] {
      #expect(try await Command.csmh(words + ["--lms-config", file.path]).status == 0)
    }
    let before = try await installation.dumpExtended()
    try await Self.reset(7...7, installation)
    for words in [["catch-up"], ["migrate"], ["verify", "--repair"], ["catch-up", "--remove-deleted"]] {
      _ = try await Command.csmh(words + ["--lms-config", file.path])
    }
    #expect(try await installation.dumpExtended() == before)
  }

  @Test(
    "on the way back nothing comes back that an LMS without the extended application has deleted meanwhile, however often it is run",
    arguments: [false, true])
  func wayBack(isDrained: Bool) async throws {
    let installation = try await Self.copied()
    let file = try LMSConfigurationFile(installation)
    defer { file.remove() }
    try file.set(true, true)
    func run(_ words: String...) async throws {
      let result = try await Command.csmh(words + ["--lms-config", file.path])
      #expect(result.status == 0, "\(words): \(result.output)\(result.error)")
    }
    try await run("catch-up")
    if isDrained { try await run("drain", "--yes") }
    try await installation.extended(
      "INSERT INTO \(Self.extended) (student_module_id, created, state) VALUES (7, '2026-01-01', 'native'), (8, '2026-01-01', 'native')"
    )
    // The bulk, while the LMS still writes to the extended table.
    try await run("return")
    try await installation.extended(
      "INSERT INTO \(Self.extended) (student_module_id, created, state) VALUES (7, '2026-01-02', 'late'), (8, '2026-01-02', 'late')"
    )
    try file.set(false, false)
    try await Self.reset(7...7, installation)
    try await run("return")
    func rows(_ module: Int) async throws -> String? {
      try await installation.originalRows("SELECT COUNT(*) FROM \(Self.original) WHERE student_module_id = \(module)")[
        0][0]
    }
    #expect(try await rows(7) == "0")
    #expect(try await rows(8) == "62")
    // And behind it.
    try await Self.reset(9...9, installation)
    try await run("return")
    #expect(try await rows(9) == "0")
    #expect(try await rows(8) == "62")
    try await Self.expectEqual(installation)
  }

  @Test("a student module that is just being begun is no deleted one: its first row may stand before it")
  func begunModule() async throws {
    let installation = try await Self.copied()
    let file = try LMSConfigurationFile(installation)
    defer { file.remove() }
    try file.set(true, true)
    #expect(try await Command.csmh(["catch-up", "--lms-config", file.path]).status == 0)
    let learner = try await installation.source.connect(database: installation.originalDatabase)
    try await learner.execute("START TRANSACTION")
    try await learner.execute("INSERT INTO courseware_studentmodule VALUES (60)")
    try await installation.original("INSERT INTO courseware_studentmodule VALUES (61)")
    try await installation.extended(
      "INSERT INTO \(Self.extended) (student_module_id, created, state) VALUES (60, '2026-01-01', 'first')")
    try file.set(false, false)
    let command = try Command(try Command.csmh, ["return", "--lms-config", file.path], environment: [:])
    try await Task.sleep(for: .seconds(3))
    try await learner.execute("COMMIT")
    let result = await command.wait()
    #expect(result.status == 0, "\(result)")
    await learner.close()
    #expect(
      try await installation.originalRows("SELECT state FROM \(Self.original) WHERE student_module_id = 60") == [
        ["first"]
      ])
  }
}
