internal import MigrationBase
internal import MigrationProtocol
internal import StudentModuleHistory

/// How far the original table's ids are from the end of their column, and when they reach it.
package struct IDForecast: Sendable, Hashable, Encodable {
  /// The largest id of a 32-bit column; nil if the column has 64 bits, whose end nobody reaches.
  package let limit: UInt64?

  /// The share of the ids up to ``limit`` that were handed out, from 0 to 1, and how many are left.
  package let shareUsed: Double?
  package let idsLeft: UInt64?

  /// The days on which the last id is handed out, in UTC as `YYYY-MM-DD`: at the rate of the longest period, and at the
  /// highest rate of all periods. Nil if there is no limit, no rate, or no such day within a hundred years.
  package let reachedOn: String?
  package let reachedAtHighestRateOn: String?

  /// The seconds until then at the highest rate.
  package let secondsAtHighestRate: Double?

  /// Why there is no day.
  package let noDayBecause: String?

  /// Later days are not named: no rate lasts that long.
  static let horizonSeconds = 100.0 * 365.25 * 86_400

  init(_ measurements: InstallationMeasurements) {
    let table = measurements.original
    guard table.largestPossibleID <= UInt64(UInt32.max) else {
      (limit, shareUsed, idsLeft, reachedOn, reachedAtHighestRateOn, secondsAtHighestRate) = (
        nil, nil, nil, nil, nil, nil
      )
      noDayBecause = "64-bit ids have no limit that could be reached"
      return
    }
    let left = (table.largestPossibleID + 1).subtractingDownToZero(table.nextID)
    limit = table.largestPossibleID
    idsLeft = left
    shareUsed = 1 - Double(left) / Double(table.largestPossibleID)
    let day = { (idsPerSecond: Double) -> String? in
      let seconds = Double(left) / idsPerSecond
      guard left == 0 || (idsPerSecond > 0 && seconds < Self.horizonSeconds) else { return nil }
      let time = measurements.measuredAt + (left == 0 ? 0 : Int64(seconds) * 1_000_000)
      return String(HistoryTimestamp(microsecondsSince1970: time).text.prefix(10))
    }
    let sustained = measurements.sustainedRate?.idsPerSecond ?? 0
    let highest = measurements.highestIDsPerSecond
    reachedOn = day(sustained)
    reachedAtHighestRateOn = day(highest)
    secondsAtHighestRate = left == 0 ? 0 : highest > 0 ? Double(left) / highest : nil
    if reachedOn != nil {
      noDayBecause = nil
    } else if measurements.writeRates.isEmpty {
      noDayBecause = "too few rows to tell a rate"
    } else {
      noDayBecause = sustained == 0 ? "nothing was written lately" : "more than a hundred years at this rate"
    }
  }
}
