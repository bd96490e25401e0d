import Foundation
import TestSupport
import Testing

/// Bad input: one clear sentence, the exit status of the contract, nothing changed.
@Suite(.limitedConcurrency) struct BadInputTests {
  private func installation() async throws -> TestInstallation {
    let installation = try await TestInstallation(.betweenMariaDBs)
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(Tables.plainRows(10))
    return installation
  }

  private func expectUnchanged(_ installation: TestInstallation) async throws {
    let databases = try await installation.target.query("SHOW DATABASES LIKE '\(installation.extendedDatabase)'")
    #expect(databases.isEmpty, "the extended database was made all the same")
    #expect(try await installation.dumpOriginal().count == 10)
  }

  /// Expects an end with a status and an error that says certain words, and no password.
  private func expectFailure(
    _ arguments: [String], status: Int32, saying words: String..., environment: [String: String] = [:]
  )
    async throws
  {
    let result = try await Command.csmh(arguments, environment: environment)
    #expect(result.status == status, "\(result.output)\(result.error)")
    for word in words where !word.isEmpty {
      #expect(result.error.contains(word), "not said: \(word) in \(result.error)")
    }
    #expect(!(result.output + result.error).contains("hunter2"), "a password shows")
  }

  @Test("a server that nobody runs: 69", arguments: ["--original", "--extended"])
  func unreachable(side: String) async throws {
    let installation = try await installation()
    var arguments = installation.arguments
    let index = arguments.firstIndex(of: side)! + 1
    arguments[index] = "mysql://root@127.0.0.1:1/edxapp?connect-timeout=2"
    try await expectFailure(["migrate"] + arguments, status: 69, saying: "no server answers", "127.0.0.1:1")
    try await expectUnchanged(installation)
  }

  @Test("a wrong password: 77")
  func wrongPassword() async throws {
    let installation = try await installation()
    var arguments = installation.arguments
    arguments[1] = arguments[1].replacingOccurrences(of: "root@", with: "edxapp_reader@")
    try await expectFailure(
      ["migrate"] + arguments, status: 77, saying: "refuses the login", "edxapp_reader", "CSMH_ORIGINAL_PASSWORD",
      environment: ["CSMH_ORIGINAL_PASSWORD": "hunter2"])
    try await expectUnchanged(installation)
  }

  @Test(
    "a missing privilege: 77, named, with the GRANT for the whole way",
    arguments: [
      ("original", "", "SELECT"), ("extended", "SELECT, UPDATE, DELETE, CREATE, ALTER, INDEX", "INSERT"),
      ("extended", "SELECT, INSERT, DELETE, CREATE, ALTER, INDEX", "UPDATE"),
      ("extended", "SELECT, INSERT, UPDATE, DELETE, ALTER, INDEX", "CREATE"), ("extended", "", ""),
    ])
  func privilege(side: String, granted: String, missing: String) async throws {
    let installation = try await installation()
    let server = side == "original" ? installation.source : installation.target
    let database = side == "original" ? installation.originalDatabase : installation.extendedDatabase
    let user = "limited_\(database)"
    try await server.run(
      "CREATE USER '\(user)'@'%' IDENTIFIED BY 'hunter2'", "CREATE DATABASE IF NOT EXISTS unrelated_\(database)")
    try await server.run("GRANT SELECT ON unrelated_\(database).* TO '\(user)'@'%'")
    if side == "extended" { try await server.run("CREATE DATABASE \(database)") }
    if !granted.isEmpty { try await server.run("GRANT \(granted) ON \(database).* TO '\(user)'@'%'") }
    var arguments = installation.arguments
    let index = side == "original" ? 1 : 3
    arguments[index] = arguments[index].replacingOccurrences(of: "root@", with: "\(user)@")
    try await expectFailure(
      ["migrate"] + arguments, status: 77, saying: missing,
      side == "original"
        ? "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, LOCK TABLES ON"
        : "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER ON",
      environment: ["CSMH_\(side.uppercased())_PASSWORD": "hunter2"])
    let tables = try await server.query(
      "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = '\(installation.extendedDatabase)'")
    #expect(tables.isEmpty, "something was made: \(tables)")
  }

  @Test("an unknown original database: 78")
  func unknownDatabase() async throws {
    let installation = try await installation()
    var arguments = installation.arguments
    arguments[1] += "_nowhere"
    try await expectFailure(["migrate"] + arguments, status: 78, saying: "Unknown database")
    try await expectUnchanged(installation)
  }

  @Test("a database without a history table: 78")
  func noTable() async throws {
    let installation = try await installation()
    try await installation.original(
      "RENAME TABLE courseware_studentmodulehistory TO courseware_studentmodulehistory_old")
    try await expectFailure(
      ["migrate"] + installation.arguments, status: 78, saying: "has no table courseware_studentmodulehistory")
  }

  @Test("the same database twice, also under another name of the host: 78", arguments: ["127.0.0.1", "localhost"])
  func sameDatabase(host: String) async throws {
    let installation = try await installation()
    try await installation.original(Tables.todayExtended)
    let url = "mysql://root@\(host):\(installation.source.port)/\(installation.originalDatabase)"
    try await expectFailure(
      ["migrate", "--original", installation.arguments[1], "--extended", url], status: 78, saying: "are the same")
    #expect(try await installation.originalRows("SHOW TABLES").count == 2, "the journal was made in it")
  }

  @Test(
    "a malformed command line: 64",
    arguments: [
      ["migrate", "--original", "mysql//nonsense", "--extended", "mysql://root@h/d"],
      ["migrate", "--original", "postgres://u:hunter2@h/d", "--extended", "mysql://u:hunter2@h/d"],
      ["migrate", "--original", "mysql://root@h/d"], ["migrate", "--workers", "0", "--directory", "x"], ["frobnicate"],
      ["copy", "--order", "sideways"], ["migrate", "--lms-config", "a.yml", "--tutor-root", "b"],
      ["verify", "--no-such-option"],
      ["provision", "--headroom", "-5"], ["devstack", "--rows", "3"],
    ])
  func usage(arguments: [String]) async throws {
    try await expectFailure(arguments, status: 64)
  }

  @Test("nothing that says where the databases are: 64, with what to do")
  func nothing() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let result = try await Command.run(try Command.csmh, ["status"], environment: [:], directory: folder)
    #expect(result.status == 64)
    #expect(result.error.contains("--lms-config"))
  }

  @Test("a mix of SQLite and a server, and a SQLite file that does not exist")
  func mixed() async throws {
    try await expectFailure(
      ["migrate", "--original", "sqlite:///nowhere/a.db", "--extended", "mysql://root@127.0.0.1:1/d"], status: 78,
      saying: "SQLite")
    try await expectFailure(
      ["migrate", "--original", "sqlite:///nowhere/a.db", "--extended", "sqlite:///nowhere/b.db"], status: 69,
      saying: "/nowhere/a.db")
  }

  @Test("copy before provision: 78, and what to run")
  func notProvisioned() async throws {
    let installation = try await installation()
    try await installation.target.run("CREATE DATABASE \(installation.extendedDatabase)")
    try await expectFailure(["copy"] + installation.arguments, status: 78, saying: "csmh provision")
    try await installation.extended(Tables.todayExtended)
    for command in ["copy", "verify", "status", "report"] {
      try await expectFailure([command] + installation.arguments, status: 78, saying: "not provisioned")
    }
  }

  @Test("errors come as JSON too")
  func json() async throws {
    let result = try await Command.csmh(
      ["migrate", "--json", "--original", "mysql://root@127.0.0.1:1/a", "--extended", "mysql://root@127.0.0.1:1/b"])
    #expect(result.status == 69)
    let object = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
    #expect(object?["event"] as? String == "error")
    #expect(object?["status"] as? Int == 69)
  }

  @Test("help teaches every command, and the version is printed")
  func help() async throws {
    for command in ["devstack", "provision", "offset", "copy", "verify", "migrate", "status", "report"] {
      let result = try await Command.csmh(["help", command])
      #expect(result.status == 0)
      #expect(result.output.contains("USAGE: csmh \(command)"), "\(result.output)")
      #expect(result.output.contains("OVERVIEW: "))
    }
    #expect(try await Command.csmh(["--version"]).output.contains("0.1.0"))
  }
}
