/// What a store tells of its table without reading its rows.
package struct TableSummary: Sendable, Hashable {
  /// Database (or file) and table.
  package let name: String

  /// The generation of the table in a few words: `id int, created datetime(6), utf8mb3`.
  package let generation: String

  /// How many rows the server believes to be there; it may be off by a third.
  package let estimatedRowCount: UInt64

  /// How many bytes the server believes the rows and indexes to take.
  package let estimatedByteCount: UInt64

  /// How many bytes of the table's file hold nothing, as the server believes.
  package let freeByteCount: UInt64

  /// The smallest and largest id, or nil for an empty table.
  package let ids: IDRange?

  /// The id that the next row will get (AUTO_INCREMENT).
  package let nextID: UInt64

  /// The largest id that the id column can hold: 2,147,483,647 for a signed int, the largest of 64 signed bits unless told.
  package let largestPossibleID: UInt64

  /// Whether the rows and bytes are counted, and no estimates.
  package let isExact: Bool

  package init(
    name: String, generation: String, estimatedRowCount: UInt64, estimatedByteCount: UInt64, ids: IDRange?,
    nextID: UInt64, largestPossibleID: UInt64 = UInt64(Int64.max), freeByteCount: UInt64 = 0,
    isExact: Bool = false
  ) {
    self.isExact = isExact
    self.name = name
    self.generation = generation
    self.estimatedRowCount = estimatedRowCount
    self.estimatedByteCount = estimatedByteCount
    self.freeByteCount = freeByteCount
    self.ids = ids
    self.nextID = nextID
    self.largestPossibleID = largestPossibleID
  }

  /// The smallest id that lies above every row of the table and above everything that its counter has handed out.
  package var firstFreeID: UInt64 {
    max(nextID, (ids?.upper).map { $0 == .max ? .max : $0 + 1 } ?? 1)
  }
}
