import Foundation
import MariaDBClient
import MigrationAdvice
import StudentModuleHistory
import Synchronization
import TestSupport
import Testing

/// What `csmh check` finds on real servers, and that it changes nothing there.
@Suite(.limitedConcurrency) struct CheckTests {
  struct Document: Decodable {
    struct Check: Decodable {
      let rule: String
      let title: String
      let verdict: String
      let seen: String
      let why: String
      let remedy: [String]

      /// As lines, for whoever follows one of them.
      var remedies: String { remedy.joined(separator: "\n") }
    }
    let verdict: String
    let checks: [Check]

    subscript(rule: String) -> Check { checks.first { $0.rule == rule }! }

    var verdicts: String { checks.map { "\($0.rule) \($0.verdict): \($0.seen)" }.joined(separator: "\n") }
  }

  /// From one server to another of the same family.
  static let places = TestInstallation.Place.every.filter { !$0.isOneServer && $0.source == $0.target }

  private let history = "courseware_studentmodulehistory"
  private let extended = TestInstallation.extendedTable

  /// Both tables, with `count` original rows.
  func installation(
    _ place: TestInstallation.Place, rows count: Int = 100, extended: String? = Tables.todayExtended
  ) async throws -> TestInstallation {
    let installation = try await TestInstallation(place)
    for sql in Tables.today.sql { try await installation.original(sql) }
    if count > 0 { try await installation.original(Tables.plainRows(count)) }
    guard let extended else { return installation }
    try await installation.target.run("CREATE DATABASE \(installation.extendedDatabase) DEFAULT CHARACTER SET utf8mb4")
    try await installation.extended(
      extended, "ALTER TABLE \(TestInstallation.extendedTable) AUTO_INCREMENT = 1000000")
    return installation
  }

  func check(_ arguments: [String], status: Int32) async throws -> Document {
    let result = try await Command.csmh(["check", "--json"] + arguments)
    #expect(result.status == status, "\(result.output)\(result.error)")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Document.self, from: Data(result.output.utf8))
  }

  @Test("before anything exists nothing fails, and nothing is made", arguments: TestInstallation.Place.all)
  func nothingYet(place: TestInstallation.Place) async throws {
    let installation = try await installation(place, extended: nil)
    let document = try await check(installation.arguments, status: 0)
    #expect(document.checks.map(\.rule) == Checks.rules.map(\.name))
    #expect(document["starting-id"].verdict == "skipped" && document["starting-id"].remedy == ["csmh provision"])
    for rule in ["reachability", "privileges", "table-generations", "character-sets", "packet-size", "triggers"] {
      #expect(["pass", "skipped"].contains(document[rule].verdict), "\(document.verdicts)")
    }
    #expect(document["privileges"].verdict == "pass" && document["packet-size"].verdict == "pass")
    let databases = try await installation.target.query("SHOW DATABASES LIKE '\(installation.extendedDatabase)'")
    #expect(databases.isEmpty, "check made the extended database")
    let text = try await installation.csmh("check")
    #expect(
      text.status == 0 && text.output.contains("pass    both databases answer (reachability): original: "),
      "\(text.output)")
  }

  @Test("a migrated installation passes", arguments: places)
  func migrated(place: TestInstallation.Place) async throws {
    let installation = try await installation(place, extended: nil)
    #expect(try await installation.csmh("migrate").status == 0)
    let document = try await check(installation.arguments, status: 0)
    for rule in ["starting-id", "collisions", "indexes", "foreign-keys", "old-scripts", "native-rows", "id-ceiling"] {
      #expect(document[rule].verdict == "pass", "\(document.verdicts)")
    }
  }

  @Test("missing privileges are all named with their GRANTs, and what they hide is skipped", arguments: places)
  func privileges(place: TestInstallation.Place) async throws {
    let installation = try await installation(place)
    let user = "few_\(installation.originalDatabase)"
    let (original, extendedDatabase) = (installation.originalDatabase, installation.extendedDatabase)
    try await installation.source.run("CREATE USER \(user)@'%'", "GRANT SELECT ON \(original).* TO \(user)@'%'")
    try await installation.target.run("CREATE USER \(user)@'%'", "GRANT SELECT ON \(extendedDatabase).* TO \(user)@'%'")
    let arguments = [
      "--original", "mysql://\(user)@127.0.0.1:\(installation.source.port)/\(original)",
      "--extended", "mysql://\(user)@127.0.0.1:\(installation.target.port)/\(extendedDatabase)",
    ]
    let document = try await check(arguments, status: 1)
    #expect(document["privileges"].verdict == "fail")
    // Of the database that SELECT was granted on by its bare name, one GRANT for each way.
    #expect(document["privileges"].remedy.count == 4, "\(document["privileges"])")
    #expect(document["privileges"].remedy.allSatisfy { $0.contains("TO '\(user)'@'%'") })
    #expect(document["triggers"].verdict == "skipped")
    #expect(document["triggers"].remedy.contains { $0.hasPrefix("GRANT TRIGGER ON `\(original)`") })
    #expect(document["long-transactions"].verdict == "skipped")
    #expect(document["long-transactions"].remedy.contains("GRANT PROCESS ON *.* TO '\(user)'@'%';"))
    #expect(document["replication"].verdict == "skipped", "\(document["replication"])")
    // The GRANTs that are told are the ones that show it.
    for server in [installation.source, installation.target] {
      for rule in ["triggers", "long-transactions", "replication"] {
        for grant in document[rule].remedy where grant.hasPrefix("GRANT ") {
          let isOfOther = grant.contains("`\(server.port == installation.source.port ? extendedDatabase : original)`")
          if !isOfOther { try await server.run(String(grant.dropLast())) }
        }
      }
    }
    for grant in document["privileges"].remedy {
      let server = grant.contains("`\(original)`") ? installation.source : installation.target
      try await server.run(String(grant.dropLast()))
    }
    let shown = try await check(arguments, status: 0)
    #expect(shown["privileges"].verdict == "pass", "\(shown["privileges"])")
    for rule in ["triggers", "long-transactions", "replication"] {
      #expect(shown[rule].verdict == "pass", "\(shown.verdicts)")
    }
  }

  @Test("foreign keys and triggers are found on both sides", arguments: places)
  func keysAndTriggers(place: TestInstallation.Place) async throws {
    let installation = try await installation(place)
    let module = "CREATE TABLE courseware_studentmodule (id int NOT NULL PRIMARY KEY) ENGINE=InnoDB"
    try await installation.original(
      module, "INSERT INTO courseware_studentmodule VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9)",
      "ALTER TABLE \(history) ADD CONSTRAINT of_original FOREIGN KEY (student_module_id)"
        + " REFERENCES courseware_studentmodule (id) ON DELETE CASCADE",
      "CREATE TRIGGER seen BEFORE UPDATE ON \(history) FOR EACH ROW SET NEW.version = 'x'")
    try await installation.extended(
      "CREATE TABLE courseware_studentmodule (id bigint unsigned NOT NULL PRIMARY KEY) ENGINE=InnoDB",
      "ALTER TABLE \(extended) ADD CONSTRAINT of_extended FOREIGN KEY (student_module_id)"
        + " REFERENCES courseware_studentmodule (id)",
      "CREATE TRIGGER changed BEFORE INSERT ON \(extended) FOR EACH ROW SET NEW.version = 'x'")
    let document = try await check(installation.arguments, status: 1)
    let keys = document["foreign-keys"]
    #expect(keys.verdict == "fail" && keys.seen.contains("of_original") && keys.seen.contains("of_extended"), "\(keys)")
    #expect(keys.seen.contains("ON DELETE CASCADE"))
    let triggers = document["triggers"]
    #expect(triggers.verdict == "fail", "\(triggers)")
    #expect(triggers.seen.contains("seen (UPDATE)") && triggers.seen.contains("changed (INSERT)"), "\(triggers)")
    // The remedies of the extended side are SQL that mends it.
    try await FollowedRemedies.follow(.dropForeignKey, in: keys.remedies) { told in
      try await installation.target.run(told.sql)
      let mended = try await check(installation.arguments + ["--rule", "foreign-keys"], status: 0)
      #expect(mended["foreign-keys"].verdict == "warn")
    }
    try await FollowedRemedies.follow(.findTriggersOwner, in: triggers.remedies) { told in
      // Whose it is the server knows; what to do then stands after it.
      let definers = try await installation.extendedRows(
        "SELECT DEFINER FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()")
      #expect(definers.count == 1 && definers[0][0]?.hasPrefix("root@") == true)
      let drops = triggers.remedy.drop { $0 != told.text }.dropFirst().filter {
        $0.contains("`\(installation.extendedDatabase)`")
      }
      try await FollowedRemedies.follow(.dropTrigger, in: drops.joined(separator: "\n")) { told in
        try await installation.target.run(told.sql)
      }
      let mended = try await check(installation.arguments + ["--rule", "triggers"], status: 0)
      #expect(mended["triggers"].verdict == "warn")
    }
    // What stands on the original table may go, too.
    let rest = try await check(installation.arguments + ["--rule", "foreign-keys", "--rule", "triggers"], status: 0)
    #expect(rest.checks.map(\.verdict) == ["warn", "warn"])
    try await FollowedRemedies.follow(.mayDropForeignKey, in: rest["foreign-keys"].remedies) { told in
      let statement = try #require(told.text.range(of: "ALTER TABLE "))
      try await installation.source.run(String(told.text[statement.lowerBound...].dropLast()))
    }
    try await FollowedRemedies.follow(.dropTrigger, in: rest["triggers"].remedies) { told in
      try await installation.source.run(told.sql)
    }
    let clean = try await check(installation.arguments + ["--rule", "foreign-keys", "--rule", "triggers"], status: 0)
    #expect(clean.checks.map(\.verdict) == ["pass", "pass"])
  }

  @Test("a missing index and a doubled one are found, and the remedies mend them", arguments: places)
  func indexes(place: TestInstallation.Place) async throws {
    let installation = try await installation(place)
    try await installation.extended(
      "ALTER TABLE \(extended) DROP INDEX c", "ALTER TABLE \(extended) ADD INDEX twice (created)")
    let broken = try await check(installation.arguments + ["--rule", "indexes"], status: 1)
    #expect(broken["indexes"].seen.contains("no index begins with student_module_id"), "\(broken.verdicts)")
    #expect(broken["indexes"].seen.contains("twice has the same columns as b (created)"), "\(broken.verdicts)")
    try await FollowedRemedies.follow(.addIndex, in: broken["indexes"].remedies) { told in
      try await installation.target.run(told.sql)
      let added = try await check(installation.arguments + ["--rule", "indexes"], status: 0)
      #expect(added["indexes"].verdict == "warn" && added["indexes"].remedy.count == 1, "\(added.verdicts)")
    }
    try await FollowedRemedies.follow(.dropSecondIndex, in: broken["indexes"].remedy.last ?? "") { told in
      try await installation.target.run(told.sql)
    }
    #expect(try await check(installation.arguments + ["--rule", "indexes"], status: 0)["indexes"].verdict == "pass")
  }

  @Test("a utf8mb3 target for a utf8mb4 original fails, and the remedy mends it", arguments: places)
  func characterSet(place: TestInstallation.Place) async throws {
    let installation = try await installation(place, extended: Tables.utf8mb3Extended)
    let document = try await check(installation.arguments + ["--rule", "character-sets"], status: 1)
    #expect(document["character-sets"].seen.contains("state and version"), "\(document.verdicts)")
    try await installation.original("UPDATE \(history) SET state = '{\"a\": \"😀\"}' WHERE id = 50")
    try await FollowedRemedies.follow(.convertCharacterSet, in: document["character-sets"].remedies) { told in
      try await installation.target.run(told.sql)
      #expect(try await check(installation.arguments + ["--rule", "character-sets"], status: 0).verdict == "pass")
      let migrated = try await installation.csmh("migrate")
      #expect(migrated.status == 0, "\(migrated.output)\(migrated.error)")
      #expect(try await installation.dumpExtended() == installation.dumpOriginal())
    }
  }

  @Test("a target without fractions of a second fails, and the remedy mends it", arguments: places)
  func precision(place: TestInstallation.Place) async throws {
    let installation = try await installation(place, extended: Tables.secondsOnlyExtended)
    try await installation.original("UPDATE \(history) SET created = '2015-10-13 12:00:00.123456' WHERE id = 50")
    let document = try await check(installation.arguments + ["--rule", "table-generations"], status: 1)
    try await FollowedRemedies.follow(.widenCreated, in: document["table-generations"].remedies) { told in
      try await installation.target.run(told.sql)
      #expect(try await check(installation.arguments + ["--rule", "table-generations"], status: 0).verdict == "pass")
      let migrated = try await installation.csmh("migrate")
      #expect(migrated.status == 0, "\(migrated.output)\(migrated.error)")
      #expect(try await installation.dumpExtended() == installation.dumpOriginal())
    }
  }

  @Test("native rows with ids that are too low collide, and the counter fails", arguments: places)
  func collisions(place: TestInstallation.Place) async throws {
    let installation = try await installation(place, extended: nil)
    try await installation.target.run("CREATE DATABASE \(installation.extendedDatabase) DEFAULT CHARACTER SET utf8mb4")
    try await installation.extended(
      Tables.todayExtended,
      "INSERT INTO \(extended) (student_module_id, created, state) VALUES (900, '2025-01-01', '{}'), (901, '2025-01-01', '{}')"
    )
    let document = try await check(installation.arguments, status: 1)
    #expect(document["starting-id"].verdict == "fail", "\(document.verdicts)")
    #expect(document["collisions"].verdict == "fail" && document["collisions"].seen.contains("(1, 2)"))
  }

  @Test("a row that max_allowed_packet of the target refuses fails beforehand")
  func packet() async throws {
    let small = try await TestServers.shared.named(
      "mariadb-small-packet", .mariaDB, options: ["--max-allowed-packet=1M"])
    let installation = try await TestInstallation(
      source: try await TestServers.shared.server(.mariaDB, 1), target: small)
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(
      Tables.plainRows(100), "UPDATE \(history) SET state = REPEAT('''', 600000) WHERE id = 50")
    let document = try await check(installation.arguments + ["--rule", "packet-size"], status: 1)
    #expect(document["packet-size"].seen.contains("the widest (id 50)"), "\(document.verdicts)")
    #expect(document["packet-size"].remedy.first?.contains("SET GLOBAL max_allowed_packet = 2097152") == true)
    // It is what copying would have met.
    #expect(try await installation.csmh("migrate").status == 1)
  }

  @Test("of a large table a sample tells the widest row", arguments: places)
  func sample(place: TestInstallation.Place) async throws {
    let installation = try await installation(place, rows: 0, extended: nil)
    for start in stride(from: 1, through: 25_001, by: 5_000) {
      try await installation.original(Tables.plainRows(5_000, from: start))
    }
    try await installation.original("UPDATE \(history) SET state = REPEAT('a', 5000) WHERE id = 29990")
    let document = try await check(installation.arguments + ["--rule", "packet-size"], status: 0)
    #expect(
      document["packet-size"].seen.contains("a sample, the widest (id 29990) takes 6.0 kB"), "\(document.verdicts)")
  }

  @Test("a transaction that is open on the original table is found", arguments: places)
  func transaction(place: TestInstallation.Place) async throws {
    let installation = try await installation(place)
    let connection = try await installation.source.connect(database: installation.originalDatabase)
    try await connection.execute("START TRANSACTION")
    try await connection.execute("UPDATE courseware_studentmodulehistory SET version = 'x' WHERE id < 10")
    try await Task.sleep(for: .seconds(2))
    var facts = try await CheckFacts(pair: installation.pair, flags: nil)
    guard case .known(var server) = facts.original.server else {
      Issue.record("the server was not asked")
      return
    }
    var transactions = try #require(server.transactions.value).filter {
      $0.threadID == connection.server.connectionID
    }
    try #require(transactions.count == 1)
    #expect(transactions[0].database == installation.originalDatabase && transactions[0].touchedRowCount >= 9)
    #expect(transactions[0].seconds >= 1 && transactions[0].seconds < 60, "\(transactions)")
    // Nobody waits for a minute: its age alone is not as it is.
    transactions[0].seconds = 3_600
    server.transactions = .known(transactions)
    facts.original.server = .known(server)
    let result = Checks.results(facts, only: ["long-transactions"])[0]
    #expect(result.verdict == .warn)
    try await FollowedRemedies.follow(.endLongTransaction, in: result.remedy.map(\.description).joined()) { told in
      #expect(told.places[1] == "original")
      try await installation.source.run("KILL \(told.places[0])")
      await #expect(throws: MariaDBError.self) { try await connection.execute("COMMIT") }
      #expect(
        try await installation.originalRows("SELECT COUNT(*) FROM \(history) WHERE version = 'x'") == [["0"]])
    }
    await connection.close()
  }

  @Test("an original table that still grows while the flag is on fails", arguments: places)
  func growing(place: TestInstallation.Place) async throws {
    let installation = try await installation(place)
    let file = try LMSConfigurationFile(installation)
    defer { file.remove() }
    let arguments = ["--lms-config", file.path, "--rule", "flags"]
    try file.set(true, false)
    #expect(try await check(arguments, status: 0)["flags"].verdict == "pass")
    try await installation.original(
      "INSERT INTO \(history) (student_module_id, created, state) VALUES (1, UTC_TIMESTAMP(), '{}')")
    let document = try await check(arguments, status: 1)
    #expect(document["flags"].seen.contains("ENABLE_CSMH_EXTENDED is on, but the newest original row"))
    try file.set(false, false)
    #expect(try await check(arguments, status: 0)["flags"].verdict == "pass")
    // A contradiction is a finding, too.
    try file.set(false, true)
    #expect(try await check(arguments, status: 1)["flags"].seen.contains("a configuration error"))
  }

  @Test("what older scripts left is found, until csmh has adopted it", arguments: places)
  func leftovers(place: TestInstallation.Place) async throws {
    let installation = try await installation(place)
    try await installation.original(
      "CREATE TABLE \(history)_old LIKE \(history)", "ALTER TABLE \(history)_old COMMENT 'of the test'",
      "INSERT INTO \(history)_old SELECT * FROM \(history) WHERE id = 7")
    // A script that copies row after row, and loses some.
    let rows = try await installation.dumpOriginal()
    let isStopped = Mutex(false)
    let copiedCount = Mutex(0)
    let script = Task {
      for row in rows where !["20", "21", "33"].contains(row[0]) {
        guard !isStopped.withLock({ $0 }) else { return }
        try await installation.extended(
          "INSERT INTO \(extended) (id, student_module_id, created, state, grade, max_grade) VALUES"
            + " (\(row[0]!), \(row[1]!), '\(row[3]!)', X'\(row[4]!)', \(row[5] ?? "NULL"), 1)")
        // It stays at its work until it is stopped.
        if copiedCount.withLock({
          $0 += 1; return $0
        }) >= 45 {
          while !isStopped.withLock({ $0 }) { try await Task.sleep(for: .milliseconds(10)) }
        }
      }
    }
    while copiedCount.withLock({ $0 }) < 45 { try await Task.sleep(for: .milliseconds(5)) }
    let document = try await check(installation.arguments + ["--rule", "old-scripts"], status: 0)
    let found = document["old-scripts"]
    #expect(found.verdict == "warn" && found.seen.contains("\(history)_old"), "\(found)")
    #expect(found.seen.contains("at least 45"), "\(found)")
    try await FollowedRemedies.follow(.stopOldScript, in: found.remedies) { _ in
      #expect(!isStopped.withLock { $0 })
      isStopped.withLock { $0 = true }
      try await script.value
    }
    try await FollowedRemedies.follow(.migrateAdopts, in: found.remedies) { told in
      let migrated = try await Command.csmh(try ToldCommands.first(in: told.text) + installation.arguments)
      #expect(migrated.status == 0, "\(migrated.output)\(migrated.error)")
      let adopted = try await installation.extendedRows("SELECT SUM(adopted_count) FROM csmh_range")[0][0]
      #expect(Int(adopted ?? "") ?? 0 >= 40)
      #expect(try await installation.dumpExtended() == installation.dumpOriginal())
    }
    try await FollowedRemedies.follow(.findTablesOwner, in: found.remedies) { told in
      let owner = try await installation.originalRows(
        "SELECT TABLE_COMMENT FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '\(history)_old'"
      )
      #expect(owner == [["of the test"]])
      #expect(told.text.contains("neither reads nor changes"))
      #expect(try await installation.originalRows("SELECT id FROM \(history)_old") == [["7"]])
      try await installation.original("DROP TABLE \(history)_old")
      #expect(try await check(installation.arguments + ["--rule", "old-scripts"], status: 0).verdict == "pass")
    }
  }

  @Test("a server that is not there: its rule fails, nothing else passes, and the status is 69")
  func unreachable() async throws {
    let installation = try await installation(.betweenMariaDBs, extended: nil)
    let document = try await check(
      [installation.arguments[0], installation.arguments[1], "--extended", "mysql://root@127.0.0.1:1/edxapp_csmh"],
      status: 69)
    #expect(document["reachability"].verdict == "fail" && document["starting-id"].verdict == "skipped")
    let refused = try await check(
      [installation.arguments[0], installation.arguments[1], "--extended"]
        + ["mysql://nobody:wrong@127.0.0.1:\(installation.target.port)/edxapp_csmh"], status: 77)
    #expect(refused["reachability"].verdict == "fail")
  }

  @Test("SQLite files are checked, and rules of servers are skipped with a reason; an unknown rule is a usage error")
  func sqlite() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("csmh-check-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let made = try await Command.csmh(["devstack", "--rows", "2000", "--fill-only", "--directory", folder.path])
    #expect(made.status == 0, "\(made.error)")
    let document = try await check(["--directory", folder.path], status: 0)
    for rule in ["character-sets", "sql-mode", "isolation", "packet-size", "replication", "galera", "triggers"] {
      #expect(document[rule].verdict == "skipped" && document[rule].seen.contains("SQLite"), "\(document.verdicts)")
    }
    #expect(document["reachability"].verdict == "pass" && document["disk-space"].verdict == "pass")
    let unknown = try await Command.csmh(["check", "--rule", "nothing", "--directory", folder.path])
    #expect(unknown.status == 64 && unknown.error.contains("starting-id"), "\(unknown.error)")
  }
}
