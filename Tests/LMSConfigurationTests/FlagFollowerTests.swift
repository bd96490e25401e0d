import LMSConfiguration
import StudentModuleHistory
import Testing

/// Configurations that follow one another, and what each means for the flags.
@Suite struct FlagFollowerTests {
  static let off = HistoryFlags.off
  static let extended = HistoryFlags(extendedEnabled: true, readOnlyFromExtended: false)
  static let readOnly = HistoryFlags(extendedEnabled: true, readOnlyFromExtended: true)

  static func configuration(_ rest: String, host: String = "db1", above: String = "") throws -> LMSConfiguration {
    try withFolder(["lms.yml": above + Fixture.yaml("HOST: \(host)", rest: rest)]) { folder in
      try LMSConfiguration(files: [folder.path("lms.yml")])
    }
  }

  private static let on = "ENABLE_CSMH_EXTENDED: true"
  private static let set = "ENABLE_CSMH_EXTENDED: false"
  private static let both = "{ENABLE_CSMH_EXTENDED: true, READ_ONLY_FROM_CSMHE: true}"
  private static let unset = "ENABLE_TEAMS: true"
  private static let takenOut = "INSTALLED_APPS: [a.b]"

  @Test(
    "only a change of the flags counts, not one of the file",
    arguments: [
      (set, off, on, .changed(extended)), (on, extended, "ENABLE_CSMH_EXTENDED: yes", .unchanged),
      (on, extended, "FEATURES: \(both)", .changed(readOnly)), (on, extended, set, .changed(off)),
      ("FEATURES: \(both)", readOnly, on, .changed(extended)),
      (on, extended, takenOut, .changed(off)),
    ] as [(String, HistoryFlags, String, FlagFollower.Step)])
  func changes(first: String, flags: HistoryFlags, then: String, step: FlagFollower.Step) throws {
    var follower = FlagFollower(flags, of: try Self.configuration(first), extendedDefault: nil)
    let later = try Self.configuration(then)
    #expect(try follower.follow(later) == step)
    #expect(try follower.follow(later) == .unchanged, "a change is told once")
  }

  @Test("what was found out of a flag that is not set holds until it is set")
  func foundOut() throws {
    var follower = FlagFollower(Self.extended, of: try Self.configuration(Self.unset), extendedDefault: nil)
    #expect(try follower.follow(Self.configuration("ENABLE_TEAMS: false")) == .unchanged)
    #expect(try follower.follow(Self.configuration("READ_ONLY_FROM_CSMHE: true")) == .changed(Self.readOnly))
    #expect(try follower.follow(Self.configuration(Self.set)) == .changed(Self.off))
    #expect(follower.flags == Self.off)
  }

  @Test("where a flag that was set vanishes, only the tables tell, again and again until they do")
  func vanished() throws {
    var follower = FlagFollower(Self.extended, of: try Self.configuration(Self.on), extendedDefault: nil)
    #expect(try follower.follow(Self.configuration(Self.unset)) == .untold)
    #expect(try follower.follow(Self.configuration("READ_ONLY_FROM_CSMHE: true")) == .untold)
    #expect(follower.flags == Self.extended, "the last good ones hold")
    #expect(follower.settle(Self.off) == .changed(Self.off))
    #expect(try follower.follow(Self.configuration(Self.unset)) == .unchanged, "it holds now")
  }

  @Test("the operator's word tells what an unset flag means, without the tables", arguments: [true, false])
  func operatorsWord(isOn: Bool) throws {
    var follower = FlagFollower(Self.readOnly, of: try Self.configuration(Self.on), extendedDefault: isOn)
    #expect(try follower.follow(Self.configuration(Self.unset)) == .changed(isOn ? Self.extended : Self.off))
  }

  @Test("flags that contradict each other change nothing, whether they are set or found out")
  func contradiction() throws {
    let alone = "{ENABLE_CSMH_EXTENDED: false, READ_ONLY_FROM_CSMHE: true}"
    for (first, flags, then) in [
      (Self.on, Self.extended, "FEATURES: \(alone)"), (Self.unset, Self.off, "READ_ONLY_FROM_CSMHE: true"),
    ] {
      var follower = FlagFollower(flags, of: try Self.configuration(first), extendedDefault: nil)
      let later = try Self.configuration(then)
      #expect(throws: LMSConfigurationError.self) { try follower.follow(later) }
      #expect(follower.flags == flags)
      #expect(try follower.follow(Self.configuration("FEATURES: \(Self.both)")) == .changed(Self.readOnly))
    }
  }

  @Test("another server is another installation; another flag is none, nor is one that is written above the databases")
  func elsewhere() throws {
    let follower = FlagFollower(Self.off, of: try Self.configuration(Self.set), extendedDefault: nil)
    #expect(try !follower.isElsewhere(Self.configuration(Self.on)))
    #expect(try !follower.isElsewhere(Self.configuration("", above: "# turned on\n\(Self.on)\n")))
    #expect(try follower.isElsewhere(Self.configuration(Self.set, host: "db2")))
  }
}
