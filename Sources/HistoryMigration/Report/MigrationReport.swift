public import HistoryStores
internal import StudentModuleHistory

/// What the journal and the two tables say of a migration: for `status` and `report`, and for an operator's files.
public struct MigrationReport: Sendable, Codable {
  /// The form of the document; it grows only by new members.
  public var formatVersion = 1
  public var csmhVersion: String
  public var identity: String
  public var phase: String
  public var provisionedAt: String
  public var original: Table
  public var extended: Table
  public var route: String
  public var startingID: UInt64
  public var nextNativeID: UInt64
  public var upperBound: UInt64?
  public var copied: Copied
  public var openRanges: UInt64
  public var ranges: [String: UInt64]
  public var verifiedRanges: UInt64
  public var idsWithoutRange: UInt64

  /// Rows that the original table has above ``upperBound``, and rows of the extended table from the starting id on.
  public var originalRowsBeyond: UInt64?
  public var nativeRows: UInt64?
  public var problems: [Problem]

  /// What is wrong with the flags of the LMS configuration; `status` only, where they are known.
  public var flagWarnings: [String]?
  public var events: [Event]
  public var nextSteps: [String]

  public struct Table: Sendable, Codable {
    public var location: String
    public var name: String
    public var generation: String
    public var estimatedRows: UInt64
    public var estimatedBytes: UInt64
    public var smallestID: UInt64?
    public var largestID: UInt64?
  }

  public struct Copied: Sendable, Codable {
    public var rows: UInt64
    public var bytes: UInt64
    public var adoptedRows: UInt64
    public var ranges: UInt64
    public var attempts: UInt64
    public var seconds: Double?
    public var rowsPerSecond: Double?

    /// How many rows all processes copied in the last minute, a second.
    public var recentRowsPerSecond: Double?

    /// The share of the ids up to the bound that is copied, from 0 to 1.
    public var shareCopied: Double

    /// An estimate of the rows that are left, and the seconds that they take at the recent rate; or why that is unknown.
    public var rowsLeft: UInt64
    public var etaSeconds: Double?
    public var etaUnknownBecause: String?

    /// The digest of all copied rows together.
    public var digest: String
  }

  public struct Problem: Sendable, Codable {
    public var lowerID: UInt64
    public var upperID: UInt64
    public var state: String
    public var reason: String
  }

  public struct Event: Sendable, Codable {
    public var at: String
    public var kind: String
    public var detail: String
  }

  /// Whether everything up to the bound is copied and was compared.
  public var isVerified: Bool { Phase(rawValue: phase)?.isVerified ?? false }
}

extension MigrationReport {
  /// Reads the journal.
  ///
  /// - Parameter countsRows: whether rows beyond the bound and native rows are counted, which reads an index of them.
  /// - Throws: ``MigrationError/notProvisioned``, ``HistoryStoreError``.
  public init(pair: StorePair, countsRows: Bool) async throws {
    let journal = Journal(dialect: pair.extended.dialect)
    let lane = try await pair.openLane()
    self = try await withClosing(lane) { lane in
      let migration = try await journal.migration(lane.extended)
      let totals = try await journal.totals(lane.extended)
      let originalSummary = try await lane.original.summary()
      let extendedSummary = try await lane.extended.summary()
      var beyond: UInt64?
      var native: UInt64?
      if countsRows {
        beyond = try await lane.original.rowCount(from: migration.upperBound.map { $0 + 1 } ?? 0)
        native = try await lane.extended.rowCount(from: migration.startingID)
      }
      let problems = try await journal.ranges(from: 0, limit: 50, states: [.stopped, .differs], lane.extended)
      let seconds = totals.copySeconds.flatMap { $0 > 0 ? $0 : nil }
      let recent = try await journal.recentRowsPerSecond(lane.extended)
      let isDone = migration.isFrontierEmpty && totals.openRangeCount == 0
      let left =
        isDone
        ? 0
        : totals.estimatedRowsLeft(migration)
          ?? originalSummary.estimatedRowCount.subtractingDownToZero(totals.rowCount)
      let ids = migration.upperBound.map { Double($0) + 1 } ?? 0
      return MigrationReport(
        csmhVersion: HistoryMigration.csmhVersion, identity: migration.identity, phase: migration.phase.rawValue,
        provisionedAt: migration.createdAt, original: Table(pair.original.location, originalSummary),
        extended: Table(pair.extended.location, extendedSummary), route: lane.route.rawValue,
        startingID: migration.startingID, nextNativeID: extendedSummary.nextID, upperBound: migration.upperBound,
        copied: Copied(
          rows: totals.rowCount, bytes: totals.byteCount, adoptedRows: totals.adoptedRowCount,
          ranges: totals.copiedRangeCount, attempts: totals.attemptCount, seconds: seconds,
          rowsPerSecond: seconds.map { Double(totals.rowCount) / $0 }, recentRowsPerSecond: recent,
          shareCopied: ids > 0 ? Double(totals.idsCovered) / ids : 0, rowsLeft: left,
          etaSeconds: isDone ? 0 : recent.map { Double(left) / $0 },
          etaUnknownBecause: isDone || recent != nil ? nil : "no range was copied in the last minute",
          digest: try await Self.digest(journal, lane.extended).description),
        openRanges: totals.openRangeCount,
        ranges: Dictionary(uniqueKeysWithValues: totals.rangeCount.map { ($0.key.rawValue, $0.value) }),
        verifiedRanges: totals.verifiedRangeCount, idsWithoutRange: migration.idsLeft, originalRowsBeyond: beyond,
        nativeRows: native,
        problems: problems.map {
          Problem(
            lowerID: $0.range.lower, upperID: $0.range.upper, state: $0.state.rawValue,
            reason: $0.lastError ?? "unknown")
        },
        events: try await journal.events(lane.extended, limit: 20).map {
          Event(at: $0.happenedAt, kind: $0.kind, detail: $0.detail)
        },
        nextSteps: Self.nextSteps(migration, totals, beyond: beyond))
    }
  }

  /// The digests of the copied ranges, combined.
  private static func digest(_ journal: Journal, _ session: any HistorySession) async throws -> RangeDigest {
    var digest = RangeDigest.empty
    var lower: UInt64? = 0
    while let from = lower {
      let page = try await journal.ranges(from: from, limit: 1_000, states: JournalRange.State.copiedStates, session)
      for entry in page { if let part = entry.digest { digest.add(part) } }
      lower = page.last.map { $0.range.upper + 1 }
    }
    return digest
  }

  private static func nextSteps(_ migration: MigrationRecord, _ totals: JournalTotals, beyond: UInt64?) -> [String] {
    if (totals.rangeCount[.stopped] ?? 0) + (totals.rangeCount[.differs] ?? 0) > 0 {
      return ["look at the problems above, mend them, then run csmh copy again, and csmh verify"]
    }
    switch migration.phase {
    case .provisioned: return ["csmh copy (or csmh migrate, which also verifies)"]
    case .copying: return ["csmh copy: it goes on where it stopped"]
    case .copied: return ["csmh verify"]
    case .verified:
      var steps: [String] = []
      if let beyond, beyond > 0 {
        steps.append(
          "the original table has \(beyond) newer rows: turn on ENABLE_CSMH_EXTENDED if it is off, then run csmh migrate again"
        )
      } else {
        steps.append(
          "turn on ENABLE_CSMH_EXTENDED if it is off, then run csmh migrate again for what was written meanwhile")
      }
      return steps
    case .drained: return ["csmh recheck: it compares the extended table with the manifest"]
    }
  }
}

extension MigrationReport.Table {
  init(_ location: String, _ summary: TableSummary) {
    self.init(
      location: location, name: summary.name, generation: summary.generation, estimatedRows: summary.estimatedRowCount,
      estimatedBytes: summary.estimatedByteCount, smallestID: summary.ids?.lower, largestID: summary.ids?.upper)
  }
}
