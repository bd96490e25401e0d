internal import HistoryStores
internal import MigrationBase
internal import MigrationProtocol
internal import StudentModuleHistory

/// What fits an installation, and what to run: computed from measurements, without I/O.
package struct Advice: Sendable, Hashable, Encodable {
  /// What the plan is for; and the option that fits, which differs if another was asked for.
  package let option: MigrationOption
  package let fittingOption: MigrationOption

  /// Why ``fittingOption`` fits.
  package let reasons: [String]

  package let ids: IDForecast

  /// Rows and bytes that the original table grows by in a day, at the rate of the longest measured period; nil without a rate.
  package let rowsPerDay: Double?
  package let bytesPerDay: Double?

  package let time: CopyEstimate
  package let disk: DiskEstimate
  package let headroom: Headroom

  /// What the estimates rest on.
  package let assumptions: [String]

  /// What needs attention before anything is run.
  package let warnings: [String]

  /// All steps in their order, those that are done included.
  package let steps: [AdviceStep]

  /// What can follow the migration; the first one fits.
  package let afterwards: [AdviceStep]

  /// The commands that are left to run, in their order.
  package let commands: [String]

  package init(_ measurements: InstallationMeasurements, _ terms: AdviceTerms = AdviceTerms()) {
    let estimate = CopyEstimate(measurements, rowsPerSecond: terms.rowsPerSecond)
    let choice = OptionChoice(measurements, estimate)
    let forecast = IDForecast(measurements)
    let option = terms.option ?? choice.option
    let headroom = Headroom(measurements, estimate, forecast, option: option, usual: terms.usualHeadroom)
    let plan = AdvicePlan(
      measurements: measurements, terms: terms, option: option, estimate: estimate, forecast: forecast,
      headroom: headroom)
    self.option = option
    fittingOption = choice.option
    reasons = choice.reasons
    ids = forecast
    rowsPerDay = measurements.sustainedRate.map { $0.rowsPerSecond * 86_400 }
    bytesPerDay = rowsPerDay.map { $0 * (measurements.original.bytesPerRow ?? 0) }
    time = estimate
    disk = DiskEstimate(measurements)
    self.headroom = headroom
    assumptions = Self.assumptions(measurements, estimate, isMeasured: terms.rowsPerSecond != nil)
    warnings = Self.warnings(measurements, disk, plan)
    steps = plan.steps
    afterwards = plan.afterwards
    commands = steps.filter { !$0.isDone }.flatMap(\.commands)
  }

  private static func assumptions(
    _ measurements: InstallationMeasurements, _ estimate: CopyEstimate, isMeasured: Bool
  ) -> [String] {
    let rates = estimate.rowsPerSecond
    var sentences = [
      isMeasured
        ? "copying goes at the given rate of \(Format.count(Int(rates.low))) rows/s"
        : "copying goes at \(Format.count(Int(rates.low))) to \(Format.count(Int(rates.high))) rows/s, with all indexes"
          + " kept; a trial run tells better (--rows-per-second)",
      "the extended table has 64-bit ids, utf8mb4 and three indexes; its pages are filled a little better or worse than the"
        + " original's",
    ]
    if measurements.extendedServer.hasBinaryLog {
      sentences.append("the binary log of \(measurements.extendedLocation) keeps the copy until the server purges it")
    }
    if measurements.route != .betweenFiles { sentences.append("every replica needs the same room") }
    return sentences
  }

  /// An end of the ids that is nearer than this is worth a warning, however fast the copy is.
  private static let nearSeconds = 90.0 * 86_400

  private static func warnings(
    _ measurements: InstallationMeasurements, _ disk: DiskEstimate, _ plan: AdvicePlan
  ) -> [String] {
    var sentences: [String] = []
    if let seconds = plan.forecast.secondsAtHighestRate, seconds < max(plan.headroom.seconds, Self.nearSeconds),
      !measurements.writesHaveMoved
    {
      sentences.append(
        seconds == 0
          ? "the original table has no ids left: the LMS can store no answers to problems until writes move"
          : "the original table may run out of ids in \(Format.roughTime(seconds)): from then on the LMS can store no answers to"
            + " problems. Let the writes move first")
    }
    if let extended = measurements.extended, extended.nextID <= measurements.original.nextID {
      sentences.append(
        "the next row of the extended table gets the id \(extended.nextID), which the original table has handed out or will"
          + " hand out next: run csmh provision before the LMS writes to it"
          + (measurements.writesHaveMoved ? ", at once" : ""))
    }
    if disk.isEnough == false {
      sentences.append("the extended database's server may not have enough room on its disk")
    }
    if disk.freeBytes == nil, measurements.rowsLeft > 0 {
      let folder = measurements.extendedServer.dataDirectory
      sentences.append(
        "\(measurements.extendedServer.server) at \(measurements.extendedLocation) does not tell how much room its disk"
          + " has: look with df" + (folder.map { " \($0) on its machine" } ?? " on its machine"))
    }
    if plan.option == .devstack, measurements.route != .betweenFiles,
      measurements.original.rows > OptionChoice.devstackServerRows
    {
      sentences.append(
        "reading both tables for ever costs two lookups for every history: that does not fit so many rows")
    }
    return sentences
  }
}
