internal import MigrationBase
internal import MigrationProtocol
internal import StudentModuleHistory

/// The next native row gets an id above everything that the original table hands out, for long enough.
struct StartingIDRule: CheckRule {
  let name = "starting-id"
  let title = "the starting id lies above every original id"
  let why = "native and copied rows with the same ids would stand in each other's way"

  /// A gap that lasts less than this is worth a warning: a copy, a deployment and a night.
  private static let shortSeconds = 86_400.0

  func outcome(_ facts: CheckFacts) -> CheckOutcome {
    outcome(ofTableOn: facts.extended) { _, _ in
      facts.startingID.outcome { report in
        let rate = facts.measurements.value.map(\.highestIDsPerSecond) ?? report.idsPerSecond ?? 0
        let advised = facts.measurements.value.map { Advice($0).headroom.ids } ?? Provisioner.usualHeadroom
        // Whatever was advised: afterwards nothing is left to warn of.
        let headroom = max(advised, Runway.seconds(Self.shortSeconds).idCount(idsPerSecond: rate) ?? 0)
        let remedy = Remedy(.repairStartingIDBy, headroom)
        let extended = Format.count(report.extendedNextID)
        guard report.extendedNextID > report.originalNextID else {
          return .fail(
            "the next native row would get the id \(extended), but the original table has handed out ids up to"
              + " \(Format.count(report.originalNextID - 1))", remedy: remedy)
        }
        let gap = "the next native id \(extended) lies \(Format.count(report.gap)) above the next original one"
        if facts.measurements.value?.writesHaveMoved == true { return .pass("\(gap); writes have moved") }
        guard rate > 0 else { return .pass("\(gap); no write rate can be told") }
        let seconds = Double(report.gap) / rate
        let lasts = "\(gap), which lasts \(Format.roughTime(seconds)) at the highest measured rate"
        return seconds < Self.shortSeconds ? .warn(lasts, remedy: remedy) : .pass(lasts)
      }
    }
  }
}
