import Foundation
import MariaDBClient
import StudentModuleHistory
import TestSupport
import Testing

/// What csmh has to know of a table comes from where servers keep it, not from texts in which anything may stand; and any legal name works.
@Suite(.limitedConcurrency) struct StructuredFactsTests {
  private static let original = "courseware_studentmodulehistory"

  @Test("the next id is the engine's, whatever a comment says", arguments: ConnectionTests.families)
  func counter(family: TestServer.Family) async throws {
    let installation = try await TestInstallation(.init(source: family, target: family, isOneServer: false))
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(Tables.plainRows(50))
    _ = try await installation.csmh("provision")
    try await installation.extended(
      "DROP TABLE \(TestInstallation.extendedTable)",
      """
      CREATE TABLE \(TestInstallation.extendedTable) (version varchar(255), created datetime(6) NOT NULL, state longtext, grade double, \
      max_grade double, id bigint unsigned NOT NULL AUTO_INCREMENT COMMENT ' AUTO_INCREMENT=77000000 DEFAULT CHARSET=latin1', \
      student_module_id bigint unsigned NOT NULL, PRIMARY KEY (id), KEY (version), KEY (created), KEY (student_module_id)) \
      ENGINE=InnoDB DEFAULT CHARSET=utf8mb4
      """)
    let before = try await installation.csmh("offset")
    #expect(before.status == 1, "an empty table's next id was called safe: \(before.output)")
    #expect(try await installation.csmh("migrate").status == 0)
    #expect(try await installation.csmh("offset").status == 0)
    try await installation.extended(
      "INSERT INTO \(TestInstallation.extendedTable) (student_module_id, created) VALUES (1, '2026-01-01')")
    let id = try await installation.extendedRows("SELECT MAX(id) FROM \(TestInstallation.extendedTable)")[0][0]
    #expect(id.flatMap { Int($0) } ?? 0 > 50)
  }

  @Test("a raised counter is seen at once, before any row", arguments: ConnectionTests.families)
  func raised(family: TestServer.Family) async throws {
    let installation = try await TestInstallation(.init(source: family, target: family, isOneServer: false))
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(Tables.plainRows(20))
    #expect(try await installation.csmh("provision").status == 0)
    _ = try await installation.csmh("offset")
    try await installation.extended("ALTER TABLE \(TestInstallation.extendedTable) AUTO_INCREMENT = 500123")
    let offset = try await installation.csmh("offset", "--json")
    #expect(offset.output.contains("\"extended_next_id\" : 500123"), "\(offset.output)")
  }

  @Test(
    "a key that lets an id stand twice is refused by check and copy, with the ids that do",
    arguments: ConnectionTests.families)
  func duplicates(family: TestServer.Family) async throws {
    let installation = try await TestInstallation(.init(source: family, target: family, isOneServer: false))
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(
      Tables.plainRows(30),
      "ALTER TABLE \(Self.original) DROP PRIMARY KEY, ADD KEY (id), ADD UNIQUE KEY both_of (student_module_id, id)",
      "INSERT INTO \(Self.original) (id, student_module_id, created) VALUES (7, 999, '2020-01-01'), (9, 999, '2020-01-01')"
    )
    var refused = ""
    for command in ["check", "provision", "copy"] {
      let result = try await installation.csmh(command)
      #expect(result.status == (command == "check" ? 1 : 78), "\(command): \(result.output)\(result.error)")
      #expect((result.output + result.error).contains("the ids 7, 9 do"), "\(command): \(result.output)\(result.error)")
      refused = result.error
    }
    try await FollowedRemedies.follow(.giveOwnIDs, in: refused) {
      try await installation.original("UPDATE \(Self.original) SET id = id + 1000 WHERE student_module_id = 999")
      try await installation.source.run($0.places[0].replacing(";", with: ""))
      try RemedySite.expectLeadsOn(try await installation.csmh("migrate"))
    }
    #expect(try await installation.dumpOriginal() == installation.dumpExtended())
  }

  @Test("a unique key of the id alone is as good as a primary key", arguments: TestInstallation.Place.mariaDB)
  func uniqueKey(place: TestInstallation.Place) async throws {
    let installation = try await TestInstallation(place)
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(
      Tables.plainRows(300), "ALTER TABLE \(Self.original) DROP PRIMARY KEY, ADD UNIQUE KEY `by ``id` (id)")
    let check = try await installation.csmh("check", "--rule", "packet-size")
    #expect(check.status == 0 && check.output.hasPrefix("pass"), "\(check.output)\(check.error)")
    let result = try await installation.csmh("migrate")
    #expect(result.status == 0, "\(result.error)")
    #expect(try await installation.dumpOriginal() == installation.dumpExtended())
  }

  @Test("a unique key that lets rows without an id pass is refused", arguments: ConnectionTests.families)
  func nullableKey(family: TestServer.Family) async throws {
    let installation = try await TestInstallation(.init(source: family, target: family, isOneServer: false))
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(
      Tables.plainRows(20), "ALTER TABLE \(Self.original) MODIFY id int NULL, DROP PRIMARY KEY, ADD UNIQUE KEY u (id)",
      "INSERT INTO \(Self.original) (id, student_module_id, created) VALUES (NULL, 1, '2020-01-01')")
    let result = try await installation.csmh("provision")
    #expect(result.status == 78, "\(result.output)\(result.error)")
    #expect(result.error.contains("u of id, which may be NULL"), "\(result.error)")
    try await FollowedRemedies.follow(.giveOwnIDs, in: result.error) {
      try await installation.original("UPDATE \(Self.original) SET id = 21 WHERE id IS NULL")
      try await installation.source.run($0.places[0].replacing(";", with: ""))
      try RemedySite.expectLeadsOn(try await installation.csmh("migrate"))
    }
  }

  @Test(
    "any legal name of a database, a table and an account works",
    arguments: ["edx?app", "edx`app'?\"", "éd-x app%", "a.b?c"])
  func names(name: String) async throws {
    let source = try await TestServers.shared.server(.mariaDB, 1)
    let target = try await TestServers.shared.server(.mariaDB, 2)
    let original = "\(name) \(UUID().uuidString.prefix(8))"
    let extended = "\(original) x"
    let quoted = { (name: String) in "`" + name.replacingOccurrences(of: "`", with: "``") + "`" }
    let user = "o?'\(UUID().uuidString.prefix(8))"
    let table = "odd?`\(name)"
    try await source.run("CREATE DATABASE \(quoted(original)) DEFAULT CHARACTER SET utf8mb4")
    for sql in Tables.today.sql + [Tables.plainRows(40)] { try await source.run(sql, database: original) }
    try await source.run("RENAME TABLE \(Self.original) TO \(quoted(table))", database: original)
    for server in [source, target] {
      try await server.run(
        "CREATE USER '\(user.replacingOccurrences(of: "'", with: "''"))'@'%' IDENTIFIED BY 'pw'",
        "GRANT ALL ON *.* TO '\(user.replacingOccurrences(of: "'", with: "''"))'@'%'")
    }
    let encoded = { (text: String) in text.addingPercentEncoding(withAllowedCharacters: .alphanumerics)! }
    let result = try await Command.csmh(
      [
        "migrate", "--original", "mysql://\(encoded(user))@127.0.0.1:\(source.port)/\(encoded(original))",
        "--extended", "mysql://\(encoded(user))@127.0.0.1:\(target.port)/\(encoded(extended))", "--original-table",
        table,
      ], environment: ["CSMH_ORIGINAL_PASSWORD": "pw", "CSMH_EXTENDED_PASSWORD": "pw"])
    #expect(result.status == 0, "\(result.error)")
    let count = try await target.query("SELECT COUNT(*) FROM \(quoted(extended)).\(TestInstallation.extendedTable)")
    #expect(count == [["40"]])
  }

  @Test("two names that the server takes for one database are one")
  func oneDatabase() async throws {
    let server = try await TestServers.shared.named("small-letters", .mariaDB, options: ["--lower-case-table-names=1"])
    let installation = try await TestInstallation(source: server, target: server)
    for sql in Tables.today.sql { try await installation.original(sql) }
    let capitals = installation.originalDatabase.uppercased()
    for command in ["provision", "check", "advise", "migrate"] {
      let result = try await Command.csmh([
        command, "--original", "mysql://root@127.0.0.1:\(server.port)/\(installation.originalDatabase)",
        "--extended", "mysql://root@127.0.0.1:\(server.port)/\(capitals)",
      ])
      #expect(result.status == 78, "\(command): \(result.output)\(result.error)")
      #expect((result.output + result.error).contains("are the same"), "\(command): \(result.output)\(result.error)")
    }
    #expect(
      try await server.query("SHOW TABLES", database: installation.originalDatabase).count == Tables.today.sql.count)
  }
}
