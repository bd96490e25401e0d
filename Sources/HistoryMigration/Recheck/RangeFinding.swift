public import StudentModuleHistory

/// A range whose rows in the extended table are not those of the manifest.
public struct RangeFinding: Sendable, Hashable {
  /// In which way.
  public enum Kind: String, Sendable, Hashable {
    /// It has fewer rows.
    case short
    /// It has more rows.
    case extra
    /// Rows have another content, or as many came as went.
    case changed
  }

  /// What can be told.
  public struct Verdict: Sendable, Hashable {
    public let kind: Kind

    /// The rows that are gone, changed or came, as far as they can be named.
    public var missingIDs: [UInt64] = []
    public var changedIDs: [UInt64] = []
    public var addedIDs: [UInt64] = []

    /// The same in words, and what cannot be told.
    public let sentence: String
  }

  public let range: IDRange
  public let state: JournalRange.State
  public let manifest: RangeDigest
  public let present: RangeDigest
  public let verdict: Verdict

  /// How many ids of a range are listed at most.
  public static let listedIDCount = 20

  /// The finding in one line.
  public var sentence: String { "ids \(range): \(verdict.sentence)" }
}
