package import MigrationProtocol
internal import StudentModuleHistory

extension CheckFacts {
  /// What the LMS configuration says beside the databases and the flags.
  package struct Configuration: Sendable, Hashable {
    /// A list of names in a configuration file, and whether it holds what the extended table needs.
    package struct Listing: Sendable, Hashable {
      /// `lms.yml:12`
      package var place: String
      package var isComplete: Bool

      package init(place: String, isComplete: Bool) {
        self.place = place
        self.isComplete = isComplete
      }
    }

    /// The configuration of the CMS, the other program that saves learners' states.
    package struct Studio: Sendable, Hashable {
      package var files: [String]

      /// Where it does not agree with that of the LMS, in sentences.
      package var disagreements: [String]

      /// Why it cannot be compared.
      package var obstacle: String?

      package init(files: [String], disagreements: [String] = [], obstacle: String? = nil) {
        self.files = files
        self.disagreements = disagreements
        self.obstacle = obstacle
      }
    }

    /// Nil where it is known what the flags are.
    package var doubt: FlagDoubt?

    /// `DATABASE_ROUTERS` and `INSTALLED_APPS`; nil where the configuration does not name them.
    package var routers: Listing?
    package var applications: Listing?

    /// Nil where none was named or found.
    package var studio: Studio?

    package init(
      doubt: FlagDoubt? = nil, routers: Listing? = nil, applications: Listing? = nil, studio: Studio? = nil
    ) {
      self.doubt = doubt
      self.routers = routers
      self.applications = applications
      self.studio = studio
    }
  }
}

extension CheckRule {
  /// The outcome of a list in the LMS configuration; skipped where it names none.
  func outcome(
    of list: CheckFacts.Configuration.Listing?, called name: String, _ facts: CheckFacts, missing: () -> CheckOutcome
  ) -> CheckOutcome {
    guard facts.configuration != nil else {
      return .skipped(
        "the configuration is not known: the installation was named by URLs", remedy: Remedy(.nameConfigurationForRule))
    }
    guard let list else {
      return .skipped(
        "the configuration does not name \(name): the LMS has its release's own, which csmh does not see",
        remedy: Remedy(.nameRunningSettings))
    }
    return list.isComplete ? .pass("\(list.place): \(name) has it") : missing()
  }
}
