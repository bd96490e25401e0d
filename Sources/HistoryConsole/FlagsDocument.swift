internal import Foundation
package import StudentModuleHistory

/// What the flags are, what they mean, and which changes of them are safe now.
package struct FlagsDocument: Sendable, Hashable, Codable {
  /// A change of one flag.
  package struct Change: Sendable, Hashable, Codable {
    package enum Verdict: String, Sendable, Hashable, Codable {
      case safe
      case unsafe
    }

    /// The flag's name: `ENABLE_CSMH_EXTENDED` or `READ_ONLY_FROM_CSMHE`.
    package var flag: String

    /// What it would be set to.
    package var value: Bool

    package var verdict: Verdict

    /// Why, as a sentence.
    package var reason: String

    package init(flag: String, value: Bool, verdict: Verdict, reason: String) {
      self.flag = flag
      self.value = value
      self.verdict = verdict
      self.reason = reason
    }
  }

  /// `ENABLE_CSMH_EXTENDED`
  package var extendedEnabled: Bool

  /// `READ_ONLY_FROM_CSMHE`
  package var readOnlyFromExtended: Bool

  /// What the flags mean for reads and writes, as a sentence.
  package var meaning: String

  /// The migration's phase, or nil if the journal does not exist or cannot be read.
  package var phase: String?

  /// The smallest id that a native row may have, from the journal.
  package var startingID: UInt64?

  /// The largest original id that the migration reaches up to, from the journal.
  package var upperBound: UInt64?

  /// What could be changed, with a verdict each.
  package var changes: [Change]

  package init(
    flags: HistoryFlags, phase: String? = nil, startingID: UInt64? = nil, upperBound: UInt64? = nil,
    changes: [Change] = []
  ) {
    extendedEnabled = flags.extendedEnabled
    readOnlyFromExtended = flags.readOnlyFromExtended
    meaning = flags.meaning
    self.phase = phase
    self.startingID = startingID
    self.upperBound = upperBound
    self.changes = changes
  }

  enum CodingKeys: String, CodingKey {
    case extendedEnabled = "ENABLE_CSMH_EXTENDED"
    case readOnlyFromExtended = "READ_ONLY_FROM_CSMHE"
    case meaning
    case phase
    case startingID = "starting_id"
    case upperBound = "upper_bound"
    case changes
  }

  /// Every member is told, also where it is null.
  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(extendedEnabled, forKey: .extendedEnabled)
    try container.encode(readOnlyFromExtended, forKey: .readOnlyFromExtended)
    try container.encode(meaning, forKey: .meaning)
    try container.encode(phase, forKey: .phase)
    try container.encode(startingID, forKey: .startingID)
    try container.encode(upperBound, forKey: .upperBound)
    try container.encode(changes, forKey: .changes)
  }
}
