import Foundation
import StudentModuleHistory
import TestSupport
import Testing

/// A login or a host that a server refuses: what is told for it is done, and the login succeeds.
@Suite("Logins that a server refuses", .limitedConcurrency) struct LoginRemedyTests {
  /// The site's options with an account that has a password, for both databases.
  private static func locked(_ site: RemedySite) async throws -> [String] {
    let user = try await site.account()
    let servers = [site.installation.source, site.installation.target]
    for server in servers { try await server.run("ALTER USER \(user)@'%' IDENTIFIED BY 'right'") }
    return site.arguments(as: user)
  }

  private static let right = ["CSMH_ORIGINAL_PASSWORD": "right", "CSMH_EXTENDED_PASSWORD": "right"]

  /// Runs provision with a wrong password of the extended database.
  private static func refused(_ arguments: [String]) async throws -> String {
    let wrong = right.merging(["CSMH_EXTENDED_PASSWORD": "wrong"]) { $1 }
    let result = try await Command.csmh(["provision"] + arguments, environment: wrong)
    #expect(result.status == 77, "\(result.text)")
    return result.error
  }

  enum Place: String, CaseIterable {
    case variable, optionFile, configuration
  }

  /// Puts the password right in one of the three places that the remedy names.
  private static func mend(_ place: Place, _ site: RemedySite, _ arguments: [String]) async throws -> Command.Result {
    switch place {
    case .variable: return try await Command.csmh(["provision"] + arguments, environment: right)
    case .optionFile:
      let file = FileManager.default.temporaryDirectory.appendingPathComponent("csmh-\(UUID().uuidString).cnf")
      defer { try? FileManager.default.removeItem(at: file) }
      try "[client]\npassword=right\n".write(to: file, atomically: true, encoding: .utf8)
      return try await Command.csmh(["provision", "--defaults-file", file.path] + arguments)
    case .configuration:
      let file = try LMSConfigurationFile(site.installation)
      defer { file.remove() }
      let user = try await site.account()
      let text = try String(contentsOfFile: file.path, encoding: .utf8)
      try file.write(
        text.replacingOccurrences(of: "USER: root, PASSWORD: ''", with: "USER: \(user), PASSWORD: right"))
      return try await Command.csmh(["provision", "--lms-config", file.path])
    }
  }

  @Test("a wrong password, beneath encryption or not: the right one, in each place", arguments: Place.allCases)
  func password(place: Place) async throws {
    for family in ServerCodeOnServersTests.families {
      let server = try await TestServers.shared.server(family)
      let site = try await RemedySite(server)
      let arguments = try await Self.locked(site)
      let told = try await Self.refused(arguments)
      // MySQL's servers encrypt by themselves; then encryption is no possible reason.
      let name: Remedy.Name = family == .mySQL ? .checkLogin : .checkLoginOrEncrypt
      #expect(told.contains("demands encryption") == (family == .mariaDB), "\(told)")
      try await FollowedRemedies.follow(name, in: told) {
        #expect($0.places[0] == "CSMH_EXTENDED_PASSWORD")
        try RemedySite.expectLeadsOn(try await Self.mend(place, site, arguments))
      }
    }
  }

  @Test("no account admits this host, and the host is blocked: an account is made for it, and it is unblocked")
  func host() async throws {
    // The server looks up hosts, and does so for others than the loopback address only.
    let server = try await TestServers.shared.named("mariadb-hosts", .mariaDB, options: ["--max-connect-errors=1"])
    let site = try await RemedySite(server)
    let relay = try await Relay.start(server)
    let arguments = site.installation.arguments.map {
      $0.replacingOccurrences(of: ":\(server.port)/", with: ":\(relay.port)/")
        .replacingOccurrences(of: "root@", with: "csmh@")
    }
    let unknown = try await Command.csmh(["provision"] + arguments, environment: Self.right)
    #expect(unknown.status == 77, "\(unknown.text)")
    try await FollowedRemedies.follow(.makeAccountForHost, in: unknown.error) { _ in
      // As docs/migrating.md has it, with the host in the place of "%".
      try await server.run(
        "CREATE USER 'csmh'@'127.0.0.2' IDENTIFIED BY 'right'",
        "GRANT ALL ON `\(site.installation.originalDatabase)`.* TO 'csmh'@'127.0.0.2'",
        "GRANT ALL ON `\(site.installation.extendedDatabase)`.* TO 'csmh'@'127.0.0.2'")
      try RemedySite.expectLeadsOn(try await Command.csmh(["provision"] + arguments, environment: Self.right))
    }
    for _ in 0..<3 { try await relay.breakOff() }
    var blocked = try await Command.csmh(["status"] + arguments, environment: Self.right)
    for _ in 0..<50 where blocked.status == 0 {
      try await Task.sleep(for: .milliseconds(50))
      try await relay.breakOff()
      blocked = try await Command.csmh(["status"] + arguments, environment: Self.right)
    }
    #expect(blocked.status == 77, "\(blocked.text)")
    try await FollowedRemedies.follow(.flushHosts, in: blocked.error) {
      try await server.run(String($0.text.prefix { $0 != ";" }))
      try RemedySite.expectLeadsOn(try await Command.csmh(["status"] + arguments, environment: Self.right))
    }
    await relay.stop()
  }

  @Test("encryption that cannot be had, of a server without it: ssl-mode is mended")
  func noEncryption() async throws {
    let site = try await RemedySite(try await TestServers.shared.server(.mariaDB))
    var arguments = site.installation.arguments
    arguments[1] += "?ssl-mode=required"
    let refused = try await Command.csmh(["provision"] + arguments)
    #expect(refused.status == 69, "\(refused.text)")
    try await FollowedRemedies.follow(.checkTLS, in: refused.error) { _ in
      arguments[1] = arguments[1].replacingOccurrences(of: "ssl-mode=required", with: "ssl-mode=preferred")
      try RemedySite.expectLeadsOn(try await Command.csmh(["provision"] + arguments))
    }
  }

  @Test("a server that takes encrypted connections only: encrypted by the URL, and by the LMS configuration")
  func demandedEncryption() async throws {
    guard TestServer.isAvailable(.mySQL) else { return }
    let server = try await TestServers.shared.named(
      "mysql-tls-only", .mySQL, options: ["--require-secure-transport=ON"])
    let plain = try await TestServers.shared.server(.mySQL)
    // The tests' own connections are not encrypted everywhere; only csmh goes to the demanding server.
    let site = try await RemedySite(plain)
    let database = site.installation.extendedDatabase
    let place = ("127.0.0.1:\(plain.port)/\(database)", "127.0.0.1:\(server.port)/\(database)")
    var arguments = site.installation.arguments.map { $0.replacingOccurrences(of: place.0, with: place.1) }
    arguments[3] += "?ssl-mode=disabled"
    let refused = try await Command.csmh(["provision"] + arguments)
    #expect(refused.status == 77, "\(refused.text)")
    try await FollowedRemedies.follow(.encryptConnection, in: refused.error) { _ in
      arguments[3] = arguments[3].replacingOccurrences(of: "disabled", with: "required")
      try RemedySite.expectLeadsOn(try await Command.csmh(["provision"] + arguments))
      let file = try LMSConfigurationFile(site.installation)
      defer { file.remove() }
      let text = try String(contentsOfFile: file.path, encoding: .utf8)
      let entry = "student_module_history: {"
      try file.write(
        text.split(separator: "\n").map { line in
          line.contains(entry)
            ? line.replacingOccurrences(of: "'\(plain.port)'", with: "'\(server.port)'")
              .replacingOccurrences(of: entry, with: entry + "OPTIONS: {ssl_mode: REQUIRED}, ") : String(line)
        }.joined(separator: "\n") + "\n")
      try RemedySite.expectLeadsOn(try await Command.csmh(["provision", "--lms-config", file.path]))
    }
  }
}
