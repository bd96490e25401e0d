import HistoryStores
import MariaDBClient
import MigrationBase
import MigrationProtocol
import StudentModuleHistory
import TestSupport
import Testing

/// Changes of tables that are in use, that were made already, or that were interrupted.
@Suite(.limitedConcurrency) struct SchemaChangeTests {
  private static let extended = TestInstallation.extendedTable
  private static let families = TestInstallation.Place.every.filter { $0.source == $0.target && $0.isOneServer }

  /// 50 rows, provisioned; since then the original table has grown, so that the counter has to be raised.
  private func outgrown(_ place: TestInstallation.Place) async throws -> TestInstallation {
    let installation = try await TestInstallation(place)
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(Tables.plainRows(50))
    _ = try await Provisioner(lanes: installation.pair, headroom: 10).run()
    try await installation.original("ALTER TABLE courseware_studentmodulehistory AUTO_INCREMENT = 5000")
    return installation
  }

  /// Somebody who has read the extended table in a transaction, and does not end it.
  private func reader(_ installation: TestInstallation) async throws -> MariaDBConnection {
    let reader = try await installation.target.connect(database: installation.extendedDatabase)
    try await reader.execute("START TRANSACTION")
    _ = try await reader.query(StatementText("SELECT COUNT(*) FROM \(Self.extended)"))
    return reader
  }

  @Test("provision outlasts a long transaction, learners write meanwhile, and it is made when the table is free")
  func outlasts() async throws {
    let installation = try await outgrown(.betweenMariaDBs)
    let reader = try await reader(installation)
    let (told, tell) = AsyncStream.makeStream(of: String.self)
    let (longest, _) = try await concurrently {
      var longest = Duration.zero
      // One try after the other has queued writers behind it by then.
      for _ in 0..<40 {
        let start = ContinuousClock.now
        try await installation.extended(
          "SET SESSION lock_wait_timeout = 30",
          "INSERT INTO \(Self.extended) (student_module_id, created, state) VALUES (1, '2026-01-01', 'native')")
        longest = max(longest, ContinuousClock.now - start)
        try await Task.sleep(for: .milliseconds(200))
      }
      try await reader.execute("ROLLBACK")
      await reader.close()
      return longest
    } _: {
      let plan = try await Provisioner(lanes: installation.pair, headroom: 10) { tell.yield($0) }.run()
      tell.finish()
      #expect(plan.hasWork)
    }
    #expect(longest > .milliseconds(500) && longest < .seconds(8), "\(longest)")
    var messages: [String] = []
    for await message in told { messages.append(message) }
    #expect(messages.count == 1, "\(messages)")
    let next = try await withSession(installation) { try await $0.summary().nextID }
    #expect(next >= 5_010)
  }

  @Test("a stop ends the waiting for a table in use, and nothing has changed")
  func stops() async throws {
    let installation = try await outgrown(.betweenMariaDBs)
    let reader = try await reader(installation)
    let stop = StopSignal()
    let lanes = installation.pair
    await #expect(throws: StoppedError.self) {
      _ = try await Provisioner(lanes: lanes, headroom: 10, stop: stop) { _ in stop.request() }.run()
    }
    await reader.close()
    #expect(try await withSession(installation) { try await $0.summary().nextID } < 5_000)
  }

  @Test("a change that stands is not made again, and a counter is not lowered", arguments: families)
  func again(place: TestInstallation.Place) async throws {
    let installation = try await outgrown(place)
    let schema = installation.pair.schema(.extended)
    let beginning = JournalBeginning(
      identity: "another", version: 1, csmhVersion: "0", phase: "provisioned", originalTable: "a", extendedTable: "b",
      startingID: 1)
    let before = try await installation.extendedRows("SELECT identity, starting_id FROM csmh_migration")
    for change in [
      SchemaChange.createDatabase, .createTable, .createJournal, .beginJournal(beginning), .raiseStartingID(to: 1),
      .addJournalColumn(.range, .token), .addJournalColumn(.migration, .fenceID), .widenIDs, .raiseCounter(to: 9_000),
      .raiseCounter(to: 6_000),
    ] { try await schema.apply(change, lockWait: 2) }
    #expect(try await installation.extendedRows("SELECT identity, starting_id FROM csmh_migration") == before)
    #expect(try await withSession(installation) { try await $0.summary().nextID } == 9_000)
  }

  @Test("a table under a name of its own gets its counter too")
  func ownName() async throws {
    let installation = try await TestInstallation(.betweenMariaDBs)
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(Tables.plainRows(3))
    let result = try await installation.csmh("provision", "--extended-table", "history_of_ours", "--headroom", "7")
    #expect(result.status == 0, "\(result.output)\(result.error)")
    #expect(result.output.contains("extended table history_of_ours: created"))
    #expect(
      try await installation.extendedRows("SHOW CREATE TABLE history_of_ours")[0][1]!.contains("AUTO_INCREMENT=11"))
  }

  private func withSession<Value>(
    _ installation: TestInstallation, _ body: (any HistorySession) async throws -> Value
  ) async throws -> Value {
    let session = try await installation.pair.extended.openSession()
    let value = try await body(session)
    await session.close()
    return value
  }
}
