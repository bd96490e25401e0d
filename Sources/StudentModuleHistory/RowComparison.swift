/// The outcome of comparing the rows of a range, given as ids and hashes in ascending order from both tables.
package struct RowComparison: Sendable, Hashable {
  /// Ids that stand in both tables with the same content.
  package private(set) var equalCount: UInt64 = 0

  /// The largest of these; nil if there is none.
  package private(set) var largestEqualID: UInt64?

  /// Ids that stand in both tables with different content.
  package private(set) var differing: [UInt64] = []

  /// Ids that only the original table has.
  package private(set) var missing: [UInt64] = []

  /// Ids that only the extended table has.
  package private(set) var strangers: [UInt64] = []

  package init(
    original: some Sequence<(id: UInt64, hash: RowHash)>, extended: some Sequence<(id: UInt64, hash: RowHash)>
  ) {
    var originals = original.makeIterator()
    var copies = extended.makeIterator()
    var left = originals.next()
    var right = copies.next()
    while let row = left ?? right {
      if let original = left, let copy = right, original.id == copy.id {
        if original.hash == copy.hash {
          equalCount += 1
          largestEqualID = row.id
        } else {
          differing.append(row.id)
        }
        left = originals.next()
        right = copies.next()
      } else if let original = left, right.map({ original.id < $0.id }) ?? true {
        missing.append(original.id)
        left = originals.next()
      } else if let copy = right {
        strangers.append(copy.id)
        right = copies.next()
      }
    }
  }

  /// Whether both tables have the same rows.
  package var isEqual: Bool { differing.isEmpty && missing.isEmpty && strangers.isEmpty }
}
