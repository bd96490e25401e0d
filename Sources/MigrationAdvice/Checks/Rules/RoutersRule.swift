internal import StudentModuleHistory

/// Django looks for the extended table in its own database.
struct RoutersRule: CheckRule {
  let name = "database-routers"
  let title = "the router sends the extended table to its database"
  let why =
    "without it the LMS looks for the extended table in the default database, and every answer that a learner submits fails"

  private static let router = "openedx.core.lib.django_courseware_routers.StudentModuleHistoryExtendedRouter"

  func outcome(_ facts: CheckFacts) -> CheckOutcome {
    let list = facts.configuration?.routers
    return outcome(of: list, called: "DATABASE_ROUTERS", facts) {
      let seen = "\(list?.place ?? "the configuration"): DATABASE_ROUTERS has no StudentModuleHistoryExtendedRouter"
      // Where the application is not installed either, nothing goes that way yet.
      if facts.flags?.extendedEnabled == false, facts.configuration?.applications?.isComplete != true {
        return .warn(seen, remedy: Remedy(.addRouterFirst, Self.router))
      }
      return .fail(seen, remedy: Remedy(.addRouter, Self.router))
    }
  }
}
