internal import MigrationJournal
package import StudentModuleHistory

/// How a verification ended.
package struct VerificationOutcome: Sendable {
  /// What was compared before an interruption, of a comparison that went on after it.
  package struct Resumption: Sendable, Hashable {
    /// When the whole comparison began, in the extended database's UTC.
    package var since: String

    package var rangeCount: UInt64

    /// The rows of these ranges, as the journal counts them.
    package var digest: RangeDigest
  }

  /// The sample that was compared.
  package struct Sample: Sendable, Hashable {
    /// How many ranges it was drawn from.
    package var rangeCount: UInt64

    /// What draws the same sample again.
    package var seed: UInt64
  }

  /// What was to be compared.
  package var scope: Verifier.Scope

  /// From when on a range counts as compared, in the extended database's UTC; '' for a sample.
  package var beganAt: String

  /// Nil if it began anew.
  package var resumption: Resumption?

  /// Nil unless it was a sample.
  package var sample: Sample?

  /// It was asked to stop; not every range was compared.
  package var isInterrupted: Bool

  /// The ranges that were compared in this run, and the original rows in them.
  package var rangeCount: UInt64
  package var rowCount: UInt64

  /// The digest of all these rows together.
  package var digest: RangeDigest

  /// The first ranges that differ; ``differingRangeCount`` counts all of them, ``differingRowCount`` their differing rows.
  package var differences: [RangeDifference]
  package var differingRangeCount: UInt64
  package var differingRowCount: UInt64

  /// Ranges that are not copied yet, and whether every id up to the bound belongs to a range.
  package var openRangeCount: UInt64

  /// Ranges whose original rows were drained: there is nothing left to compare them with but the manifest.
  package var drainedRangeCount: UInt64

  /// Of these, ranges that have original rows without an equal copy, as draining has found.
  package var leftRangeCount: UInt64

  /// Whether another process copied ranges while this one compared, faster than it could follow.
  package var hasUncomparedRanges: Bool

  package var isFrontierEmpty: Bool

  /// The largest original id that the migration covers.
  package var upperBound: UInt64?

  /// The table that rows are copied to: the extended one, but for the way back.
  package var target: HistorySide

  /// How many rows the table that is copied has above the bound: the LMS has gone on writing there.
  package var rowsBeyond: UInt64

  package var duration: Duration

  /// Whether every row up to the bound stands in both tables with the same content. A sample never tells.
  package var isEqual: Bool {
    sample == nil && !isInterrupted && differingRangeCount == 0 && openRangeCount == 0 && isFrontierEmpty
      && !hasUncomparedRanges && leftRangeCount == 0
  }

  /// The ranges and rows of the whole comparison, what was compared before an interruption included.
  package var wholeRangeCount: UInt64 { rangeCount + (resumption?.rangeCount ?? 0) }
  package var wholeDigest: RangeDigest {
    var whole = digest
    if let earlier = resumption?.digest { whole.add(earlier) }
    return whole
  }

  /// What a sample that differs nowhere says of all ranges; nil if it was none, if it was stopped, or if it found something.
  package var confidence: SampleConfidence? {
    guard let sample, !isInterrupted, differingRangeCount == 0, rangeCount > 0, rangeCount <= sample.rangeCount else {
      return nil
    }
    return SampleConfidence(rangeCount: sample.rangeCount, sampleCount: rangeCount)
  }

  /// The verdict.
  package var sentence: String {
    if let sample { return sentence(of: sample) }
    if isInterrupted { return "interrupted after \(wholeRangeCount) ranges" }
    if differingRangeCount > 0 { return "\(differingRangeCount) of \(wholeRangeCount) ranges differ" }
    if openRangeCount > 0 || !isFrontierEmpty {
      return "\(wholeRangeCount) ranges are equal, but not everything is copied yet (\(openRangeCount) open ranges)"
    }
    if leftRangeCount > 0 {
      return
        "\(leftRangeCount) ranges that are being drained have original rows without an equal copy; csmh drain names them"
    }
    if hasUncomparedRanges { return "another process is copying: run csmh verify again when it is done" }
    if wholeRangeCount == 0, drainedRangeCount > 0 {
      return "all \(drainedRangeCount) ranges are drained: csmh recheck compares them with the manifest"
    }
    let rows =
      scope.isOfEverything ? "all \(wholeDigest.rowCount) rows" : "\(rowCount) rows more, and with them all rows"
    let earlier = resumption.map { " (\($0.digest.rowCount) of them compared before the interruption)" } ?? ""
    return "\(rows) up to the id \(upperBound.map(String.init) ?? "-") are equal on both sides\(earlier)"
  }

  private func sentence(of sample: Sample) -> String {
    let part = "\(rangeCount) of \(sample.rangeCount) ranges"
    if isInterrupted { return "interrupted after \(part) of a sample" }
    if differingRangeCount > 0 {
      return "\(differingRangeCount) of a sample of \(part) differ: compare everything with csmh verify"
    }
    guard let confidence else { return "there is no copied range to draw a sample from" }
    return "a sample of \(part) is equal on both sides: \(confidence.sentence). It is no full verification"
  }
}

extension RangeDifference {
  /// The difference in a few words.
  package var sentence: String {
    let count = { (kind: Kind) in rows.count { $0.kind == kind } }
    let parts = [
      ("missing in the \(target) table", count(.missing)), ("with different content", count(.differs)),
      ("only in the \(target) table", count(.stranger)),
    ].filter { $0.1 > 0 }.map { "\($0.1)\(rowCount > rows.count ? " or more" : "") \($0.0)" }
    return "ids \(range): " + (parts.isEmpty ? "the digests differ" : parts.joined(separator: ", "))
  }
}
