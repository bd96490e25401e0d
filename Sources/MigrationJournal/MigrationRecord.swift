package import MigrationBase
package import StudentModuleHistory

/// The journal's one row about the migration as a whole.
package struct MigrationRecord: Sendable, Hashable {
  /// A random name that tells this migration from every other.
  package let identity: String

  /// The csmh that began it.
  package let csmhVersion: String

  /// When it was provisioned, in the database's UTC.
  package let createdAt: String

  package let phase: Phase

  /// The smallest id that a native row may have.
  package let startingID: UInt64

  /// The largest original id that the migration reaches up to, or nil before copying began.
  package let upperBound: UInt64?

  /// The smallest and largest id that no range covers yet; nothing is left if the first lies above the second.
  package let nextLow: UInt64?
  package let nextHigh: UInt64?

  package let originalTable: String
  package let extendedTable: String

  /// The fence that was taken last, or nil before.
  package let fence: FenceRecord?

  /// The number of the last draining that was begun, or taken back; 0 before.
  package let recordNumber: UInt64

  /// Whether every id up to ``upperBound`` belongs to a range.
  package var isFrontierEmpty: Bool {
    guard let nextLow, let nextHigh else { return true }
    return nextLow > nextHigh
  }

  /// Refuses an original table that was truncated or made anew since it was copied: its next id lies at or below the bound.
  ///
  /// - Parameter side: which of the two tables it is: the extended one on the way back.
  /// - Throws: ``MigrationError/originalEmptied(_:nextID:bound:)``.
  package func refuseEmptied(_ original: TableSummary, _ side: HistorySide) throws(MigrationError) {
    guard let upperBound, original.firstFreeID <= upperBound else { return }
    throw .originalEmptied(side, nextID: original.firstFreeID, bound: upperBound)
  }

  /// How many ids belong to no range yet.
  package var idsLeft: UInt64 {
    guard let nextLow, let nextHigh, nextLow <= nextHigh else { return 0 }
    return nextHigh - nextLow + 1
  }
}

/// What the original table was like when nobody was writing to it: its largest id, 0 if it was empty, and its next one.
package struct FenceRecord: Sendable, Hashable {
  package let largestID: UInt64
  package let nextID: UInt64

  /// The extended database's UTC.
  package let takenAt: String

  package init(largestID: UInt64, nextID: UInt64, takenAt: String) {
    self.largestID = largestID
    self.nextID = nextID
    self.takenAt = takenAt
  }

  /// Whether the table has handed out no id since: a straggler, which is a process that still writes there, moves the counter.
  package func holds(for original: TableSummary) -> Bool {
    original.firstFreeID <= nextID && (original.ids?.upper ?? 0) <= largestID
  }
}

/// Where a migration stands.
package enum Phase: String, Sendable, Hashable, CaseIterable {
  case provisioned
  case copying
  case copied
  case verified
  /// Everything was verified, and the original table is empty up to the bound.
  case drained

  /// Whether every range up to the bound was compared equal.
  package var isVerified: Bool { self == .verified || self == .drained }
}

/// Something that happened, as the journal tells it.
package struct JournalEvent: Sendable, Hashable {
  /// The database's UTC.
  package let happenedAt: String
  package let kind: String
  package let detail: String
}
