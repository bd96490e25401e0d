/// How many ids the original table should be able to hand out before it would reach the starting id.
package struct Headroom: Sendable, Hashable, Encodable {
  /// The ids, rounded up to two digits; never less than `csmh provision` takes by itself.
  package let ids: UInt64

  /// For how long they are meant to last, at ``idsPerSecond``: copying, comparing and a margin.
  package let seconds: Double

  /// The highest rate of all measured periods.
  package let idsPerSecond: Double

  /// Whether ``ids`` is what `csmh provision` takes by itself.
  package let isUsual: Bool

  /// Whether the starting id lies above everything that the original id column can hold: such a gap lasts for ever.
  package let coversEveryID: Bool

  /// The margin for what people do: a month for a large site, where the flag waits for the copy and a deployment, and a week for a
  /// small one. A devstack has nobody who writes meanwhile.
  package static func marginSeconds(for option: MigrationOption) -> Double {
    switch option {
    case .devstack: 0
    case .small: 7 * 86_400
    case .large: 30 * 86_400
    }
  }

  init(
    _ measurements: InstallationMeasurements, _ estimate: CopyEstimate, _ forecast: IDForecast,
    option: MigrationOption, usual: UInt64
  ) {
    seconds = option == .devstack ? 0 : estimate.seconds.high + Self.marginSeconds(for: option)
    idsPerSecond = measurements.highestIDsPerSecond
    let needed = Self.roundedUp(idsPerSecond * seconds)
    // A 32-bit column hands out no more than it can hold.
    let wanted = min(needed, forecast.idsLeft ?? .max)
    let chosen = max(wanted, usual)
    ids = chosen
    isUsual = chosen == usual
    coversEveryID = forecast.idsLeft.map { chosen >= $0 } ?? false
  }

  /// The next number with two digits and zeros; at most 2^62, which is where `csmh provision` ends.
  private static func roundedUp(_ value: Double) -> UInt64 {
    guard value < 4e18 else { return 1 << 62 }
    var unit: UInt64 = 1
    while value / Double(unit) > 100 { unit *= 10 }
    return UInt64((value / Double(unit)).rounded(.up)) * unit
  }
}
