import Foundation
import MariaDBClient
import TestSupport
import Testing

/// Error numbers as real servers give them.
@Suite(.limitedConcurrency) struct ServerCodeOnServersTests {
  static let families = TestServer.Family.allCases.filter { TestServer.isAvailable($0) }

  @Test("every number of a server arrives with its meaning, whatever its message says", arguments: families)
  func signalled(family: TestServer.Family) async throws {
    let server = try await TestServers.shared.server(family)
    let database = "signals_\(family.rawValue)"
    try await server.run("DROP DATABASE IF EXISTS \(database)", "CREATE DATABASE \(database)")
    try await server.run(
      "CREATE PROCEDURE refuse(number INT) BEGIN SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = number, MESSAGE_TEXT = 'à votre santé'; END",
      database: database)
    let connection = try await server.connect(database: database)
    let own: ServerInformation.Family = family == .mariaDB ? .mariaDB : .mySQL
    // An error of a connection ends it, and is of no use here.
    for code in ServerCode.all where code.origin != .client && code.kind != .connectionLost && code.kind != .unreachable
    {
      let error = await error { try await connection.execute(StatementText("CALL refuse(\(code.code))")) }
      let expected = ServerCode.find(code.code, own)?.kind ?? .unknown
      // A statement that somebody else killed may be tried again.
      #expect(
        error?.kind == (expected == .cancelled ? .transient : expected), "\(code.name): \(String(describing: error))")
      #expect(error?.code == code.code)
    }
    let unknown = await error { try await connection.execute("CALL refuse(4711)") }
    #expect(unknown?.kind == .unknown)
    #expect(unknown?.peer?.versionText == connection.server.versionText)
    await connection.close()
  }

  /// Statements that a server refuses by itself, with the number that it gives; in a database with the table `t`.
  static let refused: [(sql: String, kind: MariaDBError.Kind)] = [
    ("INSERT INTO t VALUES (1, 'b', 1, 1)", .duplicateKey), ("INSERT INTO t VALUES (2, 'b', 1, 7)", .duplicateKey),
    ("INSERT INTO t VALUES (2, 'abcdef', 1, 1)", .valueRejected),
    ("INSERT INTO t VALUES (2, '😀', 1, 1)", .valueRejected),
    ("INSERT INTO t VALUES (2, 'b', 99999999999, 1)", .valueRejected),
    ("INSERT INTO t VALUES (2, 'b', NULL, 1)", .valueRejected),
    ("INSERT INTO t VALUES (2, 'b', 100, 1)", .constraint), ("INSERT INTO t SELECT 2, 'b', 100, 1", .constraint),
    ("SELECT nothing FROM t", .statement), ("SELECT FROM t", .statement), ("SELECT 1 FROM nowhere", .unknownTable),
    ("USE nowhere", .unknownDatabase),
    ("CREATE TABLE c (a VARCHAR(255) CHARACTER SET utf8mb4, KEY (a)) ENGINE=InnoDB ROW_FORMAT=COMPACT", .rowFormat),
    ("SET SESSION TRANSACTION READ ONLY", .other), ("INSERT INTO t VALUES (3, 'b', 1, 1)", .readOnly),
  ]

  @Test("what servers refuse by themselves is known for what it is", arguments: families)
  func provoked(family: TestServer.Family) async throws {
    let server = try await TestServers.shared.server(family)
    let database = "provoked_\(family.rawValue)"
    try await server.run("DROP DATABASE IF EXISTS \(database)", "CREATE DATABASE \(database)")
    let connection = try await server.connect(database: database)
    try await connection.execute(
      "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(5) CHARACTER SET utf8mb3, n INT NOT NULL, u INT, UNIQUE KEY (u), CHECK (n < 100))"
    )
    try await connection.execute("INSERT INTO t VALUES (1, 'a', 1, 7)")
    for (sql, kind) in Self.refused {
      let error = await error { try await connection.execute(StatementText(sql)) }
      #expect(error?.kind ?? .other == kind, "\(sql): \(String(describing: error))")
    }
    await connection.close()
  }

  @Test("a lock that is not free, a deadlock, and a definition that changes under a snapshot", arguments: families)
  func concurrent(family: TestServer.Family) async throws {
    let server = try await TestServers.shared.server(family)
    let database = "concurrent_\(family.rawValue)"
    try await server.run("DROP DATABASE IF EXISTS \(database)", "CREATE DATABASE \(database)")
    let (one, two) = (try await server.connect(database: database), try await server.connect(database: database))
    try await one.execute("CREATE TABLE t (id INT PRIMARY KEY, n INT)")
    try await one.execute("CREATE TABLE s (id INT PRIMARY KEY)")
    try await one.execute("INSERT INTO t VALUES (1, 1), (2, 2)")
    try await one.execute("START TRANSACTION")
    _ = try await one.query("SELECT * FROM t WHERE id = 1 FOR UPDATE")
    try await two.execute("SET SESSION innodb_lock_wait_timeout = 1")
    let busy = await error { _ = try await two.query("SELECT * FROM t WHERE id = 1 FOR UPDATE NOWAIT") }
    #expect(busy?.kind == .transient, "\(String(describing: busy))")
    try await one.execute("ROLLBACK")

    try await one.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    try await one.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT")
    _ = try await one.query("SELECT * FROM s")
    try await two.execute("ALTER TABLE t ADD COLUMN more INT, ALGORITHM = COPY")
    let changed = await error { _ = try await one.query("SELECT * FROM t") }
    #expect(changed?.code == 1412, "\(String(describing: changed))")
    #expect(changed?.kind == .transient)
    await one.close()
    await two.close()
  }

  private func error(_ body: () async throws -> Void) async -> MariaDBError? {
    do {
      try await body()
      return nil
    } catch {
      return error as? MariaDBError
    }
  }
}
