import StudentModuleHistory
import Testing

@testable import HistoryMigration
@testable import HistoryStores

/// How a range is compared while its rows change.
@Suite struct RangeComparisonTests {
  /// Compares the one range of 50 rows after `damage` was done to the copies; `meddling` happens after the hashes of the copies were
  /// read, and before the rows are.
  private func difference(
    damage: [String], meddling: [String] = []
  ) async throws -> RangeDifference? {
    try await EmbeddedPair.with(rows: EmbeddedPair.records(50)) { pair in
      _ = try await Migration(pair: pair, headroom: 10_000, options: CopyOptions(), stop: StopSignal()).run { _, _ in }
      let lane = try await pair.openLane()
      let entry = try #require(try await Journal(dialect: .sqlite).ranges(from: 0, limit: 1, lane.extended).first)
      for sql in damage { try await lane.extended.execute(sql) }
      let extended = MeddlingSession(session: lane.extended) {
        for sql in meddling { try await lane.extended.execute(sql) }
      }
      let watched = StorePair.Lane(
        original: lane.original, extended: extended, transfer: lane.transfer, route: lane.route, usefulLaneCount: 1)
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

/// A session to which something happens after hashes were read.
private struct MeddlingSession: HistorySession {
  let session: any HistorySession
  let meddle: @Sendable () async throws -> Void

  func rowHashes(in range: IDRange, limit: Int) async throws -> [(id: UInt64, hash: RowHash)] {
    let hashes = try await session.rowHashes(in: range, limit: limit)
    try await meddle()
    return hashes
  }

  var side: HistorySide { session.side }
  var dialect: SQLDialect { session.dialect }
  var tableSQL: String { session.tableSQL }
  var stateByteCountSQL: String { session.stateByteCountSQL }
  func withTableLocked<Value: Sendable>(
    _ lock: TableLock, lockWait: Int, _ body: () async throws -> Value
  ) async throws -> Value {
    try await session.withTableLocked(lock, lockWait: lockWait, body)
  }
  func refuseChangedTable() async throws { try await session.refuseChangedTable() }
  func truncate() async throws { try await session.truncate() }
  func raiseCounter(to nextID: UInt64) async throws { try await session.raiseCounter(to: nextID) }
  func reclaimDisk() async throws { try await session.reclaimDisk() }
  func openTransactions() async throws -> [OpenTransaction] { try await session.openTransactions() }
  func summary() async throws -> TableSummary { try await session.summary() }
  func upperBound(from start: UInt64, through limit: UInt64, rowCount: Int) async throws -> UInt64 {
    try await session.upperBound(from: start, through: limit, rowCount: rowCount)
  }
  func lowerBound(from start: UInt64, downThrough limit: UInt64, rowCount: Int) async throws -> UInt64 {
    try await session.lowerBound(from: start, downThrough: limit, rowCount: rowCount)
  }
  func digest(
    of range: IDRange, locking: Bool, measuring: Bool
  ) async throws -> (digest: RangeDigest, byteCount: UInt64) {
    try await session.digest(of: range, locking: locking, measuring: measuring)
  }
  func rowHashes(
    ids: [UInt64], shiftedBy shift: IDShift, locking lock: RowLock
  ) async throws -> [(id: UInt64, hash: RowHash)] {
    try await session.rowHashes(ids: ids, shiftedBy: shift, locking: lock)
  }
  func insert(_ records: [HistoryRecord]) async throws { try await session.insert(records) }
  func insert(_ record: HistoryRecord) async throws -> UInt64 { try await session.insert(record) }
  func records(_ clause: String) async throws -> [HistoryRecord] { try await session.records(clause) }
  func outlines(_ clause: String, below boundary: UInt64) async throws -> [OutlinedRecord] {
    try await session.outlines(clause, below: boundary)
  }
  func ids(_ clause: String) async throws -> [UInt64] { try await session.ids(clause) }
  func execute(_ sql: String, _ values: [SQLValue]) async throws -> Int { try await session.execute(sql, values) }
  func rows(_ sql: String, _ values: [SQLValue]) async throws -> [[SQLValue]] { try await session.rows(sql, values) }
  func begin() async throws { try await session.begin() }
  func commit() async throws { try await session.commit() }
  func rollback() async { await session.rollback() }
  func close() async { await session.close() }
}
