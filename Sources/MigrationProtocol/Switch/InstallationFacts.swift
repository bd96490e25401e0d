package import MigrationBase
package import MigrationJournal
package import StudentModuleHistory

/// What has to be known of an installation to say which change of its flags is safe.
package struct InstallationFacts: Sendable, Hashable {
  package var flags: HistoryFlags

  /// Set where the LMS configuration does not set ENABLE_CSMH_EXTENDED, and nothing tells what that means. Of ``flags``, it then is off.
  package var doubt: FlagDoubt?

  /// Whether the extended table exists.
  package var hasExtendedTable: Bool

  /// What the two counters say; nil without an extended table.
  package var startingID: StartingIDReport?

  /// Where the migration stands, or nil if none was provisioned.
  package var phase: Phase?

  /// The largest original id that the migration covers.
  package var upperBound: UInt64?

  /// How many rows the original table has above ``upperBound``; without a migration all of them, as the server estimates.
  package var originalRowsBeyond: UInt64

  /// About how many rows of the original table are not copied yet.
  package var uncopiedRows: UInt64

  /// Whether every id up to the bound was compared equal, behind the fence if there is one.
  package var isProven: Bool

  /// Whether a fence was taken; and whether nobody has written to the original table since.
  package var hasFence: Bool
  package var fenceHolds: Bool

  /// Whether the original table has rows under ids that were drained: those of a process that still writes to it.
  package var hasRowsUnderDrainedIDs = false

  /// Whether the extended table holds rows that the LMS wrote itself.
  package var hasNativeRows: Bool

  /// Whether rows of the original table were drained.
  package var isDrained: Bool

  package init(
    flags: HistoryFlags, hasExtendedTable: Bool, startingID: StartingIDReport?, phase: Phase?, upperBound: UInt64?,
    originalRowsBeyond: UInt64, uncopiedRows: UInt64, isProven: Bool, hasFence: Bool, fenceHolds: Bool,
    hasNativeRows: Bool, isDrained: Bool = false
  ) {
    self.flags = flags
    self.hasExtendedTable = hasExtendedTable
    self.startingID = startingID
    self.phase = phase
    self.upperBound = upperBound
    self.originalRowsBeyond = originalRowsBeyond
    self.uncopiedRows = uncopiedRows
    self.isProven = isProven
    self.hasFence = hasFence
    self.fenceHolds = fenceHolds
    self.hasNativeRows = hasNativeRows
    self.isDrained = isDrained
  }

  /// Looks at both databases; changes nothing.
  ///
  /// - Throws: `HistoryStoreError`, ``MigrationError/journalTooNew(version:by:)``.
  package init(lanes: any LaneProvider, flags: HistoryFlags, stop: StopSignal = StopSignal()) async throws {
    self = try await retrying(stop) {
      try await InstallationFacts(lookingAt: lanes, flags: flags, stop)
    }
  }

  private init(lookingAt lanes: any LaneProvider, flags: HistoryFlags, _ stop: StopSignal) async throws {
    guard try await lanes.isTargetThere() else {
      let rows = try await withSession(lanes.source) { try await $0.summary().estimatedRowCount }
      self.init(
        flags: flags, hasExtendedTable: false, startingID: nil, phase: nil, upperBound: nil, originalRowsBeyond: rows,
        uncopiedRows: rows, isProven: false, hasFence: false, fenceHolds: false, hasNativeRows: false)
      return
    }
    let report = try await StartingIDReport(lanes: lanes, stop: stop)
    let journal = Journal()
    self = try await withClosing(try await lanes.openLane()) { lane in
      let original = try await lane.source.summary()
      guard let migration = try await journal.migrationIfAny(lane.target) else {
        // Without a migration nothing was copied by csmh, and rows above the original ids are the LMS's own.
        return InstallationFacts(
          flags: flags, hasExtendedTable: true, startingID: report, phase: nil, upperBound: nil,
          originalRowsBeyond: original.estimatedRowCount, uncopiedRows: original.estimatedRowCount,
          isProven: false, hasFence: false, fenceHolds: false,
          hasNativeRows: try await lane.target.hasRows(from: original.firstFreeID)
        )
      }
      let totals = try await journal.totals(lane.target)
      // Before the first copy that is the whole table, which is not counted.
      let beyond =
        if let bound = migration.upperBound { try await lane.source.rowCount(RowSelection(from: bound + 1)) } else {
          original.estimatedRowCount
        }
      // A row under an id that was drained is a straggler's, also where the counter has gone back behind the fence.
      var hasDrainedID = false
      if let lowest = original.ids?.lower {
        let hasGoneBack = totals.drainedRangeCount > 0 && original.firstFreeID <= migration.upperBound ?? 0
        hasDrainedID = hasGoneBack ? true : try await journal.isDrained(lowest, lane.target)
      }
      let isCopied = migration.isFrontierEmpty && totals.openRangeCount == 0
      var facts = InstallationFacts(
        flags: flags, hasExtendedTable: true, startingID: report, phase: migration.phase,
        upperBound: migration.upperBound, originalRowsBeyond: beyond,
        uncopiedRows: isCopied ? beyond : original.estimatedRowCount.subtractingDownToZero(totals.rowCount),
        isProven: try await journal.isProven(since: migration.fence?.takenAt, lane.target),
        hasFence: migration.fence != nil,
        fenceHolds: !hasDrainedID && migration.fence?.holds(for: original) ?? false,
        // No copy lies above the bound.
        hasNativeRows: try await lane.target.hasRows(
          from: migration.upperBound.map { $0 + 1 } ?? original.firstFreeID),
        isDrained: totals.drainedRangeCount > 0)
      facts.hasRowsUnderDrainedIDs = hasDrainedID
      return facts
    }
  }
}
