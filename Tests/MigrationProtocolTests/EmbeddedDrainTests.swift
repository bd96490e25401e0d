import HistoryStores
import MigrationBase
import MigrationJournal
import MigrationProtocol
import StudentModuleHistory
import TestSupport
import Testing

/// Emptying the original file, and the way back, on two SQLite files.
@Suite struct EmbeddedDrainTests {
  private static let bothFlags = HistoryFlags(extendedEnabled: true, readOnlyFromExtended: true)

  private func rows(_ store: any HistoryStore) async throws -> [HistoryRecord] {
    let session = try await store.openSession()
    let rows = try await session.records("WHERE id >= 0 ORDER BY id")
    await session.close()
    return rows
  }

  private func migrated(_ pair: StorePair) async throws {
    let outcome = try await Migration(
      lanes: pair, headroom: 10_000, options: CopyOptions(), catchesUp: true, stop: StopSignal()
    ).run { _, _ in }
    #expect(outcome.isComplete)
    let session = try await pair.extended.openSession()
    try await session.insert(
      EmbeddedPair.records(1, from: 1).map { record in
        var native = record
        native.id = 0
        native.state = "native"
        return native
      })
    await session.close()
  }

  private func drain(_ pair: StorePair, truncating: Bool) async throws -> DrainOutcome {
    let drain = Drain(
      lanes: pair, options: DrainOptions(reclaimsDisk: true), stop: StopSignal(), meter: ProgressMeter(phase: "drain"))
    return truncating ? try await drain.truncate(flags: Self.bothFlags) : try await drain.run(flags: Self.bothFlags)
  }

  @Test(
    "everything is removed from the original file, nothing from the extended one, and the way back brings the union",
    arguments: [false, true])
  func drainAndReturn(truncating: Bool) async throws {
    let records = EmbeddedPair.records(3_000)
    try await EmbeddedPair.with(rows: records) { pair in
      try await migrated(pair)
      let union = try await rows(pair.extended)
      #expect(union.count == 3_001)
      let drained = try await drain(pair, truncating: truncating)
      #expect(drained.isComplete && drained.removedRowCount == 3_000 && drained.nextID == 3_001, "\(drained.sentence)")
      #expect(try await rows(pair.original).isEmpty)
      #expect(try await rows(pair.extended) == union)
      let preparation = ReturnPreparation(lanes: pair)
      let back = try await Migration(
        returning: preparation, options: CopyOptions(), catchesUp: true
      ).run { _, _ in }
      #expect(back.isComplete, "\(back.catchUp?.sentence ?? "-")")
      try await preparation.conclude()
      #expect(try await rows(pair.original) == union)
    }
  }

  @Test("a row that was changed since it compared equal keeps its range", arguments: [false, true])
  func changed(truncating: Bool) async throws {
    try await EmbeddedPair.with(rows: EmbeddedPair.records(500)) { pair in
      try await migrated(pair)
      let session = try await pair.extended.openSession()
      try await session.execute("UPDATE \(session.tableSQL) SET state = 'changed' WHERE id = 7")
      await session.close()
      if truncating {
        await #expect(throws: MigrationError.self) { try await drain(pair, truncating: true) }
      } else {
        let drained = try await drain(pair, truncating: false)
        #expect(!drained.isComplete && drained.problemCount == 1)
      }
      #expect(try await rows(pair.original) == EmbeddedPair.records(500))
    }
  }
}
