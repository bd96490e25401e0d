import Foundation
import MariaDBClient
import TestSupport
import Testing

/// What a second connection does about a session: it finds out whether its statement runs, stops it, or ends it, and only where it has
/// proven that it is the same session of the same server.
@Suite(.limitedConcurrency) struct LostSessionTests {
  static let families = TestServer.Family.allCases.filter { TestServer.isAvailable($0) }

  private func configuration(_ proxy: BlackHoleProxy) -> ConnectionConfiguration {
    configuration(UInt16(proxy.port))
  }

  /// Without asking for encryption, which takes a number of its own where it is not offered.
  private func configuration(_ port: UInt16) -> ConnectionConfiguration {
    var configuration = ConnectionConfiguration(endpoint: .tcp(host: "127.0.0.1", port: port), user: "root")
    configuration.tls.mode = .disabled
    return configuration
  }

  @Test(
    "a statement whose answer is swallowed fails as lost, and the next connection ends its session with the locks",
    arguments: families)
  func orphan(family: TestServer.Family) async throws {
    let server = try await TestServers.shared.server(family, 1)
    let installation = try await TestInstallation(source: server, target: server)
    try await installation.original("CREATE TABLE held (id INT PRIMARY KEY, n INT)", "INSERT INTO held VALUES (1, 0)")
    let proxy = try BlackHoleProxy(to: Int(server.port))
    defer { proxy.stop() }
    let connection = try await MariaDBConnection.connect(configuration(proxy))
    try await connection.execute("START TRANSACTION")
    try await connection.execute(StatementText("UPDATE \(installation.originalDatabase).held SET n = 1"))
    proxy.goBlack(at: ["swallowed"], isDelivered: false)
    let healing = Task {
      while proxy.blackSince == nil { try await Task.sleep(for: .milliseconds(20)) }
      proxy.heal()
    }
    let start = ContinuousClock.now
    await #expect {
      try await connection.query("SELECT 1 /* swallowed */")
    } throws: { error in
      (error as? MariaDBError)?.kind == .connectionLost
    }
    try await healing.value
    #expect(ContinuousClock.now - start < .seconds(30))
    let other = try await server.connect(database: installation.originalDatabase)
    try await other.execute("SET SESSION innodb_lock_wait_timeout = 1")
    await #expect(throws: MariaDBError.self, "its server does not know yet that it is lost") {
      try await other.execute("UPDATE held SET n = 2")
    }
    let next = try await MariaDBConnection.connect(configuration(proxy))
    try await other.execute("SET SESSION innodb_lock_wait_timeout = 5")
    try await other.execute("UPDATE held SET n = 2")
    await next.close()
    await other.close()
  }

  @Test("a statement that takes long is waited for", arguments: families)
  func longStatement(family: TestServer.Family) async throws {
    let connection = try await TestServers.shared.server(family, 1).connect()
    #expect(try await connection.query("SELECT SLEEP(11)") == [["0"]])
    await connection.close()
  }

  @Test("a statement of another server's session with the same number is not stopped")
  func balancer() async throws {
    let first = try await TestServers.shared.named("balanced-1", .mariaDB)
    let second = try await TestServers.shared.named("balanced-2", .mariaDB)
    let proxy = try BlackHoleProxy(to: Int(first.port))
    defer { proxy.stop() }
    let reached = try await MariaDBConnection.connect(configuration(second.port)).server.connectionID
    var own = try await MariaDBConnection.connect(configuration(proxy))
    while own.server.connectionID <= reached { own = try await MariaDBConnection.connect(configuration(proxy)) }
    var bystander = try await MariaDBConnection.connect(configuration(second.port))
    while bystander.server.connectionID < own.server.connectionID {
      bystander = try await MariaDBConnection.connect(configuration(second.port))
    }
    try #require(bystander.server.connectionID == own.server.connectionID)
    proxy.turn(to: Int(second.port))
    let (stopped, undisturbed) = (own, bystander)
    let other = Task { try await undisturbed.query("SELECT SLEEP(3)") }
    let task = Task { try await stopped.query("SELECT SLEEP(2)") }
    try await Task.sleep(for: .milliseconds(500))
    task.cancel()
    await #expect {
      try await task.value
    } throws: { error in
      (error as? MariaDBError)?.kind == .cancelled
    }
    #expect(try await other.value == [["0"]], "a statement that is stopped ends early, and says 1")
    await own.close()
    await bystander.close()
  }
}
