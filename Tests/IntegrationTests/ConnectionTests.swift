import Foundation
import MariaDBClient
import Synchronization
import TestSupport
import Testing

/// The client on real servers.
@Suite(.limitedConcurrency) struct ConnectionTests {
  static let families = TestServer.Family.allCases.filter { TestServer.isAvailable($0) }

  @Test("a cancelled statement ends on the server, and the connection can be used again", arguments: families)
  func cancellation(family: TestServer.Family) async throws {
    let server = try await TestServers.shared.server(family)
    let connection = try await server.connect()
    let start = ContinuousClock.now
    let task = Task { try await connection.query("SELECT SLEEP(60) /* cancelled by a test */") }
    try await Task.sleep(for: .milliseconds(500))
    task.cancel()
    await #expect {
      _ = try await task.value
    } throws: { error in
      (error as? MariaDBError)?.kind == .cancelled
    }
    #expect(ContinuousClock.now - start < .seconds(10))
    #expect(try await connection.query("SELECT 7") == [["7"]])
    let id = connection.server.connectionID
    let running = try await server.query(
      "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE ID = \(id) AND INFO LIKE '%SLEEP(60)%'")
    #expect(running == [["0"]])
    await connection.close()
  }

  @Test("many connections block at once without holding up the others", arguments: families)
  func blocking(family: TestServer.Family) async throws {
    let server = try await TestServers.shared.server(family)
    let start = ContinuousClock.now
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<20 {
        group.addTask {
          let connection = try await server.connect()
          _ = try await connection.query("SELECT SLEEP(1)")
          await connection.close()
        }
      }
      try await group.waitForAll()
    }
    #expect(ContinuousClock.now - start < .seconds(18), "twenty sleeps of a second ran one after the other")
  }

  @Test(
    "rows are streamed in batches, and a stream that is left early leaves the connection usable", arguments: families)
  func streaming(family: TestServer.Family) async throws {
    let server = try await TestServers.shared.server(family)
    let connection = try await server.connect()
    let digits =
      "(SELECT 0 AS d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)"
    let many = StatementText(
      "SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d, REPEAT('x', 1000) FROM \(digits) a, \(digits) b, \(digits) c, \(digits) e"
    )
    try await connection.startStreaming(many)
    let counter = Counter()
    var batches = 0
    var hasMore = true
    while hasMore {
      hasMore = try await connection.fetch { row throws(MariaDBError) in counter.add(row[1]?.count ?? 0) % 100 != 0 }
      batches += 1
    }
    #expect(counter.count == 10_000)
    #expect(counter.bytes == 10_000_000)
    #expect(batches > 90)
    try await connection.startStreaming(many)
    _ = try await connection.fetch { _ throws(MariaDBError) in false }
    await connection.stopStreaming()
    #expect(try await connection.query("SELECT 'still here'") == [["still here"]])
    await connection.close()
  }

  @Test("a lost connection is told as such", arguments: families)
  func lost(family: TestServer.Family) async throws {
    let server = try await TestServers.shared.server(family)
    let connection = try await server.connect()
    try await server.run("KILL \(connection.server.connectionID)")
    await #expect {
      _ = try await connection.query("SELECT 1")
    } throws: { error in
      (error as? MariaDBError)?.kind == .connectionLost && (error as? MariaDBError)?.isTransient == true
    }
    #expect(await connection.isOpen == false)
  }

  @Test(
    "connections that are lost, cancelled or closed leave nothing behind for those that come after them",
    arguments: families)
  func successors(family: TestServer.Family) async throws {
    let server = try await TestServers.shared.server(family)
    for round in 0..<30 {
      let connection = try await server.connect()
      #expect(try await connection.query(StatementText("SELECT \(round)")) == [["\(round)"]])
      switch round % 3 {
      case 0:
        try await server.run("KILL \(connection.server.connectionID)")
        await #expect(throws: MariaDBError.self) { try await connection.query("SELECT 1") }
      case 1:
        let sleeping = Task { try await connection.query("SELECT SLEEP(60)") }
        try await Task.sleep(for: .milliseconds(20))
        sleeping.cancel()
        await #expect(throws: MariaDBError.self) { try await sleeping.value }
      default: await connection.close()
      }
    }
  }

  @Test("a statement that somebody else kills may be tried again")
  func killed() async throws {
    let server = try await TestServers.shared.server(.mariaDB)
    let connection = try await server.connect(database: "mysql")
    let task = Task { try await connection.query("SELECT SUM(LENGTH(SHA2(seq, 512))) FROM seq_1_to_1000000000") }
    try await Task.sleep(for: .milliseconds(500))
    try await server.run("KILL QUERY \(connection.server.connectionID)")
    await #expect {
      _ = try await task.value
    } throws: { error in
      (error as? MariaDBError)?.kind == .transient
    }
    await connection.close()
  }

  @Test(
    "a password with caching_sha2_password, over TLS and without", .enabled(if: TestServer.isAvailable(.mySQL)),
    arguments: [ConnectionConfiguration.TLS.Mode.disabled, .preferred, .required])
  func cachingSHA2(mode: ConnectionConfiguration.TLS.Mode) async throws {
    let server = try await TestServers.shared.server(.mySQL)
    let user = "sha2_\(mode.rawValue)"
    try await server.run(
      "DROP USER IF EXISTS '\(user)'@'%'",
      "CREATE USER '\(user)'@'%' IDENTIFIED WITH caching_sha2_password BY 'pass wörd'")
    var configuration = ConnectionConfiguration(
      endpoint: .tcp(host: "127.0.0.1", port: server.port), user: user, password: Password("pass wörd"))
    configuration.tls.mode = mode
    let connection = try await MariaDBConnection.connect(configuration)
    #expect((connection.server.tlsCipher != nil) == (mode != .disabled))
    await connection.close()
    configuration.password = Password("wrong")
    await #expect {
      _ = try await MariaDBConnection.connect(configuration)
    } throws: { error in
      (error as? MariaDBError)?.kind == .authentication
    }
  }

  @Test("user and password come from an option file")
  func optionFile() async throws {
    let server = try await TestServers.shared.server(.mariaDB)
    try await server.run("CREATE OR REPLACE USER 'from_file'@'%' IDENTIFIED BY 'filed'")
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("csmh-\(UUID().uuidString).cnf")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data("[csmh]\nuser=from_file\npassword=filed\n".utf8).write(to: file)
    var configuration = ConnectionConfiguration(endpoint: .tcp(host: "127.0.0.1", port: server.port))
    configuration.optionFile = file.path
    let connection = try await MariaDBConnection.connect(configuration)
    #expect(try await connection.query("SELECT SUBSTRING_INDEX(CURRENT_USER(), '@', 1)") == [["from_file"]])
    await connection.close()
  }

  @Test("a connection by socket")
  func socket() async throws {
    let server = try await TestServers.shared.server(.mariaDB)
    let path = try await server.query("SELECT @@socket")[0][0]!
    let connection = try await MariaDBConnection.connect(
      ConnectionConfiguration(endpoint: .socket(path: path), user: "root"))
    #expect(connection.server.family == .mariaDB)
    await connection.close()
  }
}

/// Counts rows on the connection's thread.
private final class Counter: Sendable {
  private let state = Mutex((count: 0, bytes: 0))

  func add(_ bytes: Int) -> Int {
    state.withLock {
      $0.count += 1
      $0.bytes += bytes
      return $0.count
    }
  }

  var count: Int { state.withLock { $0.count } }
  var bytes: Int { state.withLock { $0.bytes } }
}
