internal import MigrationBase
internal import MigrationJournal
internal import StudentModuleHistory

extension ReturnPreparation {
  /// What both databases say now.
  struct Situation: Sendable {
    /// What there is of a journal of the way back.
    struct Back: Sendable {
      /// Whether all its tables are there.
      var isWhole: Bool
      var record: MigrationRecord?

      /// The migration's name, in a journal of any version.
      var identity: String?
      var firstID: UInt64?
      var old: Journal.Old?

      /// The columns that it lacks of those of today.
      var lacking: [SchemaChange]
    }

    var inventory: StoreInventory
    var migration: MigrationRecord
    var totals: JournalTotals
    var original: TableSummary
    var extended: TableSummary
    var rowsBeyond: UInt64
    var isProven: Bool

    /// The smallest id above what was copied: that of the first native row; nil without any.
    var firstNativeID: UInt64?

    /// Whether the first journal's last word is that a way back was begun, and not that it had ended.
    var isBegunLast: Bool

    /// When the way back was begun, by the extended database's clock, which also tells when ranges were drained.
    var backBegunAt: String?

    /// Whether native rows may have the ids of original ones; and whether they are all in ranges that were copied.
    var hasLowNativeRows: Bool
    var hasOnlyReusedRows: Bool

    /// The journal of the way back, the smallest id that it speaks of, and what there is of it if it is too old; nil where there is
    /// none.
    var back: Back?

    var isDrained: Bool { totals.drainedRangeCount > 0 }

    /// Whether the migration there had ended: then every original row stands in the extended table, and all can be compared.
    var isMigrated: Bool {
      migration.isFrontierEmpty && totals.openRangeCount == 0 && migration.upperBound != nil && rowsBeyond == 0
    }

    /// The smallest id that has to come back. Before the migration there has ended, the original table keeps its rows, of which the
    /// extended one lacks some; then only native rows come back.
    var firstID: UInt64 { isDrained || isMigrated ? 0 : min(firstNativeID ?? .max, migration.startingID) }

    /// Whether a way back was begun, by this csmh or an older one.
    var isBackBegun: Bool { back.map { $0.record != nil || $0.old != nil } ?? false }

    /// Whether the journal of an earlier way back is of no use: since then rows were drained that it calls returned.
    var isBackStale: Bool {
      guard isBackBegun, let back else { return false }
      if let drainedAt = totals.lastDrainedAt, backBegunAt ?? "" < drainedAt { return true }
      return isDrained && (back.firstID ?? 0) > 0
    }
  }

  func situation() async throws -> Situation {
    let report = try await StartingIDReport(lanes: lanes.lanes(.there), stop: stop)
    let low = report.lowNativeRowCount
    let inventory = try await schema.inventory()
    return try await withClosing(try await lanes.openLane()) { lane in
      let journal = Journal()
      let migration = try await journal.migration(lane.source)
      let bound = migration.upperBound ?? 0
      let isDrained = try await journal.totals(lane.source).drainedRangeCount > 0
      let firstNativeID = try await lane.source.firstID(from: bound + 1)
      let original = try await lane.target.summary()
      return Situation(
        inventory: inventory, migration: migration, totals: try await journal.totals(lane.source),
        original: original, extended: try await lane.source.summary(),
        rowsBeyond: try await lane.target.rowCount(RowSelection(from: bound + 1)),
        isProven: try await journal.isProven(since: nil, lane.source),
        firstNativeID: firstNativeID,
        isBegunLast: try await journal.latest([Journal.returnBegunKind, Journal.returnedKind], lane.source)?.kind
          == Journal.returnBegunKind,
        backBegunAt: try await journal.latest([Journal.returnBegunKind], lane.source)?.happenedAt,
        // Where the original table was drained, its rows are no measure of what is native.
        hasLowNativeRows: !isDrained && (low > 0 || firstNativeID ?? .max <= original.ids?.upper ?? 0),
        hasOnlyReusedRows: report.hasOnlyReusedRows,
        back: try await back(inventory, lane))
    }
  }

  private func back(
    _ inventory: StoreInventory, _ lane: Lane
  ) async throws -> Situation.Back? {
    guard Journal.tableNames.contains(where: { inventory.otherTables.contains($0) }) else { return nil }
    let journal = Journal()
    var back = Situation.Back(
      isWhole: Journal.tableNames.allSatisfy { inventory.otherTables.contains($0) },
      lacking: try await journal.lackingColumns(lane.target))
    guard back.isWhole else { return back }
    back.firstID = try await firstID(of: lane.target)
    back.identity = try await lane.target.select([.identity], JournalQuery(.migration)).first?[0].textValue
    do {
      back.record = try await journal.migrationIfAny(lane.target)
    } catch MigrationError.journalTooOld(let version) {
      back.old = try await journal.old(version: version, lane.target)
    }
    return back
  }

  /// The smallest id that a journal of any version speaks of: in a range, or still to be made one (what is newest may come first), or the
  /// one above which it was begun.
  private func firstID(of session: any HistorySession) async throws -> UInt64? {
    let range = try await session.select([.lowerID], JournalQuery(.range, order: .lowerID, limit: 1)).first?[0]
    let row = try await session.select([.nextLow, .nextHigh, .upperBound], JournalQuery(.migration)).first
    var first = range?.unsignedValue
    if let low = row?[0].unsignedValue, let high = row?[1].unsignedValue, low <= high { first = min(first ?? low, low) }
    return first ?? row?[2].unsignedValue.map { $0 + 1 }
  }
}
