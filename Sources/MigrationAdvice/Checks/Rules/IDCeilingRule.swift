internal import MigrationBase
internal import StudentModuleHistory

/// The original table's ids do not end soon.
struct IDCeilingRule: CheckRule {
  let name = "id-ceiling"
  let title = "the original table's ids last"
  let why = "after the last id of the column (2,147,483,647 for int) the LMS can store no answers to problems"

  private static let nearSeconds = 30 * 86_400.0
  private static let foreseeableSeconds = 365 * 86_400.0

  func outcome(_ facts: CheckFacts) -> CheckOutcome {
    facts.measurements.outcome { measured in
      let forecast = IDForecast(measured)
      guard let limit = forecast.limit, let left = forecast.idsLeft else {
        return .pass(forecast.noDayBecause ?? "no limit")
      }
      let seconds = forecast.secondsAtHighestRate
      let seen =
        "\(Format.count(left)) ids left of \(Format.count(limit))"
        + (seconds.map { ", which last \(Format.roughTime($0)) at the highest measured rate" } ?? "")
      if measured.writesHaveMoved { return .pass("\(seen); writes have moved") }
      let remedy = Remedy(.adviseWritesFirst)
      if left == 0 || seconds.map({ $0 < Self.nearSeconds }) ?? false { return .fail(seen, remedy: remedy) }
      let isFull = (forecast.shareUsed ?? 0) > 0.9
      return isFull || seconds.map({ $0 < Self.foreseeableSeconds }) ?? false
        ? .warn(seen, remedy: remedy) : .pass(seen)
    }
  }
}
