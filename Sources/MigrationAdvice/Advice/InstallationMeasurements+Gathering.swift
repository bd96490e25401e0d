package import HistoryStores
internal import MigrationBase
internal import MigrationJournal
internal import MigrationProtocol
package import StudentModuleHistory

extension InstallationMeasurements {
  /// Up to this many rows are counted; of more the server's estimate is taken.
  static let countedRowLimit: UInt64 = 100_000

  /// Looks at both databases. Reads only, and only a bounded number of rows; the extended database need not exist.
  ///
  /// - Parameter flags: as the LMS configuration has them, or nil.
  /// - Throws: `HistoryStoreError`, ``MigrationError/journalTooNew(version:by:)``.
  package init(pair: StorePair, flags: HistoryFlags?) async throws {
    try await pair.refuseSameDatabase()
    let original = try await pair.original.openSession()
    do {
      let summary = try await original.summary(isFresh: true)
      let measuredAt = HistoryTimestamp(try await original.now())?.microsecondsSince1970 ?? 0
      let table = try await Table(summary, pair.original.location, original)
      let writeRates = try await WriteRate.all(summary, original)
      await original.close()

      let inventory = try await pair.extended.inventory()
      let (extended, progress, route) = try await Self.extended(pair, inventory)
      self.init(
        measuredAt: measuredAt, original: table, extended: extended, extendedLocation: pair.extended.location,
        extendedDatabaseExists: inventory.databaseExists, route: route,
        originalServer: try await pair.original.surroundings(),
        extendedServer: try await pair.extended.surroundings(), writeRates: writeRates, progress: progress,
        flags: flags)
    } catch {
      await original.close()
      throw error
    }
  }

  private static func extended(
    _ pair: StorePair, _ inventory: StoreInventory
  ) async throws -> (Table?, Progress?, Route) {
    guard inventory.tableName != nil else { return (nil, nil, try await pair.foreseenRoute()) }
    return try await withClosing(try await pair.openLane()) { lane in
      let table = try await Table(try await lane.target.summary(isFresh: true), pair.extended.location, lane.target)
      guard Journal.tableNames.allSatisfy({ inventory.otherTables.contains($0) }) else {
        return (table, nil, lane.route)
      }
      return (table, try await progress(Journal(), lane), lane.route)
    }
  }

  private static func progress(_ journal: Journal, _ lane: Lane) async throws -> Progress? {
    let session = lane.target
    let migration: MigrationRecord
    do {
      migration = try await journal.migration(session)
    } catch MigrationError.notProvisioned {
      // Provisioning was interrupted between its tables and its first row.
      return nil
    }
    let totals = try await journal.totals(session)
    var isFenced = false
    if let fence = migration.fence, fence.holds(for: try await lane.source.summary()) {
      isFenced = try await journal.isProven(since: fence.takenAt, session)
    }
    return Progress(
      phase: migration.phase, startingID: migration.startingID, upperBound: migration.upperBound,
      copiedRows: totals.rowCount,
      problemRanges: (totals.rangeCount[.stopped] ?? 0) + (totals.rangeCount[.differs] ?? 0), isFenced: isFenced,
      isDrainBegun: totals.drainedRangeCount > 0,
      wayBack: try await journal.wayBack(from: session, to: lane.source, drainedAt: totals.lastDrainedAt))
  }
}

extension InstallationMeasurements.Table {
  /// - Parameter session: on this table, to count it if it is small.
  init(_ summary: TableSummary, _ location: String, _ session: any HistorySession) async throws {
    let limit = InstallationMeasurements.countedRowLimit
    let counted = try await session.rowCount(RowSelection(limit: Int(limit) + 1))
    // A server's estimate may be older than the rows, but there are never more rows than ids.
    let estimate = min(max(summary.estimatedRowCount, counted), summary.ids?.idCount ?? 0)
    let rows = counted <= limit ? counted : estimate
    // The bytes lag behind, too: a table that was just filled seems to take a few pages.
    let sampled = UInt64(Double(rows) * (summary.isExact ? 0 : try await session.sampledBytesPerRow()))
    self.init(
      location: location, name: summary.name, generation: summary.generation, rows: rows,
      isRowCountExact: counted <= limit || summary.isExact,
      bytes: max(summary.estimatedByteCount, sampled), ids: summary.ids, nextID: summary.firstFreeID,
      largestPossibleID: summary.largestPossibleID)
  }
}

extension HistorySession {
  /// What a row takes at least, told from the states of the newest and the oldest rows: 200 bytes more for the other columns, the
  /// indexes, and the room that pages keep. 0 for an empty table.
  fileprivate func sampledBytesPerRow() async throws -> Double {
    var sizes: [RowSize] = []
    for order in [RowSelection.Order.ascending, .descending] {
      do {
        sizes += try await self.sizes(RowSelection(order: order, limit: 200))
      } catch let error as HistoryStoreError where error.isTimeLimit {
        // Then the server's estimate alone tells.
        continue
      }
    }
    guard !sizes.isEmpty else { return 0 }
    return sizes.reduce(0) { $0 + Double($1.stateByteCount) } / Double(sizes.count) + 200
  }
}
