/// How a recheck ended.
package struct RecheckOutcome: Sendable {
  /// Ranges by what was found of them.
  package struct Counts: Sendable, Hashable {
    /// All that were compared.
    package var ranges: UInt64 = 0
    package var short: UInt64 = 0
    package var extra: UInt64 = 0
    package var changed: UInt64 = 0

    /// Rows that the manifest has for these ranges, and rows that stand there now.
    package var manifestRows: UInt64 = 0
    package var presentRows: UInt64 = 0

    /// By how many rows the short ranges are short, and by how many the larger ones are larger.
    package var missingRows: UInt64 = 0
    package var extraRows: UInt64 = 0
  }

  /// It was asked to stop; not every range was compared.
  package var isInterrupted: Bool

  /// Whether ranges that are merely short count as equal.
  package var acceptsDeleted: Bool

  package var counts: Counts

  /// The first ranges that do not match, by ascending ids.
  package var findings: [RangeFinding]

  /// Ranges that are not copied, and ids that belong to no range: the manifest does not speak of them.
  package var uncoveredRangeCount: UInt64
  package var uncoveredIDCount: UInt64

  /// Whether the migration ever came so far that a manifest without ranges is one of an empty table.
  package var hasManifest: Bool

  package var upperBound: UInt64?

  /// Rows that the LMS wrote itself; the manifest does not speak of them.
  package var nativeRowCount: UInt64

  /// Why the verdict is not in the journal; nil if it is.
  package var notRecordedBecause: String?

  package var duration: Duration

  /// How many findings are listed at most.
  package static let listedFindingCount = 100

  /// Whether the promise holds.
  package var isGood: Bool {
    !isInterrupted && hasManifest && uncoveredRangeCount == 0 && uncoveredIDCount == 0 && counts.extra == 0
      && counts.changed == 0 && (acceptsDeleted || counts.short == 0)
  }

  /// The verdict.
  package var sentence: String {
    if isInterrupted { return "interrupted after \(counts.ranges) ranges" }
    guard hasManifest else { return "nothing was copied: there is no manifest" }
    var parts: [String] = []
    if counts.changed > 0 { parts.append("\(counts.changed) changed") }
    if counts.extra > 0 { parts.append("\(counts.extra) with \(counts.extraRows) rows more") }
    if counts.short > 0 {
      parts.append("\(counts.short) short by \(counts.missingRows) rows" + (acceptsDeleted ? " (accepted)" : ""))
    }
    let compared =
      parts.isEmpty
      ? "all \(counts.ranges) ranges equal the manifest: \(counts.presentRows) rows up to the id \(upperBound ?? 0)"
      : "of \(counts.ranges) ranges: \(parts.joined(separator: ", "))"
    guard uncoveredRangeCount > 0 || uncoveredIDCount > 0 else { return compared }
    return compared + "; not covered, as not copied: \(uncoveredRangeCount) ranges"
      + (uncoveredIDCount > 0 ? " and \(uncoveredIDCount) ids without one" : "")
  }
}
