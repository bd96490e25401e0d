import Foundation
import HistoryStores
import MariaDBClient
import StudentModuleHistory
import TestSupport
import Testing

/// Missing privileges: what is told for them is done to the letter, and leads on.
@Suite(.limitedConcurrency) struct PrivilegeTests {
  private static let places = [.betweenMariaDBs] + TestInstallation.Place.every.filter { $0.isOneServer }
  private static let history = "courseware_studentmodulehistory"

  /// An account that holds nothing, on the servers of a place.
  private func account(
    _ place: TestInstallation.Place, _ kind: String, original: String? = nil, extended: String? = nil,
    user: String? = nil, host: String = "%"
  ) async throws -> LimitedAccount {
    let name = kind + (place.isOneServer ? "_1" : "_2")
    let source = try await TestServers.shared.server(place.source, 1)
    let target = place.isOneServer ? source : try await TestServers.shared.server(place.target, 2)
    return try await LimitedAccount(
      source: source, target: target, original: original ?? "\(name)_o", extended: extended ?? "\(name)_e",
      user: user ?? "u_\(name)", host: host)
  }

  @Test("one GRANT a server leads from nothing to the drain, and one more there and back again", arguments: places)
  func wholeWay(place: TestInstallation.Place) async throws {
    // Names that a pattern, a quote or a URL could be mistaken in.
    let number = place.isOneServer ? "1" : "2"
    let account = try await account(
      place, "whole", original: "it's_\(number)00%-o", extended: "it's_\(number)00%-`e", user: "o'neil@\(number)",
      host: "127.0.0.%")
    let serverCount = place.isOneServer ? 1 : 2
    let refused = try await account.csmh("migrate")
    let migrated = try await FollowedRemedies.follow(.grant, in: refused.error) { _ in
      let migrated = try await account.following("migrate")
      try RemedySite.expectLeadsOn(migrated.result)
      return migrated
    }
    #expect(migrated.rounds.count == serverCount, "\(migrated.rounds)")
    // Whatever comes on this way is granted now.
    for words in [["migrate"], ["catch-up"], ["offset", "--repair"], ["drain", "--yes", "--truncate", "--reclaim"]] {
      let result = try await Command.csmh(words + account.arguments)
      #expect(result.status == 0, "\(words): \(result.output)\(result.error)")
    }
    #expect(try await account.source.query("SELECT * FROM \(Self.history)", database: account.original).isEmpty)
    let back = try await account.following("return")
    #expect(back.result.status == 0 && back.rounds.count == 1, "\(back.rounds)\(back.result.error)")
    let ended = try await account.csmh("return", "--writes-moved", "--remove-deleted")
    #expect(ended.status == 0, "\(ended.output)\(ended.error)")
    let rows = try await account.source.query("SELECT COUNT(*) FROM \(Self.history)", database: account.original)
    #expect(rows == [["300"]])
  }

  @Test("the GRANTs that return --print-plan prints, in text and JSON, suffice for it to its end", arguments: places)
  func printedForReturn(place: TestInstallation.Place) async throws {
    let installation = try await TestInstallation(place)
    for sql in Tables.today.sql + [Tables.plainRows(300)] { try await installation.original(sql) }
    for words in ["migrate", "catch-up", "drain"] {
      #expect(try await Command.csmh([words, "--yes"] + installation.arguments).status == 0)
    }
    try await installation.extended(
      "INSERT INTO \(TestInstallation.extendedTable) (student_module_id, created, state) VALUES (7, '2026-01-01', 'n')")
    let text = try await installation.csmh("return", "--print-plan")
    let grants = text.output.split(separator: "\n").filter { $0.hasPrefix("GRANT") }.map(String.init)
    #expect(grants.count == 2)
    struct Document: Decodable { let csmhGrants: [String] }
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    let json = try await installation.csmh("return", "--print-plan", "--json")
    #expect(try decoder.decode(Document.self, from: Data(json.output.utf8)).csmhGrants == grants)
    let user = "back_\(installation.originalDatabase)"
    for server in place.isOneServer ? [installation.source] : [installation.source, installation.target] {
      try await server.run("CREATE USER \(user)@'%'")
    }
    for grant in grants {
      let isExtended = grant.contains(LimitedAccount.pattern(installation.extendedDatabase))
      let server = isExtended ? installation.target : installation.source
      try await server.run(
        grant.replacingOccurrences(of: "'csmh'@'%'", with: "\(user)@'%'").replacingOccurrences(of: ";", with: ""))
    }
    let arguments = installation.arguments.map { $0.replacingOccurrences(of: "root@", with: "\(user)@") }
    for words in [["return"], ["return", "--writes-moved"], ["return", "--writes-moved", "--remove-deleted"]] {
      let result = try await Command.csmh(words + arguments)
      #expect(result.status == 0, "\(words): \(result.output)\(result.error)")
    }
  }

  @Test("check fails for what the fence will need, and what it tells makes it pass", arguments: places)
  func check(place: TestInstallation.Place) async throws {
    let account = try await account(place, "check")
    try await account.grant("SELECT", on: account.original)
    try await account.grant("SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER", on: account.extended)
    func privileges() async throws -> (status: Int32, verdict: String, remedy: [String], seen: String) {
      struct Document: Decodable {
        struct Check: Decodable {
          let verdict: String
          let remedy: [String]
          let seen: String
        }
        let checks: [Check]
      }
      let result = try await account.csmh("check", "--rule", "privileges", "--json")
      let check = try JSONDecoder().decode(Document.self, from: Data(result.output.utf8)).checks[0]
      return (result.status, check.verdict, check.remedy, check.seen)
    }
    let found = try await privileges()
    #expect(found.status == 1 && found.verdict == "fail", "\(found)")
    #expect(found.seen.contains("csmh catch-up needs LOCK TABLES on \(account.original)"), "\(found)")
    #expect(found.seen.contains("csmh drain") && found.seen.contains("csmh return"), "\(found)")
    for grant in found.remedy {
      let server = grant.contains(LimitedAccount.pattern(account.extended)) ? account.target : account.source
      try await server.run(String(grant.dropLast()))
    }
    #expect(try await privileges().verdict == "pass")
  }

  @Test(
    "a journal that may not be read is told as such, and never taken for a migration that has not begun",
    arguments: places)
  func unreadableJournal(place: TestInstallation.Place) async throws {
    let installation = try await TestInstallation(place)
    for sql in Tables.today.sql + [Tables.plainRows(300)] { try await installation.original(sql) }
    #expect(try await installation.csmh("migrate").status == 0)
    // Grants on single tables hide the others, so that their columns do not show either.
    let user = "tables_\(installation.originalDatabase)"
    for server in place.isOneServer ? [installation.source] : [installation.source, installation.target] {
      try await server.run("CREATE USER \(user)@'%'")
    }
    func grant(_ server: TestServer, _ database: String, _ table: String) async throws {
      try await server.run("GRANT SELECT ON \(LimitedAccount.quoted(database)).\(table) TO \(user)@'%'")
    }
    try await grant(installation.source, installation.originalDatabase, Self.history)
    try await grant(installation.target, installation.extendedDatabase, TestInstallation.extendedTable)
    let arguments = installation.arguments.map { $0.replacingOccurrences(of: "root@", with: "\(user)@") }
    for command in ["status", "report", "offset", "verify", "recheck"] {
      let refused = try await Command.csmh([command] + arguments)
      #expect(refused.status == 77, "\(command): \(refused)")
      #expect(refused.error.contains("csmh_migration"), "\(command): \(refused.error)")
    }
    for table in ["csmh_migration", "csmh_range", "csmh_event"] {
      try await grant(installation.target, installation.extendedDatabase, table)
    }
    let status = try await Command.csmh(["status"] + arguments)
    #expect(status.status == 0 && status.output.contains("verified"), "\(status)")
  }

  @Test("a role that no session begins with is told, with the statement that changes it", arguments: places)
  func role(place: TestInstallation.Place) async throws {
    let account = try await account(place, "role")
    let name = place.isOneServer ? "keeper_1" : "keeper_2"
    for server in account.servers {
      try await server.run("CREATE ROLE \(name)_\(server.port)", "GRANT \(name)_\(server.port) TO \(account.account)")
    }
    let (source, target) = ("\(name)_\(account.source.port)", "\(name)_\(account.target.port)")
    let there = Direction.there
    try await account.source.run(
      "GRANT \(Privilege.list(there.privileges(on: .original))) ON \(LimitedAccount.pattern(account.original)).* TO \(source)"
    )
    try await account.target.run(
      "GRANT \(Privilege.list(there.privileges(on: .extended))) ON \(LimitedAccount.pattern(account.extended)).* TO \(target)"
    )
    let refused = try await account.csmh("migrate")
    let migrated = try await FollowedRemedies.follow(.setDefaultRole, in: refused.error) { _ in
      let migrated = try await account.following("migrate")
      try RemedySite.expectLeadsOn(migrated.result)
      return migrated
    }
    #expect(migrated.rounds.count == (place.isOneServer ? 1 : 2))
    #expect(
      migrated.rounds.allSatisfy { $0.count == 1 && $0[0].hasPrefix("SET DEFAULT ROLE `keeper_") }, "\(migrated.rounds)"
    )
    #expect(try await account.csmh("catch-up").status == 0)
  }

  @Test(
    "what the same user was granted at a wider host is seen, though SHOW GRANTS does not show it", arguments: places)
  func widerHost(place: TestInstallation.Place) async throws {
    let account = try await account(place, "wider", host: "127.0.0.1")
    for server in account.servers { try await server.run("CREATE USER \(account.user)@'%'") }
    for (server, database, side) in [
      (account.source, account.original, HistorySide.original), (account.target, account.extended, .extended),
    ] {
      try await server.run(
        "GRANT \(Privilege.list(Direction.there.privileges(on: side))) ON \(LimitedAccount.pattern(database)).*"
          + " TO \(account.user)@'%'")
    }
    for words in ["migrate", "catch-up"] {
      let result = try await account.csmh(words)
      #expect(result.status == 0, "\(words): \(result.output)\(result.error)")
    }
  }

  @Test("a GRANT goes to the pattern in force, where another one would hide it or be hidden", arguments: places)
  func patterns(place: TestInstallation.Place) async throws {
    let account = try await account(place, "masked")
    // The narrow pattern hides the wide one; the bare name is a pattern itself.
    try await account.source.run(
      "GRANT ALL ON `mask%`.* TO \(account.account)",
      "GRANT SELECT ON \(LimitedAccount.pattern(account.original)).* TO \(account.account)")
    try await account.target.run("GRANT SELECT ON \(LimitedAccount.quoted(account.extended)).* TO \(account.account)")
    let migrated = try await account.following("migrate")
    #expect(migrated.result.status == 0 && migrated.rounds.count == 1, "\(migrated.rounds)\(migrated.result.error)")
    let caught = try await account.following("catch-up")
    #expect(caught.result.status == 0 && caught.rounds.count <= 1, "\(caught.rounds)\(caught.result.error)")
  }

  @Test("privileges on columns or on the table alone are told from those on the database", arguments: places)
  func columns(place: TestInstallation.Place) async throws {
    let account = try await account(place, "columns")
    let table = "\(LimitedAccount.quoted(account.original)).\(Self.history)"
    try await account.source.run("GRANT SELECT (id, created) ON \(table) TO \(account.account)")
    try await account.grant("ALL", on: account.extended)
    let migrated = try await account.following("migrate")
    #expect(migrated.result.status == 0 && migrated.rounds.count == 1, "\(migrated.rounds)\(migrated.result.error)")
    // On the table alone everything but the lock can be held.
    let other = try await self.account(place, "tables")
    let tableOfOther = "\(LimitedAccount.quoted(other.original)).\(Self.history)"
    try await other.source.run("GRANT SELECT ON \(tableOfOther) TO \(other.account)")
    try await other.grant("ALL", on: other.extended)
    #expect(try await other.csmh("migrate").status == 0)
    let fence = try await other.csmh("catch-up")
    #expect(fence.status == 77 && fence.error.contains("csmh catch-up needs LOCK TABLES on"), "\(fence.error)")
  }

  @Test("a drain without DELETE, and a return without INSERT, change nothing", arguments: places)
  func nothingBegun(place: TestInstallation.Place) async throws {
    let account = try await account(place, "begun")
    try await account.grant("SELECT, LOCK TABLES", on: account.original)
    try await account.grant("SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER", on: account.extended)
    for words in ["migrate", "catch-up"] { #expect(try await account.csmh(words).status == 0) }
    let journal = "SELECT * FROM csmh_event"
    let before = try await account.target.query(journal, database: account.extended)
    let drain = try await account.csmh("drain", "--yes")
    #expect(
      drain.status == 77 && drain.error.contains("csmh drain needs INSERT, UPDATE, DELETE, CREATE on"), "\(drain.error)"
    )
    let back = try await account.csmh("return")
    #expect(back.status == 77 && back.error.contains("csmh return needs INSERT, UPDATE"), "\(back.error)")
    #expect(try await account.target.query(journal, database: account.extended) == before)
    let states = try await account.target.query(
      "SELECT COUNT(*) FROM csmh_range WHERE state <> 'copied'", database: account.extended)
    #expect(states == [["0"]])
    let tables = try await account.source.query("SHOW TABLES", database: account.original)
    #expect(tables.count == Set(tables.map { $0[0] ?? "" }.filter { !$0.hasPrefix("csmh_") }).count, "\(tables)")
  }

  @Test("a server that speaks another language is understood")
  func language() async throws {
    let server = try await TestServers.shared.named("mariadb-french", .mariaDB, options: ["--lc-messages=fr_FR"])
    let account = try await LimitedAccount(
      source: server, target: server, original: "fr_o", extended: "fr_e", user: "camille")
    let migrated = try await account.following("migrate")
    #expect(migrated.result.status == 0 && migrated.rounds.count == 1, "\(migrated.rounds)\(migrated.result.error)")
  }

  @Test(
    "a question that takes too long is given up, and said so",
    arguments: TestServer.Family.allCases.filter { TestServer.isAvailable($0) })
  func limit(family: TestServer.Family) async throws {
    let server = try await TestServers.shared.server(family)
    let installation = try await TestInstallation(source: server, target: server)
    for sql in Tables.today.sql + [Tables.plainRows(2_000)] { try await installation.original(sql) }
    let pair = installation.pair.limitingStatements(to: .seconds(1))
    let session = try await pair.original.openSession()
    let start = ContinuousClock.now
    do {
      let table = session.tableSQL
      _ = try await session.rows(
        "SELECT COUNT(*) FROM \(table) AS a JOIN \(table) AS b JOIN \(table) AS c"
          + " WHERE SHA2(CONCAT(a.id, b.id, c.id), 256) = '1'")
      Issue.record("it was not given up")
    } catch let error as HistoryStoreError {
      #expect(error.isTimeLimit && error.message.hasPrefix("gave up"), "\(error)")
    }
    #expect(ContinuousClock.now - start < .seconds(30))
    let holder = try await server.connect(database: installation.originalDatabase)
    try await holder.execute(StatementText("LOCK TABLES \(Self.history) WRITE"))
    do {
      _ = try await session.summary()
      Issue.record("it did not wait")
    } catch let error as HistoryStoreError {
      #expect(error.isTimeLimit)
    }
    await holder.close()
    await session.close()
  }

  @Test("a state full of quotes costs check no more than others, and its row is measured exactly")
  func quotes() async throws {
    let installation = try await TestInstallation(.betweenMariaDBs)
    for sql in Tables.today.sql + [Tables.plainRows(50)] { try await installation.original(sql) }
    try await installation.original(
      "INSERT INTO \(Self.history) (student_module_id, created, state) VALUES (1, '2026-01-01', REPEAT('''\"', 2000000))"
    )
    let start = ContinuousClock.now
    let result = try await installation.csmh("check", "--rule", "packet-size")
    #expect(ContinuousClock.now - start < .seconds(30))
    #expect(result.status == 0 && result.output.contains("the widest (id 51) takes 6.0 MB"), "\(result.output)")
  }

  @Test("what was begun and did not happen is not told as done: a drain that ends before its first row, and a way back")
  func begunOnly() async throws {
    let installation = try await TestInstallation(.betweenMariaDBs)
    for sql in Tables.today.sql + [Tables.plainRows(300)] { try await installation.original(sql) }
    for words in ["migrate", "catch-up"] { #expect(try await installation.csmh(words).status == 0) }
    let killed = try await installation.csmh("drain", "--yes", environment: ["CSMH_CRASH_AT": "after-drain-begin"])
    #expect(killed.status == 128 + 9)
    let status = try await installation.csmh("status")
    #expect(!status.output.contains("drained  "), "\(status.output)")
    #expect(try await installation.csmh("drain", "--yes").status == 0)
    #expect(try await installation.csmh("status").output.contains("drained   300 rows, 100.0 %"))
    let back = try await installation.csmh("return", environment: ["CSMH_CRASH_AT": "after-commit"])
    #expect(back.status == 128 + 9)
    let begun = try await installation.csmh("status")
    #expect(
      begun.output.contains("way back  under way since") && begun.output.contains("next      csmh return"),
      "\(begun.output)")
    let advice = try await installation.csmh("advise")
    #expect(advice.output.contains("Bring the bulk back") && !advice.output.contains("Deploy with"), "\(advice.output)")
    #expect(try await installation.csmh("return", "--writes-moved").status == 0)
    let ended = try await installation.csmh("report")
    #expect(ended.output.contains("way back     ended"), "\(ended.output)")
  }
}
