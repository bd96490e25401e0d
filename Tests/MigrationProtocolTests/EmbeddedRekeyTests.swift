import Foundation
import HistoryStores
import MigrationBase
import MigrationJournal
import MigrationProtocol
import StudentModuleHistory
import TestSupport
import Testing

/// Re-keying on two SQLite files.
@Suite struct EmbeddedRekeyTests {
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)

  private func records(_ count: Int, _ word: String) -> [HistoryRecord] {
    (1...count).map { (number: Int) -> HistoryRecord in
      let time = Int64(number) * 1_234_567 + (word == "native" ? 9_000_000_000 : 0)
      let grade: Double? = number % 3 == 0 ? nil : Double(number) / 7
      return HistoryRecord(
        id: UInt64(number), studentModuleID: UInt64(number % 7 + 1),
        created: HistoryTimestamp(microsecondsSince1970: time), state: "{\"\(word)\": \(number), \"é\": \"😀\"}",
        grade: grade, maxGrade: 1)
    }
  }

  /// 2,000 original rows, and 1,300 native ones with the same ids.
  private func withPair(_ body: (StorePair) async throws -> Void) async throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let pair = StorePair.sqlite(
      original: SQLiteStore(side: .original, path: folder.appendingPathComponent("edxapp.db").path),
      extended: SQLiteStore(side: .extended, path: folder.appendingPathComponent("edxapp_csmh.db").path))
    try await pair.original.provision([
      """
      CREATE TABLE courseware_studentmodulehistory (id integer NOT NULL PRIMARY KEY AUTOINCREMENT, student_module_id integer \
      NOT NULL, version varchar(255) NULL, created datetime NOT NULL, state text NULL, grade real NULL, max_grade real NULL)
      """
    ])
    try await insert(records(2_000, "seed"), pair.original)
    _ = try await Provisioner(lanes: pair).run()
    try await insert(records(1_300, "native"), pair.extended)
    try await body(pair)
  }

  private func insert(_ records: [HistoryRecord], _ store: any HistoryStore) async throws {
    let session = try await store.openSession()
    try await session.insert(records)
    await session.close()
  }

  private func natives(_ pair: StorePair) async throws -> [HistoryRecord] {
    let session = try await pair.extended.openSession()
    let rows = try await session.records("WHERE state LIKE '%native%' ORDER BY id")
    await session.close()
    return rows
  }

  private func rekeyer(_ pair: StorePair, stop: StopSignal = StopSignal()) -> Rekeyer {
    Rekeyer(lanes: pair, options: RekeyOptions(settle: .zero), stop: stop, meter: ProgressMeter(phase: "re-key"))
  }

  @Test("native rows move up in their order, everything is copied then, and nothing is left to do")
  func rekey() async throws {
    try await withPair { pair in
      #expect(try await StartingIDReport(lanes: pair).isSafe == false)
      let before = try await natives(pair)
      let outcome = try #require(try await rekeyer(pair).run { _ in })
      #expect(outcome.isComplete && outcome.isUnchanged && outcome.movedRowCount == 1_300)
      let shift = outcome.record.shift
      #expect(
        try await natives(pair)
          == before.map {
            var record = $0
            record.id += shift
            return record
          })
      let migrated = try await Migration(lanes: pair, headroom: 10_000, options: CopyOptions(), stop: StopSignal())
        .run { _, _ in }
      #expect(migrated.isComplete && migrated.verification?.rowCount == 2_000)
      #expect(try await rekeyer(pair).run { _ in } == nil)
    }
  }

  @Test("undo brings every row back under its old id, and the counter stays")
  func undo() async throws {
    try await withPair { pair in
      let before = try await natives(pair)
      let limit = try #require(try await rekeyer(pair).run { _ in }).record.limit
      let outcome = try #require(try await rekeyer(pair).undo { _ in })
      #expect(outcome.isUnchanged && outcome.blocked.isEmpty && outcome.movedRowCount == 1_300)
      #expect(try await natives(pair) == before)
      #expect(try await StartingIDReport(lanes: pair).extendedNextID >= limit)
      #expect(try await rekeyer(pair).undo { _ in } == nil)
    }
  }

  @Test("a stop before the first row leaves everything for the next run")
  func stopped() async throws {
    try await withPair { pair in
      let before = try await natives(pair)
      let stop = StopSignal()
      let outcome = try #require(
        try await rekeyer(pair, stop: stop).run { if $0 == .move { stop.request() } })
      #expect(outcome.isInterrupted && !outcome.isComplete)
      #expect(try await natives(pair) == before)
      #expect(try #require(try await rekeyer(pair).run { _ in }).isComplete)
    }
  }
}
