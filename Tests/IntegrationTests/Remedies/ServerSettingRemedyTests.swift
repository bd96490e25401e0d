import Foundation
import MariaDBClient
import StudentModuleHistory
import TestSupport
import Testing

/// What a server's settings or its state refuse on MariaDB: the remedy is run as it stands, and the refused command succeeds.
///
/// One after another on one server, as each changes it.
@Suite("Settings of a server that stand in the way", .serialized, .limitedConcurrency)
struct ServerSettingRemedyTests {
  private static func server() async throws -> TestServer {
    try await TestServers.shared.named(
      "mariadb-remedies", .mariaDB,
      options: ["--log-bin=log", "--server-id=9", "--max-user-connections=100", "--thread-cache-size=0"])
  }

  @Test("the server allows a user no more connections: the setting is lifted, and the migration runs")
  func userConnections() async throws {
    let server = try await Self.server()
    let site = try await RemedySite(server)
    let user = try await site.account()
    try await server.run("SET GLOBAL max_user_connections = 1")
    let refused = try await Command.csmh(["migrate", "--retry-budget", "1"] + site.arguments(as: user))
    #expect(refused.status == 69, "\(refused.text)")
    try await FollowedRemedies.follow(.raiseUserConnections, in: refused.error) {
      try await server.run($0.sql)
      try RemedySite.expectLeadsOn(try await Command.csmh(["migrate"] + site.arguments(as: user)))
    }
  }

  @Test("the server has no connection left: others close theirs, or it is given more", arguments: [true, false])
  func connections(othersClose: Bool) async throws {
    let server = try await Self.server()
    let site = try await RemedySite(server)
    let user = try await site.account()
    let administrator = try await server.connect()
    // The least that MariaDB allows.
    try await administrator.execute("SET GLOBAL max_connections = 10")
    var others: [MariaDBConnection] = []
    while others.count < 20 {
      do {
        others.append(
          try await .connect(ConnectionConfiguration(endpoint: .tcp(host: "127.0.0.1", port: server.port), user: user)))
      } catch { break }
    }
    let refused = try await Command.csmh(["migrate", "--retry-budget", "1"] + site.arguments(as: user))
    #expect(refused.status == 69, "\(refused.text)")
    try await FollowedRemedies.follow(.waitForConnections, in: refused.error) { _ in
      if othersClose {
        for other in others { await other.close() }
      } else {
        try await administrator.execute("SET GLOBAL max_connections = 500")
      }
      try RemedySite.expectLeadsOn(try await Command.csmh(["migrate", "--workers", "1"] + site.arguments(as: user)))
    }
    for other in others { await other.close() }
    try await administrator.execute("SET GLOBAL max_connections = 500")
    await administrator.close()
  }

  @Test("the server has no memory for a thread: it is given more")
  func memory() async throws {
    let server = try await Self.server()
    let site = try await RemedySite(server)
    let pid = try server.processID()
    // Memory that the server keeps of ended threads is in use, so that a new one needs more.
    var others: [MariaDBConnection] = []
    while others.count < 40 { others.append(try await server.connect()) }
    let pages = try String(contentsOfFile: "/proc/\(pid)/statm", encoding: .utf8).prefix { $0 != " " }
    let limit = (Int(pages) ?? 0) * sysconf(Int32(_SC_PAGESIZE)) + 100_000
    // The soft limit alone, which its owner may lift again.
    #expect(try await Self.limitMemory(of: pid, to: "\(limit):").status == 0)
    let refused = try await site.csmh("migrate", "--retry-budget", "1")
    for other in others { await other.close() }
    #expect(refused.status == 69 && refused.error.contains("error 1135"), "\(refused.text)")
    try await FollowedRemedies.follow(.giveMemory, in: refused.error) { _ in
      #expect(try await Self.limitMemory(of: pid, to: "unlimited:").status == 0)
      try await site.expectLeadsOn("migrate")
    }
  }

  private static func limitMemory(of pid: Int32, to limit: String) async throws -> Command.Result {
    try await Command.run("/usr/bin/prlimit", ["--pid", "\(pid)", "--as=\(limit)"], environment: [:])
  }

  struct Cache: Sendable, CustomStringConvertible {
    let description: String
    let remedy: Remedy.Name
    let setting: String
    /// A trigger of the operator's own writes each state twice into this table.
    let engine: String
  }

  @Test(
    "a row that is too large for the binary log's cache: the limit is lifted, and the stopped range is copied",
    arguments: [
      Cache(
        description: "of transactions", remedy: .raiseBinlogCache, setting: "max_binlog_cache_size", engine: "InnoDB"),
      Cache(
        description: "of statements", remedy: .raiseBinlogStatementCache, setting: "max_binlog_stmt_cache_size",
        engine: "MyISAM"),
    ])
  func binaryLogCache(cache: Cache) async throws {
    let server = try await Self.server()
    let site = try await RemedySite(try await TestServers.shared.server(.mariaDB), server)
    try await site.installation.original(
      "UPDATE \(RemedySite.original) SET state = REPEAT('x', 300000) WHERE id = 30")
    try await site.expectLeadsOn("provision")
    try await site.installation.extended(
      "CREATE TABLE audit (state longtext) ENGINE=\(cache.engine)",
      "CREATE TRIGGER audit AFTER INSERT ON \(RemedySite.extended) FOR EACH ROW BEGIN"
        + " INSERT INTO audit VALUES (NEW.state); INSERT INTO audit VALUES (NEW.state); END")
    try await server.run("SET GLOBAL \(cache.setting) = 65536")
    let refused = try await site.csmh("copy", "--retry-budget", "5")
    #expect(refused.status == 1 && refused.output.contains("the row 30 alone takes more than"), "\(refused.text)")
    try await FollowedRemedies.follow(.smallerRow, in: refused.output) { outer in
      try await FollowedRemedies.follow(cache.remedy, in: outer.text) {
        try await server.run($0.sql)
        #expect(outer.places[1] == "copy")
        try await site.expectLeadsOn("copy")
      }
    }
    #expect(try await site.installation.dumpExtended() == site.installation.dumpOriginal())
  }

  @Test("a lock table that the server cannot hold: the buffer pool is made larger")
  func bufferPool() async throws {
    let server = try await Self.server()
    let site = try await RemedySite(server)
    try await site.expectLeadsOn("provision")
    // Servers of today keep the locks of so small a table elsewhere: the table says it for them as long as the pool is small.
    try await site.installation.extended(
      """
      CREATE TRIGGER small BEFORE INSERT ON \(RemedySite.extended) FOR EACH ROW IF @@GLOBAL.innodb_buffer_pool_size < 200000000 THEN \
      SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1206, MESSAGE_TEXT = 'plus de verrous'; END IF
      """)
    let refused = try await site.csmh("copy", "--retry-budget", "5")
    #expect(refused.status == 1, "\(refused.text)")
    try await FollowedRemedies.follow(.smallerRow, in: refused.output) { outer in
      #expect(outer.places[0].hasSuffix("kept in it."), "the sentence has no end: \(outer.text)")
      try await FollowedRemedies.follow(.raiseBufferPool, in: outer.text) { _ in
        try await server.run("SET GLOBAL innodb_buffer_pool_size = 268435456")
        try await site.expectLeadsOn("copy")
      }
    }
  }

  @Test("a row larger than the target's max_allowed_packet: the printed statement makes room for it")
  func packet() async throws {
    let server = try await Self.server()
    let site = try await RemedySite(try await TestServers.shared.server(.mariaDB), server)
    try await site.installation.original(
      "UPDATE \(RemedySite.original) SET state = REPEAT('y', 2000000) WHERE id = 33")
    try await server.run("SET GLOBAL max_allowed_packet = 1048576")
    let refused = try await site.csmh("migrate")
    #expect(refused.status == 1 && refused.error.contains("the row 33"), "\(refused.text)")
    try await FollowedRemedies.follow(.raisePacketOfTarget, in: refused.error) {
      try await server.run("SET GLOBAL max_allowed_packet = \($0.places[0])")
      try await site.expectLeadsOn("migrate")
    }
    try await server.run("SET GLOBAL max_allowed_packet = 67108864")
    #expect(try await site.installation.dumpExtended() == site.installation.dumpOriginal())
  }

  @Test("a server that logs statements only: it logs rows")
  func statementsOnly() async throws {
    let server = try await Self.server()
    let site = try await RemedySite(server)
    try await server.run("SET GLOBAL binlog_format = 'STATEMENT'")
    let refused = try await site.csmh("migrate", "--retry-budget", "1")
    #expect(refused.status == 78, "\(refused.text)")
    try await FollowedRemedies.follow(.logRows, in: refused.error) {
      try await server.run($0.sql)
      try await site.expectLeadsOn("migrate")
    }
  }

  @Test("a server whose tables would be rebuilt as compact ones, too narrow for an index: they become dynamic ones")
  func rowFormat() async throws {
    let server = try await Self.server()
    let site = try await RemedySite(server)
    try await site.expectLeadsOn("migrate")
    try await site.installation.extended(
      "INSERT INTO \(RemedySite.extended) (id, student_module_id, created) VALUES (3000000000, 1, '2026-01-01')")
    try await server.run("SET GLOBAL innodb_default_row_format = COMPACT")
    let refused = try await site.csmh("return", "--widen")
    #expect(refused.status == 78, "\(refused.text)")
    try await FollowedRemedies.follow(.takeDynamicRows, in: refused.error) {
      try await server.run($0.sql)
      try await site.expectLeadsOn("return", "--widen")
    }
  }

  @Test("a server that does not run, or is looked for at the wrong place: it is started, or named rightly")
  func unreachable() async throws {
    let server = try await Self.server()
    let site = try await RemedySite(server)
    for wrong in [
      "mysql://root@127.0.0.1:1/\(site.installation.originalDatabase)", "mysql://root@localhost/x?socket=/no",
    ] {
      var arguments = site.installation.arguments
      arguments[1] = wrong
      let refused = try await Command.csmh(["provision"] + arguments)
      #expect(refused.status == 69, "\(refused.text)")
      try await FollowedRemedies.follow(.checkServerRuns, in: refused.error) { _ in
        // The server runs; its host, port or socket were wrong.
        try await site.expectLeadsOn("provision")
      }
    }
    try await server.stop()
    let refused = try await site.csmh("status")
    #expect(refused.status == 69, "\(refused.text)")
    try await FollowedRemedies.follow(.checkServerRuns, in: refused.error) { _ in
      try await server.restart()
      try await site.expectLeadsOn("status")
    }
  }
}

extension TestServer {
  /// The server's process.
  nonisolated func processID() throws -> Int32 {
    let file = directory.appendingPathComponent("server.env")
    let line = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").first { $0.hasPrefix("PID=") }
    guard let pid = line.flatMap({ Int32($0.dropFirst(4)) }) else { throw TestFailure("no PID in \(file.path)") }
    return pid
  }
}
