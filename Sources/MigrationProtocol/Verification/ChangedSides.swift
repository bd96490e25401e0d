package import StudentModuleHistory

/// Finds out which side of each differing row has changed since its range was copied. No I/O.
///
/// The journal's digest is the exclusive or of the hashes that the rows had then. If each differing row was then as one of the two sides
/// has it now (absence is nothing), the digest says which: 128 linear equations over bits, with an unknown for each row.
package struct ChangedSides: Sendable, Hashable {
  /// A row that differs; nil where a side does not have it.
  package struct Row: Sendable, Hashable {
    package var id: UInt64
    package var original: RowHash?
    package var extended: RowHash?

    package init(id: UInt64, original: RowHash?, extended: RowHash?) {
      self.id = id
      self.original = original
      self.extended = extended
    }

    /// What makes the one side's row into the other's.
    fileprivate var step: UInt128 { Self.bits(original) ^ Self.bits(extended) }

    private static func bits(_ hash: RowHash?) -> UInt128 { hash.map { $0.bits } ?? 0 }
  }

  /// With more rows than this, chance could pass for an answer.
  package static let rowLimit = 64

  private let sides: [UInt64: HistorySide]

  /// - Parameters:
  ///   - copied: the digest of the range when it was copied.
  ///   - original: the digest of the original rows that the differing rows were found among.
  ///   - rows: every row that differs.
  /// - Returns: nil if they are too many, or if no choice of sides gives the digest: a row has changed on both.
  package init?(copied: RangeDigest, original: RangeDigest, rows: [Row]) {
    guard rows.count <= Self.rowLimit else { return nil }
    // Gaussian elimination: vectors with different leading bits, each with the rows that it was made of.
    var basis: [Int: (vector: UInt128, rows: UInt64)] = [:]
    func reduced(_ start: UInt128, _ startRows: UInt64) -> (vector: UInt128, rows: UInt64) {
      var (vector, rows) = (start, startRows)
      while vector != 0, let other = basis[vector.leadingZeroBitCount] {
        vector ^= other.vector
        rows ^= other.rows
      }
      return (vector, rows)
    }
    for (index, row) in rows.enumerated() {
      let new = reduced(row.step, 1 << UInt64(index))
      guard new.vector != 0 else { return nil }
      basis[new.vector.leadingZeroBitCount] = new
    }
    let solution = reduced(original.hash.bits ^ copied.hash.bits, 0)
    guard solution.vector == 0 else { return nil }
    var sides: [UInt64: HistorySide] = [:]
    var rowCount = Int(original.rowCount)
    for (index, row) in rows.enumerated() {
      // Those that were as the extended table has them now have changed in the original one.
      let wasAsExtended = solution.rows >> UInt64(index) & 1 == 1
      sides[row.id] = wasAsExtended ? .original : .extended
      if wasAsExtended { rowCount += (row.extended == nil ? 0 : 1) - (row.original == nil ? 0 : 1) }
    }
    guard rowCount == Int(copied.rowCount) else { return nil }
    self.sides = sides
  }

  /// The side that has changed, of a row that differs.
  package subscript(id: UInt64) -> HistorySide? { sides[id] }
}

extension RowHash {
  fileprivate var bits: UInt128 { UInt128(high) << 64 | UInt128(low) }
}
