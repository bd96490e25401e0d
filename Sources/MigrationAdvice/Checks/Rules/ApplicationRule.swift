internal import StudentModuleHistory

/// Django has the extended table's application.
struct ApplicationRule: CheckRule {
  let name = "installed-apps"
  let title = "the extended table's application is installed"
  let why =
    "with ENABLE_CSMH_EXTENDED on and without the application the LMS writes history to no table at all; without it, deletions of"
    + " learners' states leave their copies"

  private static let application = "lms.djangoapps.coursewarehistoryextended"

  func outcome(_ facts: CheckFacts) -> CheckOutcome {
    let list = facts.configuration?.applications
    return outcome(of: list, called: "INSTALLED_APPS", facts) {
      let seen = "\(list?.place ?? "the configuration"): INSTALLED_APPS has no coursewarehistoryextended"
      guard facts.flags?.extendedEnabled == false else {
        return .fail(seen, remedy: Remedy(.addApplication, Self.application))
      }
      return .warn(seen, remedy: Remedy(.addApplicationWithFlag, Self.application))
    }
  }
}
