internal import StudentModuleHistory

extension CheckFacts {
  /// What the LMS configuration says beside the databases and the flags.
  public struct Configuration: Sendable, Hashable {
    /// A list of names in a configuration file, and whether it holds what the extended table needs.
    public struct Listing: Sendable, Hashable {
      /// `lms.yml:12`
      public var place: String
      public var isComplete: Bool

      public init(place: String, isComplete: Bool) {
        self.place = place
        self.isComplete = isComplete
      }
    }

    /// The configuration of the CMS, the other program that saves learners' states.
    public struct Studio: Sendable, Hashable {
      public var files: [String]

      /// Where it does not agree with that of the LMS, in sentences.
      public var disagreements: [String]

      /// Why it cannot be compared.
      public var obstacle: String?

      public init(files: [String], disagreements: [String] = [], obstacle: String? = nil) {
        self.files = files
        self.disagreements = disagreements
        self.obstacle = obstacle
      }
    }

    /// Nil where it is known what the flags are.
    public var doubt: FlagDoubt?

    /// `DATABASE_ROUTERS` and `INSTALLED_APPS`; nil where the configuration does not name them.
    public var routers: Listing?
    public var applications: Listing?

    /// Nil where none was named or found.
    public var studio: Studio?

    public init(
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
