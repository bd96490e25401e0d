package import MigrationJournal
package import StudentModuleHistory

/// A range whose rows in the extended table are not those of the manifest.
package struct RangeFinding: Sendable, Hashable {
  /// In which way.
  package enum Kind: String, Sendable, Hashable {
    /// It has fewer rows.
    case short
    /// It has more rows.
    case extra
    /// Rows have another content, or as many came as went.
    case changed
  }

  /// What can be told.
  package struct Verdict: Sendable, Hashable {
    package let kind: Kind

    /// The rows that are gone, changed or came, as far as they can be named.
    package var missingIDs: [UInt64] = []
    package var changedIDs: [UInt64] = []
    package var addedIDs: [UInt64] = []

    /// The same in words, and what cannot be told.
    package let sentence: String
  }

  package let range: IDRange
  package let state: JournalRange.State
  package let manifest: RangeDigest
  package let present: RangeDigest
  package let verdict: Verdict

  /// How many ids of a range are listed at most.
  package static let listedIDCount = 20

  /// The finding in one line.
  package var sentence: String { "ids \(range): \(verdict.sentence)" }
}
