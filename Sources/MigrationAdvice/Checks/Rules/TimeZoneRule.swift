internal import MigrationBase
internal import StudentModuleHistory

/// The times of the rows are UTC, as the rates and ages that csmh tells take them.
struct TimeZoneRule: CheckRule {
  let name = "time-zone"
  let title = "the rows' times are UTC"
  let why =
    "csmh compares created with the server's UTC to tell rates and how long the starting id lasts; the copy itself does not"
    + " depend on it"

  /// Clocks of an LMS and its server may differ by this much.
  private static let toleratedSeconds = 300.0

  func outcome(_ facts: CheckFacts) -> CheckOutcome {
    let zones =
      facts.isSQLite
      ? .pass("times are text, written by the LMS")
      : bothSides(facts) { side, server in
        let zone = server.variable("time_zone") ?? "?"
        let system = server.variable("system_time_zone") ?? "?"
        return .pass("\(side.side.rawValue): \(zone)\(zone == "SYSTEM" ? " (\(system))" : "")")
      }
    let rows = facts.activity.outcome { activity in
      guard let age = activity.newestOriginalAge else { return .pass("the original table has no rows") }
      guard age < -Self.toleratedSeconds else { return .pass("no row lies in the future") }
      return .warn(
        "the newest original row was created \(Format.roughTime(-age)) in the future",
        remedy: Remedy(.setClocks))
    }
    return .all([zones, rows])
  }
}
