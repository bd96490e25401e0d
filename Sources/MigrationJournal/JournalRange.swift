package import StudentModuleHistory

/// A range as the journal holds it.
package struct JournalRange: Sendable, Hashable {
  /// What has happened to a range.
  package enum State: String, Sendable, Hashable, CaseIterable {
    /// To be copied, by whoever comes first.
    case pending
    /// Somebody copies it.
    case leased
    /// Its rows, count and digest are committed, but nobody has heard yet from the source that it held its locks until then. It does not
    /// count as copied before that was heard, or before it was compared under new locks.
    case unconfirmed
    /// Copied: rows, count and digest were committed together with this word.
    case copied
    /// Compared after it was copied, and found to differ.
    case differs
    /// Cannot be copied until an operator has looked at it.
    case stopped
    /// Being drained: what is gone of its original rows was proven to stand in the extended table.
    case draining
    /// Drained: the original table has no row of it any more.
    case drained

    /// The states of a range whose rows stand in the extended table, proven when they were copied.
    package static let copiedStates: [State] = [.copied, .draining, .drained]

    /// The states of a range that the original table is no measure of any more.
    package static let drainedStates: [State] = [.draining, .drained]
  }

  package let id: UInt64
  package let range: IDRange
  package let state: State
  package let digest: RangeDigest?

  /// The bytes of the rows' states when they were copied.
  package let byteCount: UInt64?
  package let attempts: Int
  package let holder: String?
  package let lastError: String?

  /// The original rows when draining began; nil before.
  package let drainedDigest: RangeDigest?

  /// When it was copied, last compared equal, and drained, in the database's UTC; nil before.
  package let copiedAt: String?
  package let verifiedAt: String?
  package let drainedAt: String?

  /// The number under which draining began, or was taken back; 0 before, and where an older csmh drained it.
  package let recordNumber: UInt64

  /// What the extended table is to hold of the range: what draining found to be equal, else what was copied.
  package var manifest: RangeDigest? { drainedDigest ?? digest }
}

/// The right to copy a range, until it is completed or somebody else takes it over.
package struct Lease: Sendable, Hashable {
  /// The journal's number of the range.
  package let rangeID: UInt64
  package let range: IDRange
  package let holder: String

  /// Counts how often the range was leased. Together with the holder it is the token without which nothing is committed.
  package let attempt: Int
}

/// What the journal knows of all ranges together.
package struct JournalTotals: Sendable, Hashable {
  package var rangeCount: [JournalRange.State: UInt64] = [:]
  package var rowCount: UInt64 = 0
  package var byteCount: UInt64 = 0
  package var adoptedRowCount: UInt64 = 0
  package var verifiedRangeCount: UInt64 = 0
  package var attemptCount: UInt64 = 0

  /// How many ids the ranges that are copied cover.
  package var idsCovered: UInt64 = 0

  /// How many original rows the drained ranges had; how many those had that are being drained, of which some may be gone; and when a
  /// range was drained last.
  package var drainedRowCount: UInt64 = 0
  package var drainingRowCount: UInt64 = 0
  package var lastDrainedAt: String?

  /// Ranges that are being drained and have original rows without an equal copy.
  package var leftRangeCount: UInt64 = 0

  /// Ranges that are not copied, for whatever reason.
  package var openRangeCount: UInt64 {
    rangeCount.reduce(0) { $0 + (JournalRange.State.copiedStates.contains($1.key) ? 0 : $1.value) }
  }

  /// Ranges of which rows may be drained, and those of which all are.
  package var drainedRangeCount: UInt64 { (rangeCount[.drained] ?? 0) + (rangeCount[.draining] ?? 0) }

  /// Ranges that are copied, drained or not.
  package var copiedRangeCount: UInt64 {
    JournalRange.State.copiedStates.reduce(0) { $0 + (rangeCount[$1] ?? 0) }
  }
}
