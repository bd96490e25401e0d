import Foundation
import StudentModuleHistory
import TestSupport
import Testing

/// What csmh check tells of a server's settings, its replicas and its disk is followed to the letter, on servers of their own.
@Suite("Remedies of findings about servers", .limitedConcurrency) struct ServerFindingRemediesTests {
  private static let original = "courseware_studentmodulehistory"

  private static let families = TestServer.Family.allCases.filter { TestServer.isAvailable($0) }

  private func installation(source: TestServer, target: TestServer, rows: Int = 100) async throws -> TestInstallation {
    let installation = try await TestInstallation(source: source, target: target)
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(Tables.plainRows(rows))
    return installation
  }

  private func remedies(_ rule: String, _ arguments: [String]) async throws -> String {
    let result = try await Command.csmh(["check", "--rule", rule] + arguments)
    #expect(!result.output.contains("pass    "), "\(rule): \(result.printed)")
    return result.output
  }

  private func expectPass(_ rule: String, _ arguments: [String]) async throws {
    let result = try await Command.csmh(["check", "--rule", rule] + arguments)
    #expect(result.status == 0 && result.output.contains("pass    "), "\(rule): \(result.printed)")
  }

  @Test(
    "settings that copying does not go with: the statements that are told mend them at once, the option file for good",
    arguments: families)
  func settings(family: TestServer.Family) async throws {
    let name = "\(family.rawValue)-unsuitable"
    let usual = ["--innodb-flush-log-at-trx-commit=0", "--log-bin=log", "--server-id=21"]
    let server = try await TestServer.start(
      family, name: name,
      options: usual + [
        "--sql-mode=", "--binlog-format=STATEMENT", "--transaction-isolation=SERIALIZABLE", "--max-allowed-packet=1M",
      ])
    let installation = try await installation(source: try await TestServers.shared.server(family), target: server)
    try await installation.original("UPDATE \(Self.original) SET state = REPEAT('''', 600000) WHERE id = 50")
    let arguments = installation.arguments
    var options: [String] = []

    let mode = try await remedies("sql-mode", arguments)
    try await FollowedRemedies.follow(.beStrict, in: mode) { told in
      #expect(told.text.contains("and the same in the server's option file"))
      try await server.run(statement(told.text))
      try await expectPass("sql-mode", arguments)
      options.append("--sql-mode=" + (try await server.query("SELECT @@GLOBAL.sql_mode")[0][0] ?? ""))
    }
    let log = try await remedies("isolation", arguments)
    try await FollowedRemedies.follow(.logRowsForGood, in: log) { told in
      try await server.run(statement(told.text))
      options.append("--binlog-format=ROW")
    }
    let level = try await remedies("isolation", arguments)
    try await FollowedRemedies.follow(.readCommitted, in: level) { told in
      try await server.run(statement(told.text))
      try await expectPass("isolation", arguments)
      options.append("--transaction-isolation=READ-COMMITTED")
    }
    let packet = try await remedies("packet-size", arguments)
    try await FollowedRemedies.follow(.raisePacketOfServer, in: packet) { told in
      #expect(told.places[1] == "extended")
      try await server.run(statement(told.text))
      try await expectPass("packet-size", arguments)
      options.append("--max-allowed-packet=\(told.places[0])")
    }
    let migrated = try await installation.csmh("migrate")
    #expect(migrated.status == 0, "\(migrated.printed)")

    try await server.stop()
    let again = try await TestServer.start(family, name: name, options: usual + options)
    let after = installation.onTarget(again).arguments
    for rule in ["sql-mode", "isolation", "packet-size"] { try await expectPass(rule, after) }
    try await again.stop()
  }

  /// The statement at the beginning of a remedy.
  private func statement(_ text: String) -> String { String(text.prefix { $0 != ";" }) }

  @Test(
    "a server with a replica, and a replica in its place: lag is seen where it is told, and the primary is named",
    arguments: families)
  func replication(family: TestServer.Family) async throws {
    let isMariaDB = family == .mariaDB
    let primary = try await TestServers.shared.named(
      "\(family.rawValue)-followed", family, options: ["--log-bin=log", "--binlog-format=ROW", "--server-id=31"])
    let replica = try await TestServers.shared.named(
      "\(family.rawValue)-follower", family, options: ["--server-id=32"])
    try await primary.run(
      "CREATE USER repl@'%' IDENTIFIED BY 'repl'", "GRANT REPLICATION SLAVE ON *.* TO repl@'%'")
    let follow =
      isMariaDB
      ? "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=\(primary.port), MASTER_USER='repl', MASTER_PASSWORD='repl'"
      : "CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT=\(primary.port), SOURCE_USER='repl',"
        + " SOURCE_PASSWORD='repl', GET_SOURCE_PUBLIC_KEY=1"
    try await replica.run(follow, isMariaDB ? "START SLAVE" : "START REPLICA")
    let installation = try await installation(
      source: try await TestServers.shared.server(family), target: primary, rows: 2_000)
    #expect(try await installation.csmh("provision").status == 0)

    /// The row of a replica about its source, by the statement that csmh tells.
    func status(_ sql: String) async throws -> [String?] { try await replica.query(sql).first ?? [] }
    let warned = try await remedies("replication", installation.arguments)
    try await FollowedRemedies.follow(.slowDownForReplicas, in: warned) { slow in
      let copy = try Command(
        try Command.csmh, try ToldCommands.first(in: slow.text) + installation.arguments, environment: [:])
      try await FollowedRemedies.follow(.watchReplicas, in: warned) { told in
        let sql = try #require(told.text.firstMatch(of: /SHOW [A-Z ]+/)).0
        #expect(try await status(String(sql)).contains("127.0.0.1"))
      }
      let copied = await copy.wait()
      #expect(copied.status == 0, "\(copied.printed)")
    }
    let replicated = installation.onTarget(replica)
    while (try? await replicated.extendedRows("SELECT COUNT(*) FROM \(TestInstallation.extendedTable)")) != [["2000"]] {
      try await Task.sleep(for: .milliseconds(50))
    }

    /// The primary, as the replica names it.
    func followedPort() async throws -> String? {
      try await status(isMariaDB ? "SHOW ALL SLAVES STATUS" : "SHOW REPLICA STATUS").first { $0 == "\(primary.port)" }
        ?? nil
    }
    let writable = try await remedies("replication", replicated.arguments)
    try await FollowedRemedies.follow(.namePrimaryIfReplica, in: writable) { _ in
      // The LMS writes to the other one.
      #expect(try await followedPort() == "\(primary.port)")
      let named = try await remedies("replication", installation.arguments)
      #expect(!named.contains("it follows"))
    }
    try await replica.run("SET GLOBAL read_only = ON")
    let readOnly = try await Command.csmh(["check", "--rule", "replication"] + replicated.arguments)
    #expect(readOnly.status == 1, "\(readOnly.printed)")
    try await FollowedRemedies.follow(.namePrimary, in: readOnly.output) { told in
      let port = try #require(try await followedPort())
      #expect(told.places[0].contains("\(replica.port)"), "\(told.text)")
      let arguments = replicated.arguments.map { $0.replacing("\(replica.port)", with: port) }
      let named = try await Command.csmh(["check", "--rule", "replication"] + arguments)
      #expect(named.status == 0, "\(named.printed)")
    }
    await #expect(throws: Never.self) { try await replica.stop() }
  }

  @Test("a server that does not tell its free room: df does on its machine, and on MariaDB the plugin that is told")
  func freeRoom() async throws {
    for family in Self.families {
      let server = try await TestServers.shared.named(
        "\(family.rawValue)-followed", family, options: ["--log-bin=log", "--binlog-format=ROW", "--server-id=31"])
      let account = try await LimitedAccount(
        source: server, target: server, original: "room", extended: "room_csmh", user: "room")
      try await account.grant("ALL", on: "room")
      try await account.grant("ALL", on: "room_csmh")
      let check = ["check", "--rule", "disk-space"] + account.arguments
      let skipped = try await Command.csmh(check)
      let name = family == .mariaDB ? Remedy.Name.showDiskSpace : .askDiskSpace
      try await FollowedRemedies.follow(name, in: skipped.output) { told in
        let folder = told.places[family == .mariaDB ? 1 : 0].trimmingCharacters(in: .whitespaces)
        #expect(told.places.last?.hasPrefix("extended") == true || told.places.last?.hasPrefix("original") == true)
        let df = try await Command.run("/bin/df", [folder], environment: [:])
        #expect(df.status == 0 && df.output.contains("%"), "\(df.printed)")
        guard family == .mariaDB else { return }
        for sql in told.text.components(separatedBy: "; ").prefix(2) { try await server.run(sql) }
        let shown = try await Command.csmh(check)
        #expect(shown.status == 0 && shown.output.contains(" free; "), "\(shown.printed)")
      }
    }
  }
}
