internal import HistoryStores
public import StudentModuleHistory

/// What the rules decide from: gathered once, by ``init(pair:flags:)``, which changes nothing.
public struct CheckFacts: Sendable {
  public var isSQLite: Bool
  public var original: Side
  public var extended: Side

  /// As the LMS configuration has them; nil if the installation was not named by it, or if it does not set ENABLE_CSMH_EXTENDED and
  /// nothing tells what that means.
  public var flags: HistoryFlags?

  /// What else the LMS configuration says; nil if the installation was not named by it.
  public var configuration: Configuration?

  /// Sizes, ids, write rates, the journal. Unknown where the original table cannot be read.
  public var measurements: Finding<InstallationMeasurements>

  /// The two counters. Unknown without an extended table.
  public var startingID: Finding<StartingIDReport>

  /// The largest row of a sample of the original table.
  public var widestRow: Finding<WidestRow?>

  /// What stands in the extended table among the original ids.
  public var standingRows: Finding<StandingIDs>

  /// How the two tables' newest rows lie in time.
  public var activity: Finding<WriteActivity>

  public var sides: [Side] { [original, extended] }

  /// Whether rows do not leave the server.
  var isInsideServer: Bool { measurements.value?.route == .insideServer }

  public init(
    isSQLite: Bool, original: Side, extended: Side, flags: HistoryFlags?,
    measurements: Finding<InstallationMeasurements>, startingID: Finding<StartingIDReport>,
    widestRow: Finding<WidestRow?>, standingRows: Finding<StandingIDs>, activity: Finding<WriteActivity>
  ) {
    self.isSQLite = isSQLite
    self.original = original
    self.extended = extended
    self.flags = flags
    self.measurements = measurements
    self.startingID = startingID
    self.widestRow = widestRow
    self.standingRows = standingRows
    self.activity = activity
  }
}

/// The largest row that a sample of the original table showed.
public struct WidestRow: Sendable, Hashable {
  public var id: UInt64

  /// What the row takes in a statement: its texts in UTF-8 with quotes doubled, and some room for the other columns.
  public var statementByteCount: UInt64

  /// What a row whose quotes were not counted takes at most, if every byte of its state is one; never less than
  /// ``statementByteCount``.
  public var possibleByteCount: UInt64

  /// How many rows were looked at, whether these are all, and whether looking took too long for more.
  public var sampledRowCount: UInt64
  public var isWholeTable: Bool
  public var hasGivenUp: Bool

  public init(
    id: UInt64, statementByteCount: UInt64, possibleByteCount: UInt64? = nil, sampledRowCount: UInt64,
    isWholeTable: Bool, hasGivenUp: Bool = false
  ) {
    self.id = id
    self.statementByteCount = statementByteCount
    self.possibleByteCount = possibleByteCount ?? statementByteCount
    self.sampledRowCount = sampledRowCount
    self.isWholeTable = isWholeTable
    self.hasGivenUp = hasGivenUp
  }
}

/// Rows of the extended table at or below the largest original id: the lowest and the highest thousand of them.
public struct StandingIDs: Sendable, Hashable {
  /// How many were looked at.
  public var rowCount: Int

  /// Those that the original table does not have.
  public var withoutOriginal: [UInt64]

  /// Those whose original row has another student module or another `created`, to the second.
  public var different: [UInt64]

  public init(rowCount: Int, withoutOriginal: [UInt64], different: [UInt64]) {
    self.rowCount = rowCount
    self.withoutOriginal = withoutOriginal
    self.different = different
  }
}

/// How the two tables are written to.
public struct WriteActivity: Sendable, Hashable {
  /// The age of the newest original row, by its `created` and the original database's clock, in seconds. Below 0: in the future.
  public var newestOriginalAge: Double?

  /// By how many ids the original table's counter rose while the facts were gathered.
  public var originalGrowth: UInt64

  /// The ages of the first and of the newest native row, in seconds.
  public var oldestNativeAge: Double?
  public var newestNativeAge: Double?

  /// How many native rows there are: counted up to ``nativeRowLimit``.
  public var nativeRowCount: UInt64

  public static let nativeRowLimit: UInt64 = 10_000

  public init(
    newestOriginalAge: Double?, originalGrowth: UInt64, oldestNativeAge: Double?, newestNativeAge: Double?,
    nativeRowCount: UInt64
  ) {
    self.newestOriginalAge = newestOriginalAge
    self.originalGrowth = originalGrowth
    self.oldestNativeAge = oldestNativeAge
    self.newestNativeAge = newestNativeAge
    self.nativeRowCount = nativeRowCount
  }
}
