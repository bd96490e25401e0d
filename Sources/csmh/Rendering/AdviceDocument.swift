import HistoryStores
import MigrationAdvice
import MigrationProtocol
import StudentModuleHistory

/// The JSON document of `csmh advise`.
struct AdviceDocument: Encodable {
  struct Flags: Encodable {
    let enableCSMHExtended: Bool
    let readOnlyFromCSMHE: Bool

    enum CodingKeys: String, CodingKey {
      case enableCSMHExtended = "enable_csmh_extended"
      case readOnlyFromCSMHE = "read_only_from_csmhe"
    }
  }

  struct Growth: Encodable {
    let rowsPerDay: Double
    let bytesPerDay: Double
  }

  struct Estimates: Encodable {
    let rowsLeft: UInt64
    let rowsPerSecond: EstimateRange
    let copySeconds: EstimateRange
    let verifySeconds: EstimateRange
    let tableBytes: EstimateRange
    let binaryLogBytes: EstimateRange
    let journalBytes: EstimateRange
    let targetBytes: EstimateRange
    let sourceBytes: UInt64
    let isRoomEnough: Bool?
    let assumptions: [String]
  }

  let measuredAt: String
  let option: String
  let fittingOption: String
  let reasons: [String]
  let original: InstallationMeasurements.Table
  let extended: InstallationMeasurements.Table?
  let extendedLocation: String
  let extendedDatabaseExists: Bool
  let route: String
  let originalServer: StoreSurroundings
  let extendedServer: StoreSurroundings
  let ids: IDForecast
  let writeRates: [WriteRate]
  let growth: Growth?
  let flags: Flags?
  let journal: InstallationMeasurements.Progress?
  let estimates: Estimates
  let headroom: Headroom
  let warnings: [String]
  let commands: [String]
  let steps: [AdviceStep]
  let afterwards: [AdviceStep]

  init(_ measurements: InstallationMeasurements, _ advice: Advice) {
    measuredAt = HistoryTimestamp(microsecondsSince1970: measurements.measuredAt).text
    option = advice.option.rawValue
    fittingOption = advice.fittingOption.rawValue
    reasons = advice.reasons
    original = measurements.original
    extended = measurements.extended
    extendedLocation = measurements.extendedLocation
    extendedDatabaseExists = measurements.extendedDatabaseExists
    route = measurements.route.rawValue
    originalServer = measurements.originalServer
    extendedServer = measurements.extendedServer
    ids = advice.ids
    writeRates = measurements.writeRates
    growth = advice.rowsPerDay.map { Growth(rowsPerDay: $0, bytesPerDay: advice.bytesPerDay ?? 0) }
    flags = measurements.flags.map {
      Flags(enableCSMHExtended: $0.extendedEnabled, readOnlyFromCSMHE: $0.readOnlyFromExtended)
    }
    journal = measurements.progress
    estimates = Estimates(
      rowsLeft: advice.time.rows, rowsPerSecond: advice.time.rowsPerSecond, copySeconds: advice.time.copySeconds,
      verifySeconds: advice.time.verifySeconds, tableBytes: advice.disk.tableBytes,
      binaryLogBytes: advice.disk.binaryLogBytes, journalBytes: advice.disk.journalBytes,
      targetBytes: advice.disk.totalBytes, sourceBytes: advice.disk.sourceBytes, isRoomEnough: advice.disk.isEnough,
      assumptions: advice.assumptions)
    headroom = advice.headroom
    warnings = advice.warnings
    commands = advice.commands
    steps = advice.steps
    afterwards = advice.afterwards
  }
}
