import StudentModuleHistory
import TestSupport
import Testing

@testable import HistoryStores
@testable import MigrationBase
@testable import MigrationJournal
@testable import MigrationProtocol

/// How a range is compared while its rows change.
@Suite struct RangeComparisonTests {
  /// Compares the one range of 50 rows after `damage` was done to the copies; `meddling` happens after the hashes of the copies were
  /// read, and before the rows are.
  private func difference(
    damage: [String], meddling: [String] = []
  ) async throws -> RangeDifference? {
    try await EmbeddedPair.with(rows: EmbeddedPair.records(50)) { pair in
      _ = try await Migration(lanes: pair, headroom: 10_000, options: CopyOptions(), stop: StopSignal()).run { _, _ in }
      let lane = try await pair.openLane()
      let entry = try #require(try await Journal().ranges(from: 0, limit: 1, lane.target).first)
      for sql in damage { try await lane.target.execute(sql) }
      let extended = MeddlingSession(
        lane.target, afterHashes: { for sql in meddling { try await lane.target.execute(sql) } })
      let watched = Lane(
        source: lane.source, target: extended, transfer: lane.transfer, route: lane.route, usefulLaneCount: 1)
      let difference = try await RangeComparison(startingID: 10_000, looks: 1).compare(entry, watched).difference
      await lane.close()
      return difference
    }
  }

  private static let table = "coursewarehistoryextended_studentmodulehistoryextended"
  private static let change = "UPDATE \(table) SET max_grade = 2 WHERE id = 7"
  private static let mend = "UPDATE \(table) SET max_grade = 1 WHERE id = 7"
  private static let removal = "DELETE FROM \(table) WHERE id = 9"

  @Test("a row that has become equal since the hashes were read is not listed as differing")
  func vanished() async throws {
    let both = try #require(try await difference(damage: [Self.change, Self.removal]))
    #expect(both.rows.map(\.id) == [7, 9] && both.rowCount == 2)
    #expect(both.rows.map(\.columns) == [["max_grade"], []])
    #expect(both.rows.map(\.cause) == [.changedCopy, .removedCopy])
    let one = try #require(try await difference(damage: [Self.change, Self.removal], meddling: [Self.mend]))
    #expect(one.rows.map(\.id) == [9] && one.rowCount == 1)
  }

  @Test("a range all of whose differences have vanished does not differ")
  func allVanished() async throws {
    #expect(try await difference(damage: [Self.change], meddling: [Self.mend]) == nil)
  }

  @Test("a row that is gone from the extended table since its hash was read is told as missing, not as differing")
  func gone() async throws {
    let gone = try #require(
      try await difference(damage: [Self.change], meddling: ["DELETE FROM \(Self.table) WHERE id = 7"]))
    #expect(gone.rows.map(\.kind) == [.missing])
  }
}
