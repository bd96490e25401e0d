public import StudentModuleHistory

/// How a verification ended.
public struct VerificationOutcome: Sendable {
  /// What was to be compared.
  public var scope: Verifier.Scope

  /// It was asked to stop; not every range was compared.
  public var isInterrupted: Bool

  /// The ranges that were compared, and the original rows in them.
  public var rangeCount: UInt64
  public var rowCount: UInt64

  /// The digest of all these rows together.
  public var digest: RangeDigest

  /// The first ranges that differ; ``differingRangeCount`` counts all of them.
  public var differences: [RangeDifference]
  public var differingRangeCount: UInt64

  /// Ranges that are not copied yet, and whether every id up to the bound belongs to a range.
  public var openRangeCount: UInt64

  /// Ranges whose original rows were drained: there is nothing left to compare them with but the manifest.
  public var drainedRangeCount: UInt64

  /// Whether another process copied ranges while this one compared, faster than it could follow.
  public var hasUncomparedRanges: Bool

  public var isFrontierEmpty: Bool

  /// The largest original id that the migration covers.
  public var upperBound: UInt64?

  /// How many rows the original table has above it: the LMS has gone on writing there.
  public var rowsBeyond: UInt64

  public var duration: Duration

  /// Whether every row up to the bound stands in both tables with the same content.
  public var isEqual: Bool {
    !isInterrupted && differingRangeCount == 0 && openRangeCount == 0 && isFrontierEmpty && !hasUncomparedRanges
  }

  /// The verdict.
  public var sentence: String {
    if isInterrupted { return "interrupted after \(rangeCount) ranges" }
    if differingRangeCount > 0 { return "\(differingRangeCount) of \(rangeCount) ranges differ" }
    if openRangeCount > 0 || !isFrontierEmpty {
      return "\(rangeCount) ranges are equal, but not everything is copied yet (\(openRangeCount) open ranges)"
    }
    if hasUncomparedRanges { return "another process is copying: run csmh verify again when it is done" }
    if rangeCount == 0, drainedRangeCount > 0 {
      return "all \(drainedRangeCount) ranges are drained: csmh recheck compares them with the manifest"
    }
    let rows = scope == .all ? "all \(rowCount) rows" : "\(rowCount) rows more, and with them all rows"
    return "\(rows) up to the id \(upperBound.map(String.init) ?? "-") are equal on both sides"
  }
}

extension RangeDifference {
  /// The difference in a few words.
  public var sentence: String {
    let count = { (kind: Kind) in rows.count { $0.kind == kind } }
    let parts = [
      ("missing in the extended table", count(.missing)), ("with different content", count(.differs)),
      ("only in the extended table", count(.stranger)),
    ].filter { $0.1 > 0 }.map { "\($0.1)\(rowCount > rows.count ? " or more" : "") \($0.0)" }
    return "ids \(range): " + (parts.isEmpty ? "the digests differ" : parts.joined(separator: ", "))
  }
}
