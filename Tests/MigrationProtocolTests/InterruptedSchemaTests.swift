import HistoryStores
import MigrationBase
import MigrationJournal
import StudentModuleHistory
import Synchronization
import TestSupport
import Testing

@testable import MigrationProtocol

/// What a run leaves that was interrupted between two changes, and what is waited for as what.
@Suite struct InterruptedSchemaTests {
  private func startingID(_ pair: StorePair) async throws -> UInt64? {
    try await withSession(pair.extended) { try await Journal().migration($0).startingID }
  }

  @Test("a run that was interrupted between the counter and the journal is made up for, unless native rows stand below")
  func raisedCounterOnly() async throws {
    for hasNativeRow in [false, true] {
      try await EmbeddedPair.with(rows: EmbeddedPair.records(5)) { pair in
        _ = try await Provisioner(lanes: pair, headroom: 10).run()
        let first = try #require(try await startingID(pair))
        #expect(first == 16)
        if hasNativeRow {
          try await withSession(pair.extended) { _ = try await $0.insert(EmbeddedPair.records(1, from: 16)) }
        }
        // The original table grows, and only the first change of the next run arrives.
        try await withSession(pair.original) { _ = try await $0.insert(EmbeddedPair.records(1, from: 90)) }
        try await pair.schema(.extended).apply(.raiseCounter(to: 101), lockWait: 1)
        let plan = try await Provisioner(lanes: pair, headroom: 10).run()
        #expect(plan.hasWork != hasNativeRow)
        #expect(try await startingID(pair) == (hasNativeRow ? 16 : 101))
        #expect(try await Provisioner(lanes: pair, headroom: 10).plan().hasWork == false)
      }
    }
  }

  @Test("offset --repair makes up for it too")
  func repaired() async throws {
    try await EmbeddedPair.with(rows: EmbeddedPair.records(5)) { pair in
      _ = try await Provisioner(lanes: pair, headroom: 10).run()
      try await withSession(pair.original) { _ = try await $0.insert(EmbeddedPair.records(1, from: 90)) }
      try await pair.schema(.extended).apply(.raiseCounter(to: 101), lockWait: 1)
      _ = try await Provisioner(lanes: pair, headroom: 10).repair()
      #expect(try await startingID(pair) == 101)
    }
  }

  @Test("a journal of an older csmh that was killed before its first row gets today's columns")
  func rowless() async throws {
    try await EmbeddedPair.with(rows: EmbeddedPair.records(5)) { pair in
      _ = try await Provisioner(lanes: pair, headroom: 10).run()
      try await withSession(pair.extended) { session in
        for sql in [
          "DELETE FROM csmh_migration", "ALTER TABLE csmh_range DROP COLUMN token",
          "ALTER TABLE csmh_event DROP COLUMN token",
        ] { try await session.execute(sql) }
      }
      _ = try await Provisioner(lanes: pair, headroom: 10).run()
      let outcome = try await Migration(
        lanes: pair, headroom: 10, options: CopyOptions(), stop: StopSignal()
      ).run { _, _ in }
      #expect(outcome.isComplete)
    }
  }

  @Test(
    "a journal of an older way back that is begun anew gets today's columns, and another's that was begun meanwhile stays"
  )
  func begunAnew() async throws {
    try await EmbeddedPair.with(rows: EmbeddedPair.records(5)) { pair in
      let schema = pair.schema(.original)
      let beginning = JournalBeginning(
        identity: "old", version: 3, csmhVersion: "0", phase: "provisioned", originalTable: "a", extendedTable: "b",
        startingID: 1)
      for change in [SchemaChange.createJournal, .beginJournal(beginning)] {
        try await schema.apply(change, lockWait: 1)
      }
      try await schema.apply(.emptyJournal(of: "another"), lockWait: 1)
      try await withSession(pair.original) {
        let identities = try await $0.rows("SELECT identity FROM csmh_migration")
        #expect(identities == [[.text("old")]])
        _ = try await $0.execute("ALTER TABLE csmh_range DROP COLUMN token")
      }
      _ = try await Provisioner(lanes: pair, headroom: 10).run()
      _ = try await Migration(lanes: pair, headroom: 10, options: CopyOptions(), stop: StopSignal()).run { _, _ in }
      try await withSession(pair.extended) {
        _ = try await $0.execute(
          "UPDATE csmh_range SET state = 'drained', drained_count = row_count, drained_digest = digest,"
            + " drained_at = '2999-01-01 00:00:00.000000'")
      }
      let preparation = ReturnPreparation(lanes: pair, stop: StopSignal())
      let plan = try await preparation.run()
      #expect(plan.steps.contains { $0.note.hasPrefix("begun anew") })
      try await withSession(pair.original) {
        let columns = try await $0.presentColumns(of: .range)
        #expect(columns.contains("token"))
        let versions = try await $0.rows("SELECT journal_version FROM csmh_migration")
        #expect(versions == [[.integer(Int64(Journal.version))]])
      }
    }
  }

  /// Fails each change in the same way.
  private struct Refusing: SchemaChanges {
    let error: HistoryStoreError
    let side = HistorySide.extended
    let location = "here"
    let hasAccounts = false

    func inventory() async throws -> StoreInventory { throw error }

    func djangoMigrations(of application: String) async throws -> [String]? { nil }

    func sql(of change: SchemaChange, table: String) -> [String] { [] }

    func apply(_ change: SchemaChange, lockWait: Int) async throws { throw error }
  }

  @Test("a server that takes no writes is no table in use: it is told at once")
  func readOnly() async throws {
    let told = Mutex(0)
    let runner = SchemaRunner(stop: StopSignal()) { _ in told.withLock { $0 += 1 } }
    let readOnly = Refusing(error: HistoryStoreError(.transient, "takes no writes now"))
    await #expect(throws: HistoryStoreError.self) { try await runner.make([.createDatabase], readOnly) }
    #expect(told.withLock { $0 } == 0)
  }

  @Test("a stop that was asked for comes before the next change")
  func stopped() async throws {
    let stop = StopSignal()
    stop.request()
    let never = Refusing(error: HistoryStoreError(.other, "it was tried"))
    await #expect(throws: StoppedError.self) { try await SchemaRunner(stop: stop).make([.createDatabase], never) }
  }
}
