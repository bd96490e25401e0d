import Foundation
import StudentModuleHistory
import TestSupport
import Testing

/// What a server refuses because of its own settings or state, or because a table was changed.
@Suite(.limitedConcurrency) struct ServerRefusalTests {
  private static let original = "courseware_studentmodulehistory"
  private static let extended = TestInstallation.extendedTable
  private static let places = TestInstallation.Place.every.filter { $0.source == $0.target }

  private func filled(_ installation: TestInstallation, rows: Int) async throws {
    for sql in Tables.today.sql { try await installation.original(sql) }
    for start in stride(from: 1, through: rows, by: 5_000) {
      try await installation.original(Tables.plainRows(min(5_000, rows - start + 1), from: start))
    }
  }

  @Test(
    "a server whose tables are compact by default gets tables of csmh's own form",
    arguments: ServerCodeOnServersTests.families)
  func rowFormat(family: TestServer.Family) async throws {
    let server = try await TestServers.shared.named(
      "\(family.rawValue)-compact", family, options: ["--innodb-default-row-format=compact"])
    let installation = try await TestInstallation(source: server, target: server)
    for sql in Tables.today.sql {
      try await installation.original(sql.replacing("ENGINE=InnoDB", with: "ENGINE=InnoDB ROW_FORMAT=DYNAMIC"))
    }
    try await installation.original(Tables.plainRows(20))
    let result = try await installation.csmh("migrate")
    #expect(result.status == 0, "\(result.output)\(result.error)")
    let formats = try await installation.extendedRows(
      "SELECT DISTINCT ROW_FORMAT FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()")
    #expect(formats == [["Dynamic"]])
  }

  @Test("max_binlog_cache_size makes ranges smaller, and that is all", arguments: places)
  func binaryLogCache(place: TestInstallation.Place) async throws {
    let server = try await TestServers.shared.named(
      "\(place.source.rawValue)-small-cache", place.source,
      options: ["--log-bin=log", "--server-id=7", "--max-binlog-cache-size=131072", "--binlog-cache-size=32768"])
    let other = place.isOneServer ? server : try await TestServers.shared.server(place.source)
    let installation = try await TestInstallation(source: other, target: server)
    for sql in Tables.today.sql { try await installation.original(sql) }
    for start in stride(from: 1, to: 3_001, by: 100) {
      try await installation.original(Tables.plainRows(100, from: start))
      // Rows of nothing but NULL too.
      try await installation.original(
        "UPDATE \(Self.original) SET state = IF(id > 1500, NULL, REPEAT('x', 400)), grade = NULL WHERE id >= \(start)")
    }
    let result = try await installation.csmh("migrate", "--retry-budget", "20")
    #expect(result.status == 0, "\(result.output)\(result.error)")
    #expect(!result.output.contains(", 0 retries"), "nothing was refused: \(result.output)")
    #expect(try await installation.dumpExtended() == installation.dumpOriginal())
  }

  @Test(
    "a row that no transaction of the server can hold stops its range, named; the rest is copied", arguments: places)
  func tooLargeRow(place: TestInstallation.Place) async throws {
    let installation = try await TestInstallation(place)
    try await filled(installation, rows: 3_000)
    #expect(try await installation.csmh("provision").status == 0)
    try await installation.original("UPDATE \(Self.original) SET state = REPEAT('x', 300000) WHERE id = 1600")
    // A server looks at the size of its cache when it is flushed: only a row beside others is refused by itself.
    try await installation.extended(
      """
      CREATE TRIGGER full BEFORE INSERT ON \(Self.extended) FOR EACH ROW IF LENGTH(NEW.state) > 200000 THEN \
      SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1197, MESSAGE_TEXT = 'trop grand'; END IF
      """)
    let result = try await installation.csmh("migrate", "--retry-budget", "5")
    #expect(result.status == 1, "\(result.output)\(result.error)")
    #expect(result.output.contains("the row 1600 alone"), "\(result.output)")
    #expect(result.output.contains("SET GLOBAL max_binlog_cache_size = DEFAULT;"), "\(result.output)")
    let copied = try await installation.extendedRows("SELECT COUNT(*) FROM \(Self.extended)")
    #expect(Int(copied[0][0] ?? "") ?? 0 >= 1_599, "\(copied)")
    try await installation.extended("DROP TRIGGER full")
    #expect(try await installation.csmh("migrate").status == 0)
    #expect(try await installation.dumpExtended() == installation.dumpOriginal())
  }

  struct Change: Sendable, CustomStringConvertible {
    let side: String
    let sql: String
    let said: String

    /// What takes it back; nil where rows are lost.
    var mend: String?
    var description: String { "\(side): \(sql)" }
  }

  static let changes = [
    Change(
      side: "original", sql: "ALTER TABLE \(original) CHANGE max_grade highest double", said: "`highest`"),
    Change(side: "original", sql: "ALTER TABLE \(original) DROP COLUMN version", said: "`version`"),
    Change(
      side: "original", sql: "RENAME TABLE \(original) TO old_history", said: "is gone",
      mend: "RENAME TABLE old_history TO \(original)"),
    Change(
      side: "extended", sql: "ALTER TABLE \(extended) CHANGE state learner_state longtext", said: "`learner_state`"),
    Change(side: "extended", sql: "DROP TABLE \(extended)", said: "is gone"),
  ]

  @Test("a table that is changed while it is copied ends the copy with 78 and its name", arguments: places, changes)
  func changedTable(place: TestInstallation.Place, change: Change) async throws {
    let installation = try await TestInstallation(place)
    try await filled(installation, rows: 12_000)
    #expect(try await installation.csmh("provision").status == 0)
    let command = try Command(
      try Command.csmh, ["copy", "--max-rows-per-second", "3000", "--workers", "1"] + installation.arguments,
      environment: [:])
    while command.isRunning,
      try await installation.extendedRows("SELECT COUNT(*) FROM csmh_range WHERE state = 'copied'") == [["0"]]
    {
      try await Task.sleep(for: .milliseconds(20))
    }
    func alter(_ sql: String) async throws {
      if change.side == "original" {
        try await installation.original(sql)
      } else {
        try await installation.extended(sql)
      }
    }
    try await alter(change.sql)
    let result = await command.wait()
    #expect(result.status == 78, "\(result.output)\(result.error)")
    let table = change.side == "original" ? Self.original : Self.extended
    #expect(result.error.contains(table) && result.error.contains(change.said), "\(result.error)")
    guard let mend = change.mend else { return }
    try await FollowedRemedies.follow(.lookThenAgain, in: result.error) { _ in
      try await alter(mend)
      let copied = try await installation.csmh("copy")
      #expect(copied.status == 0, "\(copied.output)\(copied.error)")
      #expect(try await installation.dumpExtended() == installation.dumpOriginal())
    }
  }

  @Test(
    "what the server says for a moment is tried again", arguments: ServerCodeOnServersTests.families,
    [1180, 1412, 1223])
  func momentary(family: TestServer.Family, code: Int) async throws {
    let installation = try await TestInstallation(
      TestInstallation.Place(source: family, target: family, isOneServer: false))
    try await filled(installation, rows: 3_000)
    #expect(try await installation.csmh("provision").status == 0)
    // Twice on each connection; variables are not rolled back.
    try await installation.extended(
      """
      CREATE TRIGGER moment BEFORE UPDATE ON csmh_range FOR EACH ROW BEGIN SET @csmh_refusals = COALESCE(@csmh_refusals, 0) + 1; \
      IF NEW.state = 'copied' AND @csmh_refusals < 4 THEN SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = \(code), MESSAGE_TEXT = 'un instant'; \
      END IF; END
      """)
    let result = try await installation.csmh("migrate")
    #expect(result.status == 0, "\(result.output)\(result.error)")
    #expect(!result.output.contains(", 0 retries"), "\(result.output)")
    #expect(try await installation.dumpExtended() == installation.dumpOriginal())
  }

  @Test(
    "a number that csmh does not know ends with 69 and says what to report, without a value",
    arguments: ServerCodeOnServersTests.families)
  func unknownNumber(family: TestServer.Family) async throws {
    let installation = try await TestInstallation(
      TestInstallation.Place(source: family, target: family, isOneServer: false))
    try await filled(installation, rows: 10)
    #expect(try await installation.csmh("provision").status == 0)
    try await installation.extended(
      "CREATE TRIGGER odd BEFORE INSERT ON \(Self.extended) FOR EACH ROW SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 4711, MESSAGE_TEXT = 'strange'"
    )
    let result = try await installation.csmh("copy", "--retry-budget", "3")
    #expect(result.status == 69, "\(result.output)\(result.error)")
    try await FollowedRemedies.follow(.reportUnknownError, in: result.error) {
      try await ReportedFacts.expectTrue($0, of: installation.target, table: Self.extended)
    }
    for word in ["strange (error 4711)", "does not know this error", "INSERT INTO", "please report"] {
      #expect(result.error.contains(word), "not said: \(word) in \(result.error)")
    }
    #expect(!result.error.contains("seed"), "a learner's state shows")
  }

  @Test(
    "a server that takes no writes: 69 with what to do, and nothing is made",
    arguments: ServerCodeOnServersTests.families)
  func readOnly(family: TestServer.Family) async throws {
    let server = try await TestServers.shared.named("\(family.rawValue)-read-only", family)
    let installation = try await TestInstallation(source: server, target: server)
    try await filled(installation, rows: 10)
    let user = "reader_\(installation.extendedDatabase)"
    try await server.run(
      "CREATE USER '\(user)'@'%' IDENTIFIED BY 'pw'", "CREATE DATABASE \(installation.extendedDatabase)")
    try await server.run(
      "GRANT ALL ON \(installation.originalDatabase).* TO '\(user)'@'%'",
      "GRANT ALL ON \(installation.extendedDatabase).* TO '\(user)'@'%'", "SET GLOBAL read_only = ON")
    let arguments = installation.arguments.map { $0.replacingOccurrences(of: "root@", with: "\(user)@") }
    let environment = ["CSMH_ORIGINAL_PASSWORD": "pw", "CSMH_EXTENDED_PASSWORD": "pw"]
    let result = try await Command.csmh(["provision"] + arguments, environment: environment)
    #expect(result.status == 69, "\(result.output)\(result.error)")
    #expect(try await installation.extendedRows("SHOW TABLES").isEmpty)
    try await FollowedRemedies.follow(.connectToPrimary, in: result.error) { printed in
      let statement = try #require(printed.text.firstRange(of: /SET GLOBAL [^;]*/))
      try await server.run(String(printed.text[statement]))
      try RemedySite.expectLeadsOn(try await Command.csmh(["migrate"] + arguments, environment: environment))
    }
  }
}
