/// How the original table is emptied.
package struct DrainOptions: Sendable, Hashable {
  /// How long a transaction may hold its rows. Transactions aim at half of it; one that is late before it has removed anything is
  /// rolled back and made smaller. Default: 1 second.
  package var transactionLimit: Duration

  /// The most rows a second, or nil for no limit.
  package var maximumRowsPerSecond: Double?

  /// How long to rest after each transaction, as a multiple of the time that it took: replicas and the purge of the server keep up.
  /// Default: 0.5.
  package var rest: Double

  /// Whether the emptied table is rebuilt, which gives its disk back. Default: no.
  package var reclaimsDisk: Bool

  /// Whether rows are removed although their copies may not be on the extended server's disk yet. Default: no.
  package var acceptsUnflushed: Bool

  package init(
    transactionLimit: Duration = .seconds(1), maximumRowsPerSecond: Double? = nil, rest: Double = 0.5,
    reclaimsDisk: Bool = false, acceptsUnflushed: Bool = false
  ) {
    self.acceptsUnflushed = acceptsUnflushed
    self.transactionLimit = transactionLimit
    self.maximumRowsPerSecond = maximumRowsPerSecond
    self.rest = rest
    self.reclaimsDisk = reclaimsDisk
  }

  /// The seconds that a transaction may take at least and at most.
  package static let transactionLimits = 0.05...60.0

  /// A limit for rows that take longer than this one, as the option names it.
  static func longerLimit(than limit: Duration) -> Int {
    Int(min(max(limit / .seconds(1) * 10, 1), transactionLimits.upperBound))
  }
}

/// How a drain ended.
package struct DrainOutcome: Sendable {
  /// Rows that were not removed because they are not proven to stand in the extended table.
  package struct Problem: Sendable, Hashable {
    package let lowerID: UInt64
    package let upperID: UInt64
    package let reason: String

    /// The first ids, at most ten.
    package let ids: [UInt64]
  }

  /// It was asked to stop; rows are left.
  package var isInterrupted: Bool

  /// What this process removed, in how many transactions, and how long the longest of them took.
  package var removedRowCount: UInt64
  package var transactionCount: UInt64
  package var longestTransaction: Duration
  package var duration: Duration

  /// The first problems, at most ``Drain/listedProblemCount``; ``problemCount`` counts all of them.
  package var problems: [Problem]
  package var problemCount: UInt64

  /// How many rows the original table still has up to the migration's bound, and above it.
  package var rowsLeft: UInt64
  package var rowsBeyond: UInt64

  /// The size of the original table's rows and indexes, and of what its file has free, before and after, as the server tells it.
  package var bytesBefore: UInt64
  package var bytesAfter: UInt64
  package var freeBytesAfter: UInt64

  /// The id that the original table would give its next row; never less than before.
  package var nextID: UInt64

  /// Whether nothing is left at or below the bound.
  package var isComplete: Bool { !isInterrupted && problemCount == 0 && rowsLeft == 0 }

  /// The verdict.
  package var sentence: String {
    if isComplete { return "drained: the original table has no row up to the migration's bound" }
    if problemCount > 0 {
      return
        "\(rowsLeft) rows are left in the original table: those of \(problemCount) ranges are not proven to stand in the extended one"
    }
    if isInterrupted { return "stopped with \(rowsLeft) rows left in the original table; run csmh drain again" }
    return "\(rowsLeft) rows are left in the original table, in no range that could be drained"
  }
}
