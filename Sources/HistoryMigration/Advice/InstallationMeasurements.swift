public import HistoryStores
public import StudentModuleHistory

/// What an installation looks like now, as far as advice needs it. Gathered by ``init(pair:flags:)``, which changes nothing.
public struct InstallationMeasurements: Sendable, Hashable {
  /// One of the two tables.
  public struct Table: Sendable, Hashable, Encodable {
    public var location: String
    public var name: String
    public var generation: String

    /// The server's estimate, which may be off by a third, unless ``isRowCountExact``: small tables are counted.
    public var rows: UInt64
    public var isRowCountExact: Bool

    /// Rows and indexes on disk: the server's estimate or, if that is more, what a sample of rows suggests.
    public var bytes: UInt64

    public var smallestID: UInt64?
    public var largestID: UInt64?

    /// The id that the next row gets; above every id that the table has handed out.
    public var nextID: UInt64

    /// The largest id that the column can hold.
    public var largestPossibleID: UInt64

    public init(
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
    public var bytesPerRow: Double? { rows == 0 ? nil : Double(bytes) / Double(rows) }
  }

  /// What the journal says of a migration that has begun.
  public struct Progress: Sendable, Hashable, Encodable {
    public var phase: String
    public var startingID: UInt64
    public var upperBound: UInt64?
    public var copiedRows: UInt64

    /// Ranges that are stopped or differ.
    public var problemRanges: UInt64

    /// Whether a fence holds, and everything compared equal behind it.
    public var isFenced: Bool

    /// Whether rows of the original table were drained, and whether all of them are.
    public var isDrainBegun: Bool
    public var isDrained: Bool { phase == Phase.drained.rawValue }

    /// The way back, if one was begun.
    public var wayBack: WayBack?

    public init(
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
  public var measuredAt: Int64

  public var original: Table

  /// Nil if the table does not exist yet.
  public var extended: Table?
  public var extendedLocation: String
  public var extendedDatabaseExists: Bool

  public var route: Route
  public var originalServer: StoreSurroundings
  public var extendedServer: StoreSurroundings

  /// From the shortest period to the longest; none for an empty table.
  public var writeRates: [WriteRate]

  /// Nil if there is no journal.
  public var progress: Progress?

  /// Nil if the installation was not named by its LMS configuration.
  public var flags: HistoryFlags?

  /// Whether the LMS configuration does not set ENABLE_CSMH_EXTENDED, and nothing tells what that means. Then ``flags`` is nil.
  public var isFlagInDoubt = false

  public init(
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
