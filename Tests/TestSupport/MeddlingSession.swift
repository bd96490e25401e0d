public import StudentModuleHistory

/// A session to whose table something happens between two statements.
public struct MeddlingSession: HistorySession {
  private let session: any HistorySession
  private let afterHashes: @Sendable () async throws -> Void
  private let afterIDs: @Sendable () async throws -> Void

  /// - Parameters:
  ///   - afterHashes: happens after the hashes of a range were read.
  ///   - afterIDs: happens after ids were read.
  public init(
    _ session: any HistorySession, afterHashes: @escaping @Sendable () async throws -> Void = {},
    afterIDs: @escaping @Sendable () async throws -> Void = {}
  ) {
    self.session = session
    self.afterHashes = afterHashes
    self.afterIDs = afterIDs
  }

  public func rowHashes(in range: IDRange, limit: Int) async throws -> [(id: UInt64, hash: RowHash)] {
    let hashes = try await session.rowHashes(in: range, limit: limit)
    try await afterHashes()
    return hashes
  }

  public func ids(_ selection: RowSelection) async throws -> [UInt64] {
    let ids = try await session.ids(selection)
    try await afterIDs()
    return ids
  }

  public var side: HistorySide { session.side }
  public func withTableLocked<Value: Sendable>(
    _ lock: TableLock, lockWait: Int, _ body: () async throws -> Value
  ) async throws -> Value {
    try await session.withTableLocked(lock, lockWait: lockWait, body)
  }
  public func refuseChangedTable() async throws { try await session.refuseChangedTable() }
  public func truncate() async throws { try await session.truncate() }
  public func raiseCounter(to nextID: UInt64, lockWait: Int?) async throws {
    try await session.raiseCounter(to: nextID, lockWait: lockWait)
  }
  public func reclaimDisk() async throws { try await session.reclaimDisk() }
  public func openTransactions() async throws -> [OpenTransaction] { try await session.openTransactions() }
  public func summary(isFresh: Bool) async throws -> TableSummary { try await session.summary(isFresh: isFresh) }
  public func limitLockWait(to seconds: Int) async throws { try await session.limitLockWait(to: seconds) }
  public func upperBound(from start: UInt64, through limit: UInt64, rowCount: Int) async throws -> UInt64 {
    try await session.upperBound(from: start, through: limit, rowCount: rowCount)
  }
  public func lowerBound(from start: UInt64, downThrough limit: UInt64, rowCount: Int) async throws -> UInt64 {
    try await session.lowerBound(from: start, downThrough: limit, rowCount: rowCount)
  }
  public func digest(
    of range: IDRange, locking: Bool, measuring: Bool
  ) async throws -> (digest: RangeDigest, byteCount: UInt64) {
    try await session.digest(of: range, locking: locking, measuring: measuring)
  }
  public func rowHashes(
    ids: [UInt64], shiftedBy shift: IDShift, locking lock: RowLock
  ) async throws -> [(id: UInt64, hash: RowHash)] {
    try await session.rowHashes(ids: ids, shiftedBy: shift, locking: lock)
  }
  public func insert(_ records: [HistoryRecord]) async throws { try await session.insert(records) }
  public func insert(_ record: HistoryRecord) async throws -> UInt64 { try await session.insert(record) }
  public func records(_ selection: RowSelection) async throws -> [HistoryRecord] {
    try await session.records(selection)
  }
  public func recordsIfReadable(ids: [UInt64]) async throws -> [UInt64: HistoryRecord?] {
    try await session.recordsIfReadable(ids: ids)
  }
  public func outlines(_ selection: RowSelection, below boundary: UInt64) async throws -> [OutlinedRecord] {
    try await session.outlines(selection, below: boundary)
  }
  public func rowCount(_ selection: RowSelection) async throws -> UInt64 { try await session.rowCount(selection) }
  public func rowCounts(in ranges: [IDRange]) async throws -> [UInt64] { try await session.rowCounts(in: ranges) }
  public func keys(_ selection: RowSelection) async throws -> [RowKey] { try await session.keys(selection) }
  public func ages(_ selection: RowSelection) async throws -> [(id: UInt64, seconds: Double?)] {
    try await session.ages(selection)
  }
  public func sizes(_ selection: RowSelection) async throws -> [RowSize] { try await session.sizes(selection) }
  public func update(_ record: HistoryRecord) async throws -> Bool { try await session.update(record) }
  public func delete(_ selection: RowSelection) async throws -> Int { try await session.delete(selection) }
  public func move(ids: [UInt64], by shift: IDShift) async throws -> Int { try await session.move(ids: ids, by: shift) }
  public func begin() async throws { try await session.begin() }
  public func commit() async throws { try await session.commit() }
  public func rollback() async { await session.rollback() }
  public func close() async { await session.close() }

  // MARK: The journal

  public func select(_ columns: [JournalColumn], _ query: JournalQuery) async throws -> [[SQLValue]] {
    try await session.select(columns, query)
  }
  public func count(_ query: JournalQuery) async throws -> UInt64 { try await session.count(query) }
  public func update(
    _ table: JournalTable, set changes: [JournalChange], where conditions: [JournalCondition]
  ) async throws -> Int {
    try await session.update(table, set: changes, where: conditions)
  }
  public func insert(
    into table: JournalTable, _ values: [JournalChange], unless conditions: [JournalCondition]
  ) async throws {
    try await session.insert(into: table, values, unless: conditions)
  }
  public func rangeSums() async throws -> [RangeSums] { try await session.rangeSums() }
  public func rowsCopied(inLast seconds: Int) async throws -> (rowCount: Double, seconds: Double)? {
    try await session.rowsCopied(inLast: seconds)
  }
  public func now() async throws -> String { try await session.now() }
  public func seconds(from first: String, to last: String) async throws -> Double? {
    try await session.seconds(from: first, to: last)
  }
  public func presentColumns(of table: JournalTable) async throws -> Set<String> {
    try await session.presentColumns(of: table)
  }
  public func hold(_ name: String, wait: Int) async throws -> Bool { try await session.hold(name, wait: wait) }
  public func isHeld(_ name: String) async throws -> Bool? { try await session.isHeld(name) }
}
