package import HistoryStores
internal import MigrationBase
package import MigrationJournal
package import MigrationProtocol
package import StudentModuleHistory

/// What an installation looks like now, as far as advice needs it. Gathered by ``init(pair:flags:)``, which changes nothing.
package struct InstallationMeasurements: Sendable, Hashable {
  /// One of the two tables.
  package struct Table: Sendable, Hashable, Encodable {
    package var location: String
    package var name: String
    package var generation: String

    /// The server's estimate, which may be off by a third, unless ``isRowCountExact``: small tables are counted.
    package var rows: UInt64
    package var isRowCountExact: Bool

    /// Rows and indexes on disk: the server's estimate or, if that is more, what a sample of rows suggests.
    package var bytes: UInt64

    package var smallestID: UInt64?
    package var largestID: UInt64?

    /// The id that the next row gets; above every id that the table has handed out.
    package var nextID: UInt64

    /// The largest id that the column can hold.
    package var largestPossibleID: UInt64

    package init(
      location: String, name: String, generation: String, rows: UInt64, isRowCountExact: Bool, bytes: UInt64,
      ids: IDRange?, nextID: UInt64, largestPossibleID: UInt64
    ) {
      self.location = location
      self.name = name
      self.generation = generation
      self.rows = rows
      self.isRowCountExact = isRowCountExact
      self.bytes = bytes
      smallestID = ids?.lower
      largestID = ids?.upper
      self.nextID = nextID
      self.largestPossibleID = largestPossibleID
    }

    /// Rows and indexes, a row; nil for an empty table.
    package var bytesPerRow: Double? { rows == 0 ? nil : Double(bytes) / Double(rows) }
  }

  /// What the journal says of a migration that has begun.
  package struct Progress: Sendable, Hashable, Encodable {
    package var phase: String
    package var startingID: UInt64
    package var upperBound: UInt64?
    package var copiedRows: UInt64

    /// Ranges that are stopped or differ.
    package var problemRanges: UInt64

    /// Whether a fence holds, and everything compared equal behind it.
    package var isFenced: Bool

    /// Whether rows of the original table were drained, and whether all of them are.
    package var isDrainBegun: Bool
    package var isDrained: Bool { phase == Phase.drained.rawValue }

    /// The way back, if one was begun.
    package var wayBack: WayBack?

    package init(
      phase: Phase, startingID: UInt64, upperBound: UInt64?, copiedRows: UInt64, problemRanges: UInt64,
      isFenced: Bool = false, isDrainBegun: Bool = false, wayBack: WayBack? = nil
    ) {
      self.isFenced = isFenced
      self.isDrainBegun = isDrainBegun || phase == .drained
      self.wayBack = wayBack

      self.phase = phase.rawValue
      self.startingID = startingID
      self.upperBound = upperBound
      self.copiedRows = copiedRows
      self.problemRanges = problemRanges
    }
  }

  /// The original database's time, in microseconds since 1970.
  package var measuredAt: Int64

  package var original: Table

  /// Nil if the table does not exist yet.
  package var extended: Table?
  package var extendedLocation: String
  package var extendedDatabaseExists: Bool

  package var route: Route
  package var originalServer: StoreSurroundings
  package var extendedServer: StoreSurroundings

  /// From the shortest period to the longest; none for an empty table.
  package var writeRates: [WriteRate]

  /// Nil if there is no journal.
  package var progress: Progress?

  /// Nil if the installation was not named by its LMS configuration.
  package var flags: HistoryFlags?

  /// Whether the LMS configuration does not set ENABLE_CSMH_EXTENDED, and nothing tells what that means. Then ``flags`` is nil.
  package var isFlagInDoubt = false

  package init(
    measuredAt: Int64, original: Table, extended: Table?, extendedLocation: String, extendedDatabaseExists: Bool,
    route: Route, originalServer: StoreSurroundings, extendedServer: StoreSurroundings,
    writeRates: [WriteRate], progress: Progress?, flags: HistoryFlags?
  ) {
    self.measuredAt = measuredAt
    self.original = original
    self.extended = extended
    self.extendedLocation = extendedLocation
    self.extendedDatabaseExists = extendedDatabaseExists
    self.route = route
    self.originalServer = originalServer
    self.extendedServer = extendedServer
    self.writeRates = writeRates
    self.progress = progress
    self.flags = flags
  }
}

extension InstallationMeasurements {
  /// The rate over the longest period: what forecasts go by.
  var sustainedRate: WriteRate? { writeRates.last }

  /// The highest rate of all periods: what headroom goes by.
  var highestIDsPerSecond: Double { writeRates.map(\.idsPerSecond).max() ?? 0 }

  /// How many rows are not copied yet.
  var rowsLeft: UInt64 {
    guard let progress else { return original.rows }
    if isCopied, progress.upperBound == original.largestID { return 0 }
    return original.rows.subtractingDownToZero(progress.copiedRows)
  }

  /// Whether everything up to the migration's bound is copied.
  var isCopied: Bool { [Phase.copied, .verified, .drained].map(\.rawValue).contains(progress?.phase) }

  var isVerified: Bool { [Phase.verified, .drained].map(\.rawValue).contains(progress?.phase) }

  /// Whether the LMS writes to the extended table: by the flags or, where they are not known, by rows that stand above every
  /// original id.
  var writesHaveMoved: Bool {
    if let flags { return flags.extendedEnabled }
    // Nothing is drained before both flags are on.
    if let progress, progress.isDrainBegun { return true }
    // Such rows tell nothing: an LMS with the flag off and the application installed writes both tables.
    if isFlagInDoubt { return false }
    guard let largest = extended?.largestID else { return false }
    return largest >= original.nextID
  }

  /// Whether readers take the extended table alone.
  var readersHaveMoved: Bool { flags?.readOnlyFromExtended ?? (progress?.isDrainBegun ?? false) }

  /// The rows of the site, those included that were drained: its size does not change by the migration.
  var siteRows: UInt64 {
    progress.map { $0.isDrainBegun ? max(original.rows, $0.copiedRows) : original.rows } ?? original.rows
  }

  /// Whether the original table has rows that the migration has not reached.
  var hasTail: Bool {
    guard let largest = original.largestID else { return false }
    return (progress?.upperBound).map { $0 < largest } ?? true
  }
}
