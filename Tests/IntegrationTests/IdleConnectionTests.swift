import HistoryStores
import StudentModuleHistory
import TestSupport
import Testing

/// Connections that the server closed while nobody used them.
@Suite(.limitedConcurrency) struct IdleConnectionTests {
  @Test(
    "a save goes out on a new connection where the server closed the idle one, whether a moment ago or long since",
    arguments: TestServer.Family.allCases.filter { TestServer.isAvailable($0) })
  func save(family: TestServer.Family) async throws {
    let installation = try await TestInstallation(.init(source: family, target: family, isOneServer: true))
    for sql in Tables.today.sql { try await installation.original(sql) }
    let pool = SessionPool(installation.pair.original, limit: 3)
    // All of them, as a time limit of the server closes them.
    let connections = try await pool.openAll(3)
    for connection in connections { try await installation.source.run("KILL \(connection)") }
    for number in 1...3 {
      let id = try await pool.withSession(isRepeatable: false) { session in
        try await session.insert(
          HistoryRecord(
            id: 0, studentModuleID: UInt64(number), created: HistoryTimestamp(microsecondsSince1970: 0), state: "{}"))
      }
      #expect(id == UInt64(number))
    }
    await pool.close()
  }

  @Test("a save whose answer was lost is not sent again")
  func lostAnswer() async throws {
    let installation = try await TestInstallation(.betweenMariaDBs)
    for sql in Tables.today.sql { try await installation.original(sql) }
    let pool = SessionPool(installation.pair.original, limit: 2)
    let attempts = Attempts()
    await #expect(throws: HistoryStoreError.self) {
      try await pool.withSession(isRepeatable: false) { session in
        await attempts.add()
        let connection = try await session.rows("SELECT CONNECTION_ID()")[0][0].unsignedValue ?? 0
        try await installation.source.run("KILL \(connection)")
        _ = try await session.insert(
          HistoryRecord(
            id: 0, studentModuleID: 1, created: HistoryTimestamp(microsecondsSince1970: 0), state: "{}"))
      }
    }
    #expect(await attempts.count == 1)
    await pool.close()
  }
}

private actor Attempts {
  private(set) var count = 0
  func add() { count += 1 }
}

extension SessionPool {
  /// Opens so many connections at the same time and gives them back; returns what the server calls them.
  fileprivate func openAll(_ count: Int) async throws -> [UInt64] {
    guard count > 0 else { return [] }
    return try await withSession(isRepeatable: false) { session in
      let own = try await session.rows("SELECT CONNECTION_ID()")[0][0].unsignedValue ?? 0
      return [own] + (try await openAll(count - 1))
    }
  }
}
