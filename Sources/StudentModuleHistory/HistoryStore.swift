/// One of the two tables of an installation, in whatever database holds it.
///
/// The adapters are in HistoryStores: one for MySQL, MariaDB and what speaks their protocol, one for SQLite.
public protocol HistoryStore: Sendable {
  /// Which of the two tables it is.
  var side: HistorySide { get }

  /// Where it is, for people; never holds a password.
  var location: String { get }

  /// Opens a connection of its own.
  ///
  /// - Throws: ``HistoryStoreError`` of kind `unreachable`, `notPermitted` or `misconfigured` (no such database or table, or a
  ///   table that is not a history table).
  func openSession() async throws -> any HistorySession
}

/// A connection to one store. Calls are taken one after the other.
///
/// All methods throw ``HistoryStoreError``.
public protocol HistorySession: Sendable {
  /// Which of the two tables it is.
  var side: HistorySide { get }

  /// The differences between the databases' SQL that the journal has to know.
  var dialect: SQLDialect { get }

  /// The table's name with its database, quoted for SQL.
  var tableSQL: String { get }

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

  /// Lets the next row get the id `nextID`, unless it would get a larger one anyway.
  func raiseCounter(to nextID: UInt64) async throws

  /// Rebuilds the table, which gives the disk back that it does not need; quick only where it is nearly empty.
  func reclaimDisk() async throws

  /// The transactions that are open on the server, the oldest first, as far as the user may see them.
  func openTransactions() async throws -> [OpenTransaction]

  /// What the store tells of its table without reading its rows. Exact where it matters: ids and counter.
  func summary() async throws -> TableSummary

  /// Makes sure that the table still has the columns that it had when the session was opened. Inside a transaction that has used the
  /// table, servers keep them as they are until it ends.
  ///
  /// - Throws: `misconfigured` if they were changed.
  func refuseChangedTable() async throws

  /// SQL for ``HistoryRecord/columnNames``, with texts as the bytes that the table holds, for another table whose texts are meant as the
  /// same characters; nil where the database converts nothing, or has to.
  var columnsAsBytes: [String]? { get }

  /// What makes the database read rows by their ids, behind the table's name; empty where it needs no word.
  var byIDSQL: String { get }

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

  /// Inserts new rows in one statement or transaction; a record with the id 0 gets the next id.
  func insert(_ records: [HistoryRecord]) async throws

  /// Inserts one new row; with the id 0 it gets the next id. Returns its id.
  func insert(_ record: HistoryRecord) async throws -> UInt64

  /// SQL for the number of bytes that the state has in UTF-8; cheap.
  var stateByteCountSQL: String { get }

  /// The rows that `clause` selects, in its order: SQL from `WHERE` or `JOIN` on; columns without a table's name are the table's.
  func records(_ clause: String) async throws -> [HistoryRecord]

  /// The same rows, with outlines of those whose id is below `boundary`.
  func outlines(_ clause: String, below boundary: UInt64) async throws -> [OutlinedRecord]

  /// The ids of the same rows; read from an index alone where `clause` lets it.
  func ids(_ clause: String) async throws -> [UInt64]

  // MARK: Statements and transactions

  /// Runs a statement with `?` for values; returns the number of rows that it changed.
  @discardableResult
  func execute(_ sql: String, _ values: [SQLValue]) async throws -> Int

  /// Runs a query with `?` for values and returns all its rows.
  func rows(_ sql: String, _ values: [SQLValue]) async throws -> [[SQLValue]]

  /// Starts a transaction in which other transactions' commits are seen (READ COMMITTED).
  func begin() async throws

  /// Commits.
  func commit() async throws

  /// Rolls back; harmless without a transaction or connection.
  func rollback() async

  /// Whether the server may have closed the connection while it was idle; nothing is sent.
  func mayBeClosed() async -> Bool

  /// Closes the connection; an open transaction is rolled back.
  func close() async
}

extension HistorySession {
  public var columnsAsBytes: [String]? { nil }

  public var byIDSQL: String { "" }

  /// A file does not close.
  public func mayBeClosed() async -> Bool { false }

  @discardableResult
  public func execute(_ sql: String) async throws -> Int { try await execute(sql, []) }

  public func rows(_ sql: String) async throws -> [[SQLValue]] { try await rows(sql, []) }

  /// Runs `body` in a transaction: commits if it returns, rolls back if it throws.
  public func transaction<Value>(_ body: () async throws -> Value) async throws -> Value {
    try await begin()
    do {
      let value = try await body()
      try await commit()
      return value
    } catch {
      await rollback()
      throw error
    }
  }
}

/// Whom a lock of a whole table keeps out.
public enum TableLock: Sendable, Hashable {
  /// Whoever writes.
  case read
  /// Whoever reads or writes.
  case write
}
