internal import HistoryStores
package import MigrationProtocol
package import StudentModuleHistory

/// What the rules decide from: gathered once, by ``init(pair:flags:)``, which changes nothing.
package struct CheckFacts: Sendable {
  package var isSQLite: Bool
  package var original: Side
  package var extended: Side

  /// As the LMS configuration has them; nil if the installation was not named by it, or if it does not set ENABLE_CSMH_EXTENDED and
  /// nothing tells what that means.
  package var flags: HistoryFlags?

  /// What else the LMS configuration says; nil if the installation was not named by it.
  package var configuration: Configuration?

  /// Sizes, ids, write rates, the journal. Unknown where the original table cannot be read.
  package var measurements: Finding<InstallationMeasurements>

  /// The two counters. Unknown without an extended table.
  package var startingID: Finding<StartingIDReport>

  /// The largest row of a sample of the original table.
  package var widestRow: Finding<WidestRow?>

  /// What stands in the extended table among the original ids.
  package var standingRows: Finding<StandingIDs>

  /// How the two tables' newest rows lie in time.
  package var activity: Finding<WriteActivity>

  /// How the journal and the original database's record contradict each other; nil where they do not.
  package var recordMismatch = Finding<String?>.known(nil)

  package var sides: [Side] { [original, extended] }

  /// Whether rows do not leave the server.
  var isInsideServer: Bool { measurements.value?.route == .insideServer }

  package init(
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
package struct WidestRow: Sendable, Hashable {
  package var id: UInt64

  /// What the row takes in a statement: its texts in UTF-8 with quotes doubled, and some room for the other columns.
  package var statementByteCount: UInt64

  /// What a row whose quotes were not counted takes at most, if every byte of its state is one; never less than
  /// ``statementByteCount``.
  package var possibleByteCount: UInt64

  /// How many rows were looked at, whether these are all, and whether looking took too long for more.
  package var sampledRowCount: UInt64
  package var isWholeTable: Bool
  package var hasGivenUp: Bool

  package init(
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

/// How the two tables are written to.
package struct WriteActivity: Sendable, Hashable {
  /// The age of the newest original row, by its `created` and the original database's clock, in seconds. Below 0: in the future.
  package var newestOriginalAge: Double?

  /// By how many ids the original table's counter rose while the facts were gathered.
  package var originalGrowth: UInt64

  /// The ages of the first and of the newest native row, in seconds.
  package var oldestNativeAge: Double?
  package var newestNativeAge: Double?

  /// How many native rows there are: counted up to ``nativeRowLimit``.
  package var nativeRowCount: UInt64

  package static let nativeRowLimit: UInt64 = 10_000

  package init(
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
