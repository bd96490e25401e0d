import MigrationAdvice
import MigrationProtocol
import StudentModuleHistory
import Testing

/// The rules that look at what the LMS configuration says beside the databases.
@Suite struct CheckConfigurationRuleTests {
  private static let on = HistoryFlags(extendedEnabled: true, readOnlyFromExtended: false)
  private static let doubt = FlagDoubt(file: "lms.yml", evidence: nil, command: nil)

  private static func listing(_ isComplete: Bool?) -> CheckFacts.Configuration.Listing? {
    isComplete.map { .init(place: "lms.yml:12", isComplete: $0) }
  }

  @Test(
    "a router or an application that is missing fails with the flag on, and warns with it off",
    arguments: [
      (on, true, .pass), (on, false, .fail), (on, nil, .skipped), (HistoryFlags.off, true, .pass),
      (HistoryFlags.off, false, .warn), (nil, false, .fail),
    ] as [(HistoryFlags?, Bool?, CheckVerdict)])
  func lists(flags: HistoryFlags?, isComplete: Bool?, verdict: CheckVerdict) {
    let router = CheckFacts.result("database-routers") {
      $0.flags = flags
      $0.configuration = .init(routers: Self.listing(isComplete))
    }
    #expect(router.verdict == verdict, "\(router)")
    let application = CheckFacts.result("installed-apps") {
      $0.flags = flags
      $0.configuration = .init(applications: Self.listing(isComplete))
    }
    #expect(application.verdict == verdict, "\(application)")
  }

  @Test("with the flag off, but the application installed, a missing router fails: the LMS writes there all the same")
  func routerWithApplication() {
    let result = CheckFacts.result("database-routers") {
      $0.configuration = .init(routers: Self.listing(false), applications: Self.listing(true))
    }
    #expect(result.verdict == .fail && result.remedy[0].description.contains("StudentModuleHistoryExtendedRouter"))
  }

  @Test("without an LMS configuration these rules are skipped")
  func urls() {
    for rule in ["database-routers", "installed-apps", "cms-configuration"] {
      #expect(CheckFacts.result(rule) { $0.configuration = nil }.verdict == .skipped)
    }
  }

  @Test("the CMS must agree; one that cannot be read is a warning, and none is skipped")
  func studio() {
    func verdict(_ studio: CheckFacts.Configuration.Studio?) -> CheckVerdict {
      CheckFacts.result("cms-configuration") { $0.configuration = .init(studio: studio) }.verdict
    }
    #expect(verdict(nil) == .skipped)
    #expect(verdict(.init(files: ["cms.yml"])) == .pass)
    #expect(verdict(.init(files: ["cms.yml"], disagreements: ["cms.yml:4: off"])) == .fail)
    #expect(verdict(.init(files: ["cms.yml"], obstacle: "cms.yml: is empty")) == .warn)
  }

  @Test("flags that nobody knows are a warning with what settles it, and more so without an extended table")
  func doubt() {
    func result(_ spoil: (inout CheckFacts) -> Void = { _ in }) -> CheckResult {
      CheckFacts.result("flags") {
        $0.flags = nil
        $0.configuration = .init(doubt: Self.doubt)
        spoil(&$0)
      }
    }
    #expect(result().verdict == .warn && result().remedy.count == 2)
    #expect(result { $0.extended.removeTable() }.seen.contains("every answer that a learner submits fails"))
  }

  @Test("a table of which Django has no record is a warning with the command; its own record passes")
  func django() {
    func result(_ recorded: [String]) -> CheckResult {
      CheckFacts.result("django-migrations") { $0.extended.djangoMigrations = .known(recorded) }
    }
    #expect(result([]).verdict == .warn)
    #expect(
      result([]).remedy[0].description
        == "./manage.py lms migrate --database student_module_history --fake coursewarehistoryextended")
    #expect(result(["0001_initial"]).verdict == .pass, "what is still to come Django runs by itself")
    #expect(CheckFacts.result("django-migrations") { $0.extended.removeTable() }.verdict == .skipped)
    #expect(CheckFacts.result("django-migrations") { $0.isSQLite = true }.verdict == .skipped)
  }
}
