/// What is done with the rows of one of the two tables.
///
/// All methods throw ``HistoryStoreError``. Changes belong to the session's transaction where one is open: what throws did not happen once
/// it is rolled back. Outside of one, a change whose connection was lost may have happened.
package protocol HistoryTable: Sendable {
  /// Which of the two tables it is.
  var side: HistorySide { get }

  // MARK: The table

  /// What the store tells of its table without reading its rows. Exact where it matters: ids and counter.
  ///
  /// - Parameter isFresh: whether estimates are made anew where the server keeps them for a while.
  func summary(isFresh: Bool) async throws -> TableSummary

  /// Makes sure that the table still has the columns that it had when the session was opened. Inside a transaction that has used the
  /// table, servers keep them as they are until it ends.
  ///
  /// - Throws: `misconfigured` if they were changed.
  func refuseChangedTable() async throws

  /// Locks the table against writers, or against everybody else, while `body` runs; waits for every open transaction that has written
  /// to it. `body` can use no other table on this session.
  ///
  /// - Parameter lockWait: how long open transactions are waited for, in whole seconds from 1 on. Writers queue behind the wait.
  /// - Throws: `transient` if a transaction is open for longer; `misconfigured` on a cluster, whose locks are local to a node, and on a
  ///   replica; and what `body` throws.
  func withTableLocked<Value: Sendable>(
    _ lock: TableLock, lockWait: Int, _ body: () async throws -> Value
  ) async throws -> Value

  /// Removes all rows of the table, which must be locked for writing; its counter may begin anew.
  func truncate() async throws

  /// Lets the next row get the id `nextID`, unless it would get a larger one anyway. Waits for every open transaction that has touched the
  /// table, and writers queue behind the wait.
  func raiseCounter(to nextID: UInt64) async throws

  /// Rebuilds the table, which gives the disk back that it does not need; quick only where it is nearly empty.
  func reclaimDisk() async throws

  /// The transactions that are open on the server, the oldest first, as far as the user may see them.
  func openTransactions() async throws -> [OpenTransaction]

  /// How much of what was committed is on the disk.
  func logPosition() async throws -> LogPosition

  /// Lets this session wait for other transactions' row locks no longer than that, in whole seconds from 1 on. Files have no row locks.
  func limitLockWait(to seconds: Int) async throws

  // MARK: Ids and digests

  /// The id of the `rowCount`-th row from `start` on, or `limit` if fewer rows lie in between.
  ///
  /// Found by the primary key: gaps cost nothing.
  func upperBound(from start: UInt64, through limit: UInt64, rowCount: Int) async throws -> UInt64

  /// The id of the `rowCount`-th row from `start` downwards, or `limit` if fewer rows lie in between.
  func lowerBound(from start: UInt64, downThrough limit: UInt64, rowCount: Int) async throws -> UInt64

  /// The digest of the rows of a range, computed by the database, and the size of their states in bytes.
  ///
  /// - Parameters:
  ///   - locking: whether the rows are share-locked until the transaction ends.
  ///   - measuring: whether the size is wanted; without, it may be 0.
  func digest(
    of range: IDRange, locking: Bool, measuring: Bool
  ) async throws -> (digest: RangeDigest, byteCount: UInt64)

  /// The ids and hashes of the rows of a range by ascending id, at most `limit` of them.
  func rowHashes(in range: IDRange, limit: Int) async throws -> [(id: UInt64, hash: RowHash)]

  /// The hashes that rows have, or would have after their ids were moved, by ascending id; ids that no row has are left out.
  ///
  /// - Parameters:
  ///   - ids: a few thousand at most, as they stand in the statement.
  ///   - shift: the id that enters the hash is the moved one; the id that is returned is the one that the row has.
  func rowHashes(
    ids: [UInt64], shiftedBy shift: IDShift, locking lock: RowLock
  ) async throws -> [(id: UInt64, hash: RowHash)]

  /// The ids of rows; read from an index alone where that is enough.
  func ids(_ selection: RowSelection) async throws -> [UInt64]

  /// How many rows there are; counting ends at the selection's limit.
  func rowCount(_ selection: RowSelection) async throws -> UInt64

  /// How many rows each of some ranges holds, in one question.
  func rowCounts(in ranges: [IDRange]) async throws -> [UInt64]

  // MARK: Rows

  /// Rows as records.
  ///
  /// - Throws: `other` for a row with an id, student module or time that is none.
  func records(_ selection: RowSelection) async throws -> [HistoryRecord]

  /// Rows with these ids; nil stands for one with an id, student module or time that is none.
  func recordsIfReadable(ids: [UInt64]) async throws -> [UInt64: HistoryRecord?]

  /// The same rows as ``records(_:)``, with outlines of those whose id is below `boundary`.
  func outlines(_ selection: RowSelection, below boundary: UInt64) async throws -> [OutlinedRecord]

  /// What tells rows from each other.
  func keys(_ selection: RowSelection) async throws -> [RowKey]

  /// The ages of rows by their `created`, in seconds of the database's clock; nil for a time that is none.
  func ages(_ selection: RowSelection) async throws -> [(id: UInt64, seconds: Double?)]

  /// What rows take.
  func sizes(_ selection: RowSelection) async throws -> [RowSize]

  // MARK: The LMS's student modules

  /// Those of some student modules that the LMS still has, in its table beside the original one. Asked of a session of that database.
  ///
  /// - Parameters:
  ///   - ids: a few hundred at most, as they stand in the statement.
  ///   - locking: whether those that are there are share-locked until the transaction ends, and whoever is inserting or deleting one is
  ///     waited for.
  /// - Returns: nil where nothing follows from an absence, as the table is not there, may not be read, or is empty.
  func studentModules(among ids: [UInt64], locking: Bool) async throws -> StandingModules?

  /// The ids of history rows whose student module is gone while a newer one stands, ascending, at most `limit` of them. Asked of a session
  /// of the original table; none where the table of student modules is not there or may not be read.
  func idsWithoutStudentModule(in range: IDRange, limit: Int) async throws -> [UInt64]

  // MARK: Changes

  /// Inserts new rows in one statement or transaction; a record with the id 0 gets the next id.
  func insert(_ records: [HistoryRecord]) async throws

  /// Inserts one new row; with the id 0 it gets the next id. Returns its id.
  func insert(_ record: HistoryRecord) async throws -> UInt64

  /// Gives a record new content; its id and student module stay. Returns false if there is no such record any more.
  func update(_ record: HistoryRecord) async throws -> Bool

  /// Removes rows; returns how many. Only ids, a range, or student modules can select them.
  @discardableResult
  func delete(_ selection: RowSelection) async throws -> Int

  /// Gives rows other ids; returns how many were found.
  ///
  /// - Throws: `duplicateID` if another row has one of the new ids.
  func move(ids: [UInt64], by shift: IDShift) async throws -> Int
}

extension HistoryTable {
  package func summary() async throws -> TableSummary { try await summary(isFresh: false) }

  /// The smallest id from `lower` on; nil if no row has one.
  package func firstID(from lower: UInt64, through upper: UInt64? = nil) async throws -> UInt64? {
    try await ids(RowSelection(from: lower, through: upper, order: .ascending, limit: 1)).first
  }

  /// Whether any row has one of these ids.
  package func hasRows(from lower: UInt64, through upper: UInt64? = nil) async throws -> Bool {
    try await firstID(from: lower, through: upper) != nil
  }

  /// One row; nil if there is none, or if it holds an id, student module or time that is none.
  package func record(_ id: UInt64) async throws -> HistoryRecord? {
    try await recordsIfReadable(ids: [id])[id] ?? nil
  }

  /// The records with these ids, by descending id.
  package func records(ids: [UInt64]) async throws -> [HistoryRecord] {
    guard !ids.isEmpty else { return [] }
    return try await records(RowSelection(ids: ids, order: .descending))
  }
}

/// Which of some student modules the LMS still has.
package struct StandingModules: Sendable, Hashable {
  /// Those that stand.
  package var ids: Set<UInt64>

  /// The largest id of all student modules.
  package var largestID: UInt64

  package init(_ ids: Set<UInt64>, largestID: UInt64) {
    self.ids = ids
    self.largestID = largestID
  }

  /// Whether a student module was deleted. One above all that stand may as well have been lost, by a server that has gone back in time.
  package func isDeleted(_ id: UInt64) -> Bool { !ids.contains(id) && id < largestID }
}

/// Whom a lock of a whole table keeps out.
package enum TableLock: Sendable, Hashable {
  /// Whoever writes.
  case read
  /// Whoever reads or writes.
  case write
}
