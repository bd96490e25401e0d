/// The journal's one row about the migration as a whole.
public struct MigrationRecord: Sendable, Hashable {
  /// A random name that tells this migration from every other.
  public let identity: String

  /// The csmh that began it.
  public let csmhVersion: String

  /// When it was provisioned, in the database's UTC.
  public let createdAt: String

  public let phase: Phase

  /// The smallest id that a native row may have.
  public let startingID: UInt64

  /// The largest original id that the migration reaches up to, or nil before copying began.
  public let upperBound: UInt64?

  /// The smallest and largest id that no range covers yet; nothing is left if the first lies above the second.
  public let nextLow: UInt64?
  public let nextHigh: UInt64?

  public let originalTable: String
  public let extendedTable: String

  /// Whether every id up to ``upperBound`` belongs to a range.
  public var isFrontierEmpty: Bool {
    guard let nextLow, let nextHigh else { return true }
    return nextLow > nextHigh
  }

  /// How many ids belong to no range yet.
  public var idsLeft: UInt64 {
    guard let nextLow, let nextHigh, nextLow <= nextHigh else { return 0 }
    return nextHigh - nextLow + 1
  }
}

/// Where a migration stands.
public enum Phase: String, Sendable, Hashable, CaseIterable {
  case provisioned
  case copying
  case copied
  case verified
}

/// Something that happened, as the journal tells it.
public struct JournalEvent: Sendable, Hashable {
  /// The database's UTC.
  public let happenedAt: String
  public let kind: String
  public let detail: String
}
