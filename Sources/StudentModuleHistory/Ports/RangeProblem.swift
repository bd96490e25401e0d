/// Why a range cannot be copied until an operator has looked at it. Nothing of the range was changed.
package enum RangeProblem: Error, Sendable {
  /// Ids that stand in both tables with different content. The first few of them.
  case collisions([UInt64])

  /// Rows of the extended table inside the range that the original table does not have: rows that the LMS wrote with an id that
  /// is too low, or copies of rows that were deleted since. The first few of them.
  case strangers([UInt64])

  /// A row that no statement can carry.
  case rowTooLarge(id: UInt64, byteCount: Int, limit: Int)

  /// A value that a column of the extended table cannot hold exactly.
  case valueRejected(id: UInt64?, column: String?, message: String)

  /// A row that a constraint or another unique index of the extended table refuses; the remedy takes that out of the way.
  case constraint(id: UInt64?, column: String?, message: String, remedy: Remedy?)

  /// A row that is larger than a transaction of the target's server may be.
  case transactionTooLarge(id: UInt64, message: String, remedy: Remedy?)

  /// How many ids a problem lists at most.
  package static let listedIDCount = 10
}
