public import StudentModuleHistory

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

  /// The fence that was taken last, or nil before.
  public let fence: FenceRecord?

  /// Whether every id up to ``upperBound`` belongs to a range.
  public var isFrontierEmpty: Bool {
    guard let nextLow, let nextHigh else { return true }
    return nextLow > nextHigh
  }

  /// Refuses an original table that was truncated or made anew since it was copied: its next id lies at or below the bound.
  ///
  /// - Parameter side: which of the two tables it is: the extended one on the way back.
  /// - Throws: ``MigrationError/originalEmptied(_:nextID:bound:)``.
  func refuseEmptied(_ original: TableSummary, _ side: HistorySide) throws(MigrationError) {
    guard let upperBound, original.firstFreeID <= upperBound else { return }
    throw .originalEmptied(side, nextID: original.firstFreeID, bound: upperBound)
  }

  /// How many ids belong to no range yet.
  public var idsLeft: UInt64 {
    guard let nextLow, let nextHigh, nextLow <= nextHigh else { return 0 }
    return nextHigh - nextLow + 1
  }
}

/// What the original table was like when nobody was writing to it: its largest id, 0 if it was empty, and its next one.
public struct FenceRecord: Sendable, Hashable {
  public let largestID: UInt64
  public let nextID: UInt64

  /// The extended database's UTC.
  public let takenAt: String

  /// Whether the table has handed out no id since: a straggler, which is a process that still writes there, moves the counter.
  public func holds(for original: TableSummary) -> Bool {
    original.firstFreeID <= nextID && (original.ids?.upper ?? 0) <= largestID
  }
}

/// Where a migration stands.
public enum Phase: String, Sendable, Hashable, CaseIterable {
  case provisioned
  case copying
  case copied
  case verified
  /// Everything was verified, and the original table is empty up to the bound.
  case drained

  /// Whether every range up to the bound was compared equal.
  public var isVerified: Bool { self == .verified || self == .drained }
}

/// Something that happened, as the journal tells it.
public struct JournalEvent: Sendable, Hashable {
  /// The database's UTC.
  public let happenedAt: String
  public let kind: String
  public let detail: String
}
