public import HistoryStores
public import StudentModuleHistory

extension InstallationMeasurements {
  /// Up to this many rows are counted; of more the server's estimate is taken.
  static let countedRowLimit: UInt64 = 100_000

  /// Looks at both databases. Reads only, and only a bounded number of rows; the extended database need not exist.
  ///
  /// - Parameter flags: as the LMS configuration has them, or nil.
  /// - Throws: `HistoryStoreError`, ``MigrationError/journalTooNew(version:by:)``.
  public init(pair: StorePair, flags: HistoryFlags?) async throws {
    try await pair.refuseSameDatabase()
    let original = try await pair.original.openSession()
    do {
      let summary = try await original.currentSummary()
      let measuredAt = try await original.microsecondsSince1970()
      let table = try await Table(summary, pair.original.location, original)
      let writeRates = try await WriteRate.all(summary, original)
      await original.close()

      let inventory = try await pair.extended.inventory()
      let (extended, progress, route) = try await Self.extended(pair, inventory)
      self.init(
        measuredAt: measuredAt, original: table, extended: extended, extendedLocation: pair.extended.location,
        extendedDatabaseExists: inventory.databaseExists, route: route,
        originalServer: try await pair.provisionableOriginal.surroundings(),
        extendedServer: try await pair.extended.surroundings(), writeRates: writeRates, progress: progress,
        flags: flags)
    } catch {
      await original.close()
      throw error
    }
  }

  private static func extended(
    _ pair: StorePair, _ inventory: StoreInventory
  ) async throws -> (Table?, Progress?, StorePair.Route) {
    guard inventory.tableName != nil else { return (nil, nil, try await pair.foreseenRoute()) }
    return try await withClosing(try await pair.openLane()) { lane in
      let table = try await Table(try await lane.extended.currentSummary(), pair.extended.location, lane.extended)
      guard Journal.tableNames.allSatisfy({ inventory.otherTables.contains($0) }) else {
        return (table, nil, lane.route)
      }
      return (table, try await progress(Journal(dialect: pair.extended.dialect), lane), lane.route)
    }
  }

  private static func progress(_ journal: Journal, _ lane: StorePair.Lane) async throws -> Progress? {
    let session = lane.extended
    let migration: MigrationRecord
    do {
      migration = try await journal.migration(session)
    } catch MigrationError.notProvisioned {
      // Provisioning was interrupted between its tables and its first row.
      return nil
    }
    let totals = try await journal.totals(session)
    var isFenced = false
    if let fence = migration.fence, fence.holds(for: try await lane.original.summary()) {
      isFenced = try await journal.isProven(since: fence.takenAt, session)
    }
    return Progress(
      phase: migration.phase, startingID: migration.startingID, upperBound: migration.upperBound,
      copiedRows: totals.rowCount,
      problemRanges: (totals.rangeCount[.stopped] ?? 0) + (totals.rangeCount[.differs] ?? 0), isFenced: isFenced,
      isDrainBegun: totals.drainedRangeCount > 0,
      wayBack: try await journal.wayBack(from: session, to: lane.original, drainedAt: totals.lastDrainedAt))
  }
}

extension InstallationMeasurements.Table {
  /// - Parameter session: on this table, to count it if it is small.
  init(_ summary: TableSummary, _ location: String, _ session: any HistorySession) async throws {
    let limit = InstallationMeasurements.countedRowLimit
    // The inner limit makes this cheap for a table of any size.
    let counted =
      try await session.rows(
        "SELECT COUNT(*) FROM (SELECT id FROM \(session.tableSQL) LIMIT \(limit + 1)) AS bounded")[0][0].unsignedValue
      ?? 0
    // A server's estimate may be older than the rows, but there are never more rows than ids.
    let estimate = min(max(summary.estimatedRowCount, counted), summary.ids?.idCount ?? 0)
    let rows = counted <= limit ? counted : estimate
    // The bytes lag behind, too: a table that was just filled seems to take a few pages.
    let sampled = UInt64(Double(rows) * (try await session.sampledBytesPerRow()))
    self.init(
      location: location, name: summary.name, generation: summary.generation, rows: rows,
      isRowCountExact: counted <= limit || session.dialect == .sqlite,
      bytes: max(summary.estimatedByteCount, sampled), ids: summary.ids, nextID: summary.firstFreeID,
      largestPossibleID: summary.largestPossibleID)
  }
}

extension HistorySession {
  /// ``summary()`` with the server's newest estimates: MySQL 8 and later otherwise show some that are up to a day old.
  /// https://dev.mysql.com/doc/refman/8.4/en/server-system-variables.html#sysvar_information_schema_stats_expiry
  fileprivate func currentSummary() async throws -> TableSummary {
    if dialect == .mySQL,
      try await !rows("SHOW VARIABLES WHERE Variable_name = 'information_schema_stats_expiry'").isEmpty
    {
      try await execute("SET SESSION information_schema_stats_expiry = 0")
    }
    return try await summary()
  }

  /// What a row takes at least, told from the states of the newest and the oldest rows: 200 bytes more for the other columns, the
  /// indexes, and the room that pages keep. 0 for an empty table, and for SQLite, whose file tells its size exactly.
  fileprivate func sampledBytesPerRow() async throws -> Double {
    guard dialect == .mySQL else { return 0 }
    var (count, bytes) = (0.0, 0.0)
    for order in ["ASC", "DESC"] {
      let sample: [SQLValue]
      do {
        sample = try await rows(
          "SELECT COUNT(*), SUM(n) FROM (SELECT IFNULL(OCTET_LENGTH(state), 0) AS n FROM \(tableSQL) ORDER BY id \(order)"
            + " LIMIT 200) AS sampled")[0]
      } catch let error as HistoryStoreError where error.isTimeLimit {
        // Then the server's estimate alone tells.
        continue
      }
      count += sample[0].realValue ?? 0
      bytes += sample[1].realValue ?? 0
    }
    return count == 0 ? 0 : bytes / count + 200
  }

  /// The database's present time.
  fileprivate func microsecondsSince1970() async throws -> Int64 {
    let now = dialect == .mySQL ? "UNIX_TIMESTAMP()" : "strftime('%s', 'now')"
    return Int64((try await rows("SELECT \(now)")[0][0].realValue ?? 0) * 1_000_000)
  }
}
