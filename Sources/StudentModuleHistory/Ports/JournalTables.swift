/// The journal's tables as values: what can be asked of them and changed in them, whatever database holds them.
///
/// The statements are few and small, so that every store can run them: the adapters turn them into SQL, the simulation runs them on rows
/// in memory. What they mean for a migration is decided above, by the `Journal`.
///
/// All methods throw ``HistoryStoreError``, and belong to the session's transaction where one is open. A change that throws did not happen
/// if the transaction is rolled back; outside of one it may have happened if the connection was lost.
package protocol JournalTables: Sendable {
  /// Rows of one table.
  ///
  /// - Returns: for each row the values of `columns`, in their order.
  func select(_ columns: [JournalColumn], _ query: JournalQuery) async throws -> [[SQLValue]]

  /// How many rows a query would give without its limit.
  func count(_ query: JournalQuery) async throws -> UInt64

  /// Changes the rows of a table that meet all conditions, each as it is when it is changed.
  ///
  /// - Returns: how many rows met the conditions; one that held all the values already may count or not.
  @discardableResult
  func update(
    _ table: JournalTable, set changes: [JournalChange], where conditions: [JournalCondition]
  ) async throws -> Int

  /// Adds a row, unless one meets all of the conditions; with none it is always added.
  ///
  /// Ids are handed out ascending. ``JournalTable/range`` and ``JournalTable/record`` take each `lower_id` once: a second one is a `duplicateID`.
  func insert(
    into table: JournalTable, _ values: [JournalChange], unless conditions: [JournalCondition]
  ) async throws

  /// Sums over all ranges, for each state.
  func rangeSums() async throws -> [RangeSums]

  /// How many rows the ranges have that were copied in the last `seconds`, and the seconds since the first of them; nil if none was.
  func rowsCopied(inLast seconds: Int) async throws -> (rowCount: Double, seconds: Double)?

  /// The database's present time in UTC with microseconds; the order of such texts is the order of the times.
  func now() async throws -> String

  /// The seconds between two times that the database gave out.
  func seconds(from first: String, to last: String) async throws -> Double?

  /// The columns of a table that are there, whatever csmh made it; empty where the table is not there.
  func presentColumns(of table: JournalTable) async throws -> Set<String>

  // MARK: Names that are held

  /// Takes a name for as long as the connection lasts, so that others see that its holder lives.
  ///
  /// - Parameter wait: how many seconds whoever has it is waited for.
  /// - Returns: false if somebody else has it.
  func hold(_ name: String, wait: Int) async throws -> Bool

  /// Whether somebody's connection holds a name; nil where the database cannot tell (files have no connections).
  func isHeld(_ name: String) async throws -> Bool?
}

/// One of the journal's tables.
package enum JournalTable: String, Sendable, Hashable, CaseIterable {
  /// One row about the migration as a whole; its id is 1.
  case migration = "csmh_migration"
  /// A row for each range.
  case range = "csmh_range"
  /// A row for each thing that happened.
  case event = "csmh_event"
  /// What the original database knows of the draining of its rows: one row about all (its id is 1), and one for each range. No part of a
  /// journal, but a second witness beside the rows that are removed.
  case record = "csmh_record"

  /// The tables that make up a journal.
  package static let journal: [JournalTable] = [.migration, .range, .event]
}

/// A column of one of the journal's tables.
package enum JournalColumn: String, Sendable, Hashable, CaseIterable {
  case id

  // The migration.
  case identity
  case journalVersion = "journal_version"
  case csmhVersion = "csmh_version"
  case createdAt = "created_at"
  case updatedAt = "updated_at"
  case phase
  case originalTable = "original_table"
  case extendedTable = "extended_table"
  case startingID = "starting_id"
  case upperBound = "upper_bound"
  case nextLow = "next_low"
  case nextHigh = "next_high"
  case fenceID = "fence_id"
  case fenceNextID = "fence_next_id"
  case fencedAt = "fenced_at"
  case rekeyShift = "rekey_shift"
  case rekeyLowest = "rekey_lowest"
  case rekeyLimit = "rekey_limit"

  // Ranges.
  case lowerID = "lower_id"
  case upperID = "upper_id"
  case state
  case rowCount = "row_count"
  case digest
  case byteCount = "byte_count"
  case adoptedCount = "adopted_count"
  case holder
  case leaseExpiresAt = "lease_expires_at"
  case attempts
  case lastError = "last_error"
  case copiedAt = "copied_at"
  case copyMilliseconds = "copy_milliseconds"
  case verifiedAt = "verified_at"
  case drainedAt = "drained_at"
  case drainedCount = "drained_count"
  case drainedDigest = "drained_digest"

  // Events.
  case happenedAt = "happened_at"
  case kind
  case detail

  /// Of the attempt that wrote the row last: in ranges and events.
  case token

  /// A number that only grows: of the last draining that was begun or taken back; of a range, that under which its own was.
  case recordNumber = "record_number"
}

/// What rows are compared with, or changed to.
package enum JournalValue: Sendable, Hashable {
  case value(SQLValue)
  /// The database's time, that many seconds from now.
  case now(plus: Int)
  /// What another column of the same row holds.
  case column(JournalColumn)
  /// One more than what a column of the same row holds.
  case successor(of: JournalColumn)

  package static let null = JournalValue.value(.null)
  package static let now = JournalValue.now(plus: 0)
  package static func number(_ value: UInt64?) -> JournalValue { .value(.optional(value)) }
  package static func number(_ value: Int) -> JournalValue { .value(.integer(Int64(value))) }
  package static func text(_ value: String?) -> JournalValue { .value(.optional(value)) }
}

/// What one column is set to.
package struct JournalChange: Sendable, Hashable {
  package let column: JournalColumn
  package let value: JournalValue

  package init(_ column: JournalColumn, _ value: JournalValue) {
    self.column = column
    self.value = value
  }
}

/// What a row has to be like. A comparison with NULL is met by no row.
package indirect enum JournalCondition: Sendable, Hashable {
  case equal(JournalColumn, JournalValue)
  case below(JournalColumn, JournalValue)
  case above(JournalColumn, JournalValue)
  case atLeast(JournalColumn, JournalValue)
  case atMost(JournalColumn, JournalValue)
  case isNull(JournalColumn)
  case isNotNull(JournalColumn)
  case isOne(of: [String], JournalColumn)
  case isNone(of: [String], JournalColumn)
  /// The ids of rows that are left out.
  case hasNoID(of: [UInt64])
  /// Rows by their ids and a number that a column holds for each.
  case isPair(of: [IDPair], JournalColumn)
  case hasPrefix(String, JournalColumn)
  case any([JournalCondition])
  case all([JournalCondition])
}

/// A row's id, and the number that a column of it holds.
package struct IDPair: Sendable, Hashable {
  package let id: UInt64
  package let value: UInt64

  package init(id: UInt64, value: UInt64) {
    self.id = id
    self.value = value
  }
}

/// Which rows of a table are asked for.
package struct JournalQuery: Sendable, Hashable {
  package var table: JournalTable
  package var conditions: [JournalCondition]

  /// The column that orders the rows; nil for any order.
  package var order: JournalColumn?
  package var isDescending = false
  package var limit: Int?

  /// Whether the rows stay as they are until the transaction ends. Files lock by transaction.
  package var isLocking = false

  package init(
    _ table: JournalTable, where conditions: [JournalCondition] = [], order: JournalColumn? = nil,
    descending isDescending: Bool = false, limit: Int? = nil, locking isLocking: Bool = false
  ) {
    self.table = table
    self.conditions = conditions
    self.order = order
    self.isDescending = isDescending
    self.limit = limit
    self.isLocking = isLocking
  }
}

/// What all ranges of one state are together. Numbers that no range has are 0.
package struct RangeSums: Sendable, Hashable {
  package var state: String
  package var rangeCount: UInt64 = 0
  package var rowCount: UInt64 = 0
  package var byteCount: UInt64 = 0
  package var adoptedCount: UInt64 = 0
  package var verifiedCount: UInt64 = 0
  package var attempts: UInt64 = 0
  package var idCount: UInt64 = 0
  package var drainedCount: UInt64 = 0
  package var lastDrainedAt: String?
  /// Ranges with a ``JournalColumn/lastError``.
  package var errorCount: UInt64 = 0

  package init(state: String) { self.state = state }
}
