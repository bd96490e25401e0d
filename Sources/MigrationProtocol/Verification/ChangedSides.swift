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

  private var sides: [UInt64: HistorySide]

  /// Whether few rows differ, and no choice of sides gives the digest: some row has changed on both.
  private(set) var isContradictory = false

  /// Where one side of the range is as it was, the other one has changed, in all rows that differ.
  private var onlySide: HistorySide?

  /// What the digest of a range says of the rows of it that differ now.
  ///
  /// - Parameters:
  ///   - copied: the digest of the range when it was copied.
  ///   - originals: the hashes of all rows of the one side.
  ///   - copies: those of the other one.
  package init(
    copied: RangeDigest?, originals: [(id: UInt64, hash: RowHash)], copies: [(id: UInt64, hash: RowHash)]
  ) {
    let comparison = RowComparison(original: originals, extended: copies)
    let ids = Set(comparison.missing + comparison.differing + comparison.strangers)
    self.init(copied: copied, originals: originals, copies: copies, differing: ids)
  }

  init(
    copied: RangeDigest?, originals: [(id: UInt64, hash: RowHash)], copies: [(id: UInt64, hash: RowHash)],
    differing ids: Set<UInt64>
  ) {
    var (original, extended) = (RangeDigest.empty, RangeDigest.empty)
    var rows: [UInt64: Row] = [:]
    for row in originals {
      original.add(row.hash)
      if ids.contains(row.id) { rows[row.id] = Row(id: row.id, original: row.hash, extended: nil) }
    }
    for row in copies {
      extended.add(row.hash)
      if ids.contains(row.id) {
        rows[row.id, default: Row(id: row.id, original: nil, extended: nil)].extended = row.hash
      }
    }
    guard let copied else {
      self.init(sides: [:])
      return
    }
    if let found = ChangedSides(copied: copied, original: original, rows: Array(rows.values)) {
      self = found
    } else {
      self.init(sides: [:])
      isContradictory = rows.count <= Self.rowLimit
    }
    switch (original == copied, extended == copied) {
    case (true, false): onlySide = .extended
    case (false, true): onlySide = .original
    default: break
    }
  }

  private init(sides: [UInt64: HistorySide]) { self.sides = sides }

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

  /// The side that has changed, of a row that differs; nil where the digest does not tell.
  package subscript(id: UInt64) -> HistorySide? { sides[id] ?? onlySide }
}

extension RowHash {
  fileprivate var bits: UInt128 { UInt128(high) << 64 | UInt128(low) }
}
