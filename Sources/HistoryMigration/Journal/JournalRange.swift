public import StudentModuleHistory

/// A range as the journal holds it.
public struct JournalRange: Sendable, Hashable {
  /// What has happened to a range.
  public enum State: String, Sendable, Hashable, CaseIterable {
    /// To be copied, by whoever comes first.
    case pending
    /// Somebody copies it.
    case leased
    /// Copied: rows, count and digest were committed together with this word.
    case copied
    /// Compared after it was copied, and found to differ.
    case differs
    /// Cannot be copied until an operator has looked at it.
    case stopped
  }

  public let id: UInt64
  public let range: IDRange
  public let state: State
  public let digest: RangeDigest?
  public let attempts: Int
  public let holder: String?
  public let lastError: String?
}

/// The right to copy a range, until it is completed or somebody else takes it over.
public struct Lease: Sendable, Hashable {
  /// The journal's number of the range.
  public let rangeID: UInt64
  public let range: IDRange
  public let holder: String

  /// Counts how often the range was leased. Together with the holder it is the token without which nothing is committed.
  public let attempt: Int
}

/// What the journal knows of all ranges together.
public struct JournalTotals: Sendable, Hashable {
  public var rangeCount: [JournalRange.State: UInt64] = [:]
  public var rowCount: UInt64 = 0
  public var byteCount: UInt64 = 0
  public var adoptedRowCount: UInt64 = 0
  public var verifiedRangeCount: UInt64 = 0
  public var attemptCount: UInt64 = 0

  /// The first and last commit of a range, in the database's UTC, and the seconds between.
  public var firstCopiedAt: String?
  public var lastCopiedAt: String?
  public var copySeconds: Double?

  /// How many ids the ranges that are copied cover.
  public var idsCovered: UInt64 = 0

  /// Ranges that are not copied, for whatever reason.
  public var openRangeCount: UInt64 {
    rangeCount.reduce(0) { $0 + ($1.key == .copied ? 0 : $1.value) }
  }
}
