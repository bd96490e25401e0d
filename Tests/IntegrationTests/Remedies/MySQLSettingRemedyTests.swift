import Foundation
import StudentModuleHistory
import TestSupport
import Testing

/// What only MySQL's settings refuse. One after another on one server with small pages.
@Suite(
  "Settings of a MySQL server that stand in the way", .serialized, .limitedConcurrency,
  .enabled(if: TestServer.isAvailable(.mySQL)))
struct MySQLSettingRemedyTests {
  private static func server() async throws -> TestServer {
    try await TestServers.shared.named("mysql-small-pages", .mySQL, options: ["--innodb-page-size=4k"])
  }

  /// The table's index on its version, as short as such pages allow.
  private static func shortened(_ sql: String) -> String {
    sql.replacing("(version)", with: "(version(100))").replacing("(`version`)", with: "(`version`(100))")
  }

  @Test("pages that are too small for an index: the printed table with a shorter index, or a server with larger pages")
  func smallPages() async throws {
    let server = try await Self.server()
    let site = try await RemedySite(try await TestServers.shared.server(.mySQL), server)
    let refused = try await site.csmh("migrate")
    #expect(refused.status == 78, "\(refused.text)")
    try await FollowedRemedies.follow(.makeTableByHand, in: refused.error) { _ in
      let printed = try await site.csmh("provision", "--print-sql")
      let statements = printed.output.split(separator: ";").map { statement in
        statement.split(separator: "\n").filter { !$0.hasPrefix("--") }.joined(separator: "\n")
      }
      let create = try #require(statements.first { $0.hasPrefix("CREATE TABLE") && $0.contains(RemedySite.extended) })
      #expect(create.contains("KEY"), "the indexes are not printed: \(printed.output)")
      try await server.run(Self.shortened(create))
      try await site.expectLeadsOn("migrate")
    }
    #expect(try await site.installation.dumpExtended() == site.installation.dumpOriginal())
    // The other way: a server with pages of 16 kB.
    let other = try await TestServers.shared.server(.mySQL, 2)
    let arguments = site.installation.arguments.map {
      $0.replacingOccurrences(
        of: "\(server.port)/\(site.installation.extendedDatabase)",
        with: "\(other.port)/\(site.installation.extendedDatabase)_16k")
    }
    try RemedySite.expectLeadsOn(try await Command.csmh(["migrate"] + arguments))
  }

  @Test("a server that asks every table for a primary key, and one that has another key: the server no longer asks")
  func primaryKey() async throws {
    let server = try await Self.server()
    let installation = try await TestInstallation(
      source: server, target: try await TestServers.shared.server(.mySQL))
    for sql in Tables.today.sql { try await installation.original(Self.shortened(sql)) }
    try await installation.original(
      Tables.plainRows(30), "ALTER TABLE \(RemedySite.original) DROP PRIMARY KEY, ADD UNIQUE KEY u (id)")
    #expect(try await installation.csmh("migrate").status == 0)
    try await installation.extended(
      "INSERT INTO \(RemedySite.extended) (id, student_module_id, created) VALUES (3000000000, 1, '2026-01-01')")
    try await server.run("SET GLOBAL sql_require_primary_key = ON")
    let refused = try await installation.csmh("return", "--widen")
    #expect(refused.status == 78, "\(refused.text)")
    try await FollowedRemedies.follow(.allowTablesWithoutKey, in: refused.error) {
      try await server.run($0.sql)
      try RemedySite.expectLeadsOn(try await installation.csmh("return", "--widen"))
    }
  }
}
