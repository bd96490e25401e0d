package import StudentModuleHistory

/// A session to whose table something happens between two statements.
package struct MeddlingSession: HistorySession {
  private let session: any HistorySession
  private let afterHashes: @Sendable () async throws -> Void
  private let afterIDs: @Sendable () async throws -> Void

  /// - Parameters:
  ///   - afterHashes: happens after the hashes of a range were read.
  ///   - afterIDs: happens after ids were read.
  package init(
    _ session: any HistorySession, afterHashes: @escaping @Sendable () async throws -> Void = {},
    afterIDs: @escaping @Sendable () async throws -> Void = {}
  ) {
    self.session = session
    self.afterHashes = afterHashes
    self.afterIDs = afterIDs
  }

  package func rowHashes(in range: IDRange, limit: Int) async throws -> [(id: UInt64, hash: RowHash)] {
    let hashes = try await session.rowHashes(in: range, limit: limit)
    try await afterHashes()
    return hashes
  }

  package func ids(_ selection: RowSelection) async throws -> [UInt64] {
    let ids = try await session.ids(selection)
    try await afterIDs()
    return ids
  }

  package var side: HistorySide { session.side }
  package func withTableLocked<Value: Sendable>(
    _ lock: TableLock, lockWait: Int, _ body: () async throws -> Value
  ) async throws -> Value {
    try await session.withTableLocked(lock, lockWait: lockWait, body)
  }
  package func refuseChangedTable() async throws { try await session.refuseChangedTable() }
  package func truncate() async throws { try await session.truncate() }
  package func raiseCounter(to nextID: UInt64) async throws {
    try await session.raiseCounter(to: nextID)
  }
  package func reclaimDisk() async throws { try await session.reclaimDisk() }
  package func openTransactions() async throws -> [OpenTransaction] { try await session.openTransactions() }
  package func logPosition() async throws -> LogPosition { try await session.logPosition() }
  package func summary(isFresh: Bool) async throws -> TableSummary { try await session.summary(isFresh: isFresh) }
  package func limitLockWait(to seconds: Int) async throws { try await session.limitLockWait(to: seconds) }
  package func upperBound(from start: UInt64, through limit: UInt64, rowCount: Int) async throws -> UInt64 {
    try await session.upperBound(from: start, through: limit, rowCount: rowCount)
  }
  package func lowerBound(from start: UInt64, downThrough limit: UInt64, rowCount: Int) async throws -> UInt64 {
    try await session.lowerBound(from: start, downThrough: limit, rowCount: rowCount)
  }
  package func digest(
    of range: IDRange, locking: Bool, measuring: Bool
  ) async throws -> (digest: RangeDigest, byteCount: UInt64) {
    try await session.digest(of: range, locking: locking, measuring: measuring)
  }
  package func rowHashes(
    ids: [UInt64], shiftedBy shift: IDShift, locking lock: RowLock
  ) async throws -> [(id: UInt64, hash: RowHash)] {
    try await session.rowHashes(ids: ids, shiftedBy: shift, locking: lock)
  }
  package func insert(_ records: [HistoryRecord]) async throws { try await session.insert(records) }
  package func insert(_ record: HistoryRecord) async throws -> UInt64 { try await session.insert(record) }
  package func records(_ selection: RowSelection) async throws -> [HistoryRecord] {
    try await session.records(selection)
  }
  package func recordsIfReadable(ids: [UInt64]) async throws -> [UInt64: HistoryRecord?] {
    try await session.recordsIfReadable(ids: ids)
  }
  package func outlines(_ selection: RowSelection, below boundary: UInt64) async throws -> [OutlinedRecord] {
    try await session.outlines(selection, below: boundary)
  }
  package func rowCount(_ selection: RowSelection) async throws -> UInt64 { try await session.rowCount(selection) }
  package func rowCounts(in ranges: [IDRange]) async throws -> [UInt64] { try await session.rowCounts(in: ranges) }
  package func keys(_ selection: RowSelection) async throws -> [RowKey] { try await session.keys(selection) }
  package func ages(_ selection: RowSelection) async throws -> [(id: UInt64, seconds: Double?)] {
    try await session.ages(selection)
  }
  package func sizes(_ selection: RowSelection) async throws -> [RowSize] { try await session.sizes(selection) }
  package func studentModules(among ids: [UInt64], locking: Bool) async throws -> StandingModules? {
    try await session.studentModules(among: ids, locking: locking)
  }
  package func idsWithoutStudentModule(in range: IDRange, limit: Int) async throws -> [UInt64] {
    try await session.idsWithoutStudentModule(in: range, limit: limit)
  }
  package func update(_ record: HistoryRecord) async throws -> Bool { try await session.update(record) }
  package func delete(_ selection: RowSelection) async throws -> Int { try await session.delete(selection) }
  package func move(ids: [UInt64], by shift: IDShift) async throws -> Int {
    try await session.move(ids: ids, by: shift)
  }
  package func begin() async throws { try await session.begin() }
  package func commit() async throws { try await session.commit() }
  package func rollback() async { await session.rollback() }
  package func close() async { await session.close() }

  // MARK: The journal

  package func select(_ columns: [JournalColumn], _ query: JournalQuery) async throws -> [[SQLValue]] {
    try await session.select(columns, query)
  }
  package func count(_ query: JournalQuery) async throws -> UInt64 { try await session.count(query) }
  package func update(
    _ table: JournalTable, set changes: [JournalChange], where conditions: [JournalCondition]
  ) async throws -> Int {
    try await session.update(table, set: changes, where: conditions)
  }
  package func insert(
    into table: JournalTable, _ values: [JournalChange], unless conditions: [JournalCondition]
  ) async throws {
    try await session.insert(into: table, values, unless: conditions)
  }
  package func rangeSums() async throws -> [RangeSums] { try await session.rangeSums() }
  package func rowsCopied(inLast seconds: Int) async throws -> (rowCount: Double, seconds: Double)? {
    try await session.rowsCopied(inLast: seconds)
  }
  package func now() async throws -> String { try await session.now() }
  package func seconds(from first: String, to last: String) async throws -> Double? {
    try await session.seconds(from: first, to: last)
  }
  package func presentColumns(of table: JournalTable) async throws -> Set<String> {
    try await session.presentColumns(of: table)
  }
  package func hold(_ name: String, wait: Int) async throws -> Bool { try await session.hold(name, wait: wait) }
  package func isHeld(_ name: String) async throws -> Bool? { try await session.isHeld(name) }
}
