import HistoryStores
import MigrationBase
import MigrationJournal
import MigrationProtocol
import StudentModuleHistory
import TestSupport
import Testing

/// The migration on two SQLite files: the embedded default.
@Suite struct EmbeddedMigrationTests {
  func withPair(rows: [HistoryRecord], _ body: (StorePair) async throws -> Void) async throws {
    try await EmbeddedPair.with(rows: rows, body)
  }

  func records(_ count: Int, from first: Int = 1) -> [HistoryRecord] {
    EmbeddedPair.records(count, from: first)
  }

  func migrate(_ pair: StorePair, _ options: CopyOptions = CopyOptions()) async throws -> Migration.Outcome {
    try await Migration(lanes: pair, headroom: 10_000, options: options, stop: StopSignal()).run { _, _ in }
  }

  @Test("every row arrives, once, and a second run finds nothing to do", arguments: CopyOrder.allCases)
  func everyRow(order: CopyOrder) async throws {
    try await withPair(rows: records(5_000)) { pair in
      let first = try await migrate(pair, CopyOptions(order: order))
      #expect(first.isComplete)
      #expect(first.copy?.rowCount == 5_000)
      let second = try await migrate(pair, CopyOptions(order: order))
      #expect(second.isComplete)
      #expect(second.copy?.rowCount == 0)
      #expect(second.plan.hasWork == false)
      let session = try await pair.extended.openSession()
      for id in [1, 777, 5_000] as [UInt64] { #expect(try await session.record(id) == records(1, from: Int(id)).first) }
      await session.close()
    }
  }

  @Test("an empty table and a table of one row are migrated", arguments: [0, 1])
  func small(count: Int) async throws {
    try await withPair(rows: records(count)) { pair in
      let outcome = try await migrate(pair)
      #expect(outcome.isComplete)
      #expect(outcome.verification?.rowCount == UInt64(count))
    }
  }

  @Test("gaps of a billion ids cost no ranges")
  func gaps() async throws {
    let rows = records(10) + records(10, from: 1_000_000_000) + records(10, from: 9_000_000_000_000)
    try await withPair(rows: rows) { pair in
      let outcome = try await migrate(pair)
      #expect(outcome.isComplete)
      #expect(outcome.verification?.rowCount == 30)
      #expect(try #require(outcome.copy).rangeCount <= 3)
    }
  }

  @Test(
    "the last ranges get smaller, but for the very last none below an eighth of the others",
    arguments: CopyOrder.allCases)
  func lastRanges(order: CopyOrder) async throws {
    // However slow the machine is.
    let sizer = RangeSizer(targetDuration: .seconds(60), maximumRowCount: 1_000)
    try await withPair(rows: records(12_000)) { pair in
      #expect(try await migrate(pair, CopyOptions(order: order, sizer: sizer)).isComplete)
      let session = try await pair.extended.openSession()
      let journal = Journal()
      let entries = try await journal.ranges(from: 0, limit: 1_000, states: [.copied], session)
      await session.close()
      var sizes = entries.compactMap(\.digest?.rowCount)
      if order == .newestFirst { sizes.reverse() }
      #expect(sizes.reduce(0, +) == 12_000)
      #expect(sizes.prefix(10).allSatisfy { $0 >= 990 }, "\(sizes)")
      #expect(zip(sizes.suffix(4), [500, 250, 125, 124]).allSatisfy { abs(Int($0) - $1) <= 2 }, "\(sizes)")
    }
  }

  @Test("rows that come later are brought over by the next run")
  func later() async throws {
    try await withPair(rows: records(100)) { pair in
      #expect(try await migrate(pair).isComplete)
      let session = try await pair.original.openSession()
      try await session.insert(records(50, from: 101))
      await session.close()
      let again = try await migrate(pair)
      #expect(again.isComplete)
      #expect(again.copy?.rowCount == 50)
    }
  }

  @Test("a difference is found with its column, and copying again does not hide it")
  func difference() async throws {
    try await withPair(rows: records(100)) { pair in
      #expect(try await migrate(pair).isComplete)
      let session = try await pair.extended.openSession()
      try await session.execute("UPDATE \(session.tableSQL) SET grade = 0.25 WHERE id = 50")
      await session.close()
      let outcome = try await Verifier(lanes: pair, stop: StopSignal(), meter: ProgressMeter(phase: "verify")).run()
      #expect(!outcome.isEqual)
      #expect(outcome.differences.first?.rows.map(\.id) == [50])
      #expect(outcome.differences.first?.rows.first?.columns == ["grade"])
      let copy = try await Copier(
        lanes: pair, options: CopyOptions(), stop: StopSignal(), meter: ProgressMeter(phase: "copy")
      ).run()
      #expect(copy.end == .stoppedByProblems)
      #expect(copy.stopped.first?.rows.first?.id == 50)
    }
  }

  @Test("a journal of a newer version is refused")
  func newerJournal() async throws {
    try await withPair(rows: records(10)) { pair in
      #expect(try await migrate(pair).isComplete)
      let session = try await pair.extended.openSession()
      try await session.execute("UPDATE csmh_migration SET journal_version = 99")
      await session.close()
      await #expect {
        _ = try await migrate(pair)
      } throws: { error in
        if case MigrationError.journalTooNew(version: 99, by: _) = error { true } else { false }
      }
    }
  }

  @Test("without provisioning nothing is copied")
  func notProvisioned() async throws {
    try await withPair(rows: records(10)) { pair in
      try await pair.extended.apply(.createTable, lockWait: 2)
      await #expect {
        _ = try await Copier(
          lanes: pair, options: CopyOptions(), stop: StopSignal(), meter: ProgressMeter(phase: "copy")
        ).run()
      } throws: { error in
        if case MigrationError.notProvisioned = error { true } else { false }
      }
    }
  }

  @Test("a stop leaves the rest for the next run")
  func stop() async throws {
    try await withPair(rows: records(500)) { pair in
      _ = try await Provisioner(lanes: pair).run()
      let stop = StopSignal()
      stop.request()
      let first = try await Copier(lanes: pair, options: CopyOptions(), stop: stop, meter: ProgressMeter(phase: "copy"))
        .run()
      #expect(first.end == .interrupted)
      #expect(try await migrate(pair).isComplete)
    }
  }
}
