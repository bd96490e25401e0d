import Foundation
import StudentModuleHistory
import TestSupport
import Testing

/// What a server says of an account: a status, and a remedy that leads on.
@Suite(.limitedConcurrency) struct AccountRefusalTests {
  struct Refusal: Sendable, CustomStringConvertible {
    let clause: String
    let status: Int32
    let command: [String]
    var description: String { "\(clause), \(command[0])" }
  }

  static let refusals = [
    Refusal(clause: "ACCOUNT LOCK", status: 77, command: ["status"]),
    Refusal(clause: "PASSWORD EXPIRE", status: 77, command: ["provision"]),
    Refusal(clause: "WITH MAX_QUERIES_PER_HOUR 3", status: 69, command: ["migrate", "--retry-budget", "2"]),
    Refusal(clause: "WITH MAX_UPDATES_PER_HOUR 1", status: 69, command: ["migrate", "--retry-budget", "2"]),
    Refusal(clause: "WITH MAX_CONNECTIONS_PER_HOUR 1", status: 69, command: ["copy", "--retry-budget", "2"]),
    Refusal(clause: "WITH MAX_USER_CONNECTIONS 1", status: 69, command: ["verify"]),
  ]

  private struct Site {
    let installation: TestInstallation
    let server: TestServer
    let user: String
    var arguments: [String]
    var environment: [String: String] = [:]

    func csmh(_ command: String...) async throws -> Command.Result { try await csmh(command) }

    func csmh(_ command: [String]) async throws -> Command.Result {
      try await Command.csmh(command + arguments, environment: environment)
    }
  }

  /// Two databases on two servers of a family, and an account of csmh's own on one or both of them.
  private func site(
    _ family: TestServer.Family, own sides: [Int] = [1], rows: Int = 50, provisioned: Bool = true
  ) async throws -> Site {
    let installation = try await TestInstallation(
      TestInstallation.Place(source: family, target: family, isOneServer: false))
    for sql in Tables.today.sql { try await installation.original(sql) }
    for start in stride(from: 1, through: rows, by: 5_000) {
      try await installation.original(Tables.plainRows(min(5_000, rows - start + 1), from: start))
    }
    if provisioned { #expect(try await installation.csmh("provision").status == 0) }
    let servers = [installation.source, installation.target]
    let databases = [installation.originalDatabase, installation.extendedDatabase]
    var arguments = installation.arguments
    var environment: [String: String] = [:]
    for side in sides {
      environment[["CSMH_ORIGINAL_PASSWORD", "CSMH_EXTENDED_PASSWORD"][side]] = "it's hunter2"
      let user = "it's_\(databases[side])"
      let quoted = "'\(user.replacingOccurrences(of: "'", with: "''"))'@'%'"
      try await servers[side].run("CREATE USER \(quoted) IDENTIFIED BY 'it''s hunter2'")
      try await servers[side].run("GRANT ALL ON \(databases[side]).* TO \(quoted)")
      arguments[2 * side + 1] = arguments[2 * side + 1].replacingOccurrences(
        of: "root@", with: "\(user.replacingOccurrences(of: "'", with: "%27"))@")
    }
    let last = sides[sides.count - 1]
    return Site(
      installation: installation, server: servers[last], user: "it's_\(databases[last])", arguments: arguments,
      environment: environment)
  }

  private func alter(_ site: Site, _ clause: String) async throws {
    try await site.server.run("ALTER USER '\(site.user.replacingOccurrences(of: "'", with: "''"))'@'%' \(clause)")
  }

  /// The SQL of a remedy that prints statements, and those.
  private func mend(_ site: Site, _ error: String) async throws {
    let marker = try #require(error.range(of: "run what this prints: "), "\(error)")
    let query = error[marker.upperBound...].prefix { $0 != ";" }
    // The first semicolon stands in what is printed.
    let rest = error[query.endIndex...].dropFirst().prefix { $0 != ";" }
    for row in try await site.server.query("\(query);\(rest)") {
      let statement = try #require(row[0]).replacingOccurrences(of: "'...'", with: "'it''s hunter2'")
      try await site.server.run(statement)
    }
  }

  @Test(
    "what an account may not: its own status, and a remedy that mends it as it stands",
    arguments: ServerCodeOnServersTests.families, refusals)
  func refused(family: TestServer.Family, refusal: Refusal) async throws {
    let site = try await site(family)
    try await alter(site, refusal.clause)
    // MariaDB counts the limits of an account from its first connection on.
    var result = try await site.csmh(refusal.command)
    if refusal.command != ["provision"], result.status != refusal.status {
      result = try await site.csmh(refusal.command)
    }
    #expect(result.status == refusal.status, "\(result.output)\(result.error)")
    #expect(!(result.output + result.error).contains("hunter2"), "a password shows")
    let name: Remedy.Name = refusal.clause == "PASSWORD EXPIRE" ? .alterUserWithPassword : .alterUser
    try await FollowedRemedies.follow(name, in: result.error) {
      try await mend(site, $0.text)
      try RemedySite.expectLeadsOn(try await site.csmh("migrate"))
    }
  }

  @Test(
    "an account with fewer connections than csmh has workers gets fewer workers, for copying and for comparing",
    arguments: ServerCodeOnServersTests.families)
  func fewerWorkers(family: TestServer.Family) async throws {
    let site = try await site(family, rows: 8_000)
    try await alter(site, "WITH MAX_USER_CONNECTIONS 3")
    let result = try await site.csmh("migrate", "--workers", "8")
    #expect(result.status == 0, "\(result.output)\(result.error)")
    #expect(try await site.installation.dumpExtended() == site.installation.dumpOriginal())
  }

  @Test("a server that takes encrypted connections only, and an account that does: 77, and how to ask for it")
  func encryption() async throws {
    guard TestServer.isAvailable(.mySQL) else { return }
    let demanding = try await TestServers.shared.named(
      "mysql-tls-only", .mySQL, options: ["--require-secure-transport=ON"])
    let site = try await site(.mySQL)
    try await alter(site, "REQUIRE SSL")
    let servers = [demanding.port: "root", site.server.port: site.user.replacingOccurrences(of: "'", with: "%27")]
    for (port, user) in servers {
      for side in ["original", "extended"] {
        let database = side == "original" ? site.installation.originalDatabase : site.installation.extendedDatabase
        var arguments = site.installation.arguments
        let index = side == "original" ? 1 : 3
        arguments[index] = "mysql://\(user)@127.0.0.1:\(port)/\(database)?ssl-mode=disabled"
        let result = try await Command.csmh(
          ["status"] + arguments,
          environment: user == "root" ? [:] : ["CSMH_\(side.uppercased())_PASSWORD": "it's hunter2"])
        #expect(result.status == 77, "\(result.output)\(result.error)")
        #expect(result.error.contains("ssl-mode=required"), "\(result.error)")
      }
    }
    var arguments = site.arguments
    arguments[3] += "?ssl-mode=required"
    let encrypted = try await Command.csmh(
      ["status"] + arguments, environment: ["CSMH_EXTENDED_PASSWORD": "it's hunter2"])
    #expect(encrypted.status == 0, "\(encrypted.output)\(encrypted.error)")
  }

  @Test("an account that demands encryption of a server that has none: 77, told as a possible reason")
  func noEncryption() async throws {
    let site = try await site(.mariaDB, own: [0])
    try await alter(site, "REQUIRE SSL")
    let result = try await site.csmh("check")
    #expect(result.status == 77, "\(result.output)\(result.error)")
    #expect((result.output + result.error).contains("demands encryption"), "\(result.output)\(result.error)")
  }

  @Test("an account that is blocked after wrong passwords: 77, and the statement that frees it")
  func blocked() async throws {
    guard TestServer.isAvailable(.mySQL) else { return }
    let site = try await site(.mySQL)
    try await alter(site, "FAILED_LOGIN_ATTEMPTS 1 PASSWORD_LOCK_TIME UNBOUNDED")
    let wrong = try await Command.csmh(["status"] + site.arguments, environment: ["CSMH_EXTENDED_PASSWORD": "wrong"])
    #expect(wrong.status == 77)
    let result = try await site.csmh("status")
    #expect(result.status == 77, "\(result.output)\(result.error)")
    try await FollowedRemedies.follow(.alterUser, in: result.error) {
      try await mend(site, $0.text)
      try RemedySite.expectLeadsOn(try await site.csmh("status"))
    }
  }
}
