internal import StudentModuleHistory

/// The CMS is configured as the LMS is.
struct StudioRule: CheckRule {
  let name = "cms-configuration"
  let title = "the CMS has the flags and databases of the LMS"
  let why =
    "the CMS saves and deletes learners' states, too: with other flags its records go to the other table, and its deletions leave"
    + " copies"

  func outcome(_ facts: CheckFacts) -> CheckOutcome {
    guard let configuration = facts.configuration else {
      return .skipped(
        "the configuration is not known: the installation was named by URLs", remedy: Remedy(.nameConfigurationForRule))
    }
    guard let studio = configuration.studio else {
      return .skipped("no cms.yml was found beside the LMS configuration", remedy: Remedy(.nameStudioConfiguration))
    }
    let files = studio.files.joined(separator: ", ")
    if let obstacle = studio.obstacle {
      return .warn("\(obstacle), so that it cannot be compared", remedy: Remedy(.mendStudioConfiguration))
    }
    guard !studio.disagreements.isEmpty else { return .pass("\(files) agrees with the LMS configuration") }
    return .fail(
      studio.disagreements.joined(separator: "; "),
      remedy: Remedy(.agreeStudioConfiguration, files))
  }
}
