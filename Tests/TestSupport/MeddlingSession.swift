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

  public func ids(_ clause: String) async throws -> [UInt64] {
    let ids = try await session.ids(clause)
    try await afterIDs()
    return ids
  }

  public var side: HistorySide { session.side }
  public var dialect: SQLDialect { session.dialect }
  public var tableSQL: String { session.tableSQL }
  public var stateByteCountSQL: String { session.stateByteCountSQL }
  public func withTableLocked<Value: Sendable>(
    _ lock: TableLock, lockWait: Int, _ body: () async throws -> Value
  ) async throws -> Value {
    try await session.withTableLocked(lock, lockWait: lockWait, body)
  }
  public func refuseChangedTable() async throws { try await session.refuseChangedTable() }
  public func truncate() async throws { try await session.truncate() }
  public func raiseCounter(to nextID: UInt64) async throws { try await session.raiseCounter(to: nextID) }
  public func reclaimDisk() async throws { try await session.reclaimDisk() }
  public func openTransactions() async throws -> [OpenTransaction] { try await session.openTransactions() }
  public func summary() async throws -> TableSummary { try await session.summary() }
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
  public func records(_ clause: String) async throws -> [HistoryRecord] { try await session.records(clause) }
  public func outlines(_ clause: String, below boundary: UInt64) async throws -> [OutlinedRecord] {
    try await session.outlines(clause, below: boundary)
  }
  public func execute(_ sql: String, _ values: [SQLValue]) async throws -> Int {
    try await session.execute(sql, values)
  }
  public func rows(_ sql: String, _ values: [SQLValue]) async throws -> [[SQLValue]] {
    try await session.rows(sql, values)
  }
  public func begin() async throws { try await session.begin() }
  public func commit() async throws { try await session.commit() }
  public func rollback() async { await session.rollback() }
  public func close() async { await session.close() }
}
