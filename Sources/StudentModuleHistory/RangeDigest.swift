/// The digest of a set of rows: how many they are, and their ``RowHash``es combined.
///
/// It does not depend on the order of the rows, and digests of disjoint sets add up. Two sets of rows with the same digest are the
/// same but for a chance of 2^-128; a row that stands twice is seen by the count.
package struct RangeDigest: Sendable, Hashable, CustomStringConvertible {
  /// The number of rows.
  package var rowCount: UInt64

  /// The rows' hashes, combined by exclusive or.
  package var hash: RowHash

  @inlinable package init(rowCount: UInt64 = 0, hash: RowHash = RowHash(high: 0, low: 0)) {
    self.rowCount = rowCount
    self.hash = hash
  }

  /// The digest of no rows.
  package static let empty = RangeDigest()

  /// Adds one row.
  @inlinable package mutating func add(_ row: RowHash) {
    rowCount += 1
    hash ^= row
  }

  /// Adds the rows of a disjoint set.
  @inlinable package mutating func add(_ other: RangeDigest) {
    rowCount += other.rowCount
    hash ^= other.hash
  }

  /// `123 rows, 0123456789abcdef0123456789abcdef`
  package var description: String { "\(rowCount) rows, \(hash)" }
}
