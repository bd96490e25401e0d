import LMSConfiguration
import StudentModuleHistory
import Testing

@Suite("The two flags")
struct FlagReadingTests {
  @Test(
    "Spellings, places and booleans",
    arguments: [
      ("", nil, nil),
      ("FEATURES:", nil, nil),
      ("FEATURES: {ENABLE_TEAMS: true}", nil, nil),
      ("ENABLE_CSMH_EXTENDED: on", true, nil),
      ("FEATURES: {ENABLE_CSMH_EXTENDED: True}", true, nil),
      ("ENABLE_CSMH_EXTENDED: !!bool yes", true, nil),
      ("ENABLE_CSMH_EXTENDED: true\nREAD_ONLY_FROM_CSMHE: YES", true, true),
      ("ENABLE_READING_FROM_MULTIPLE_HISTORY_TABLES: true", nil, false),
      ("ENABLE_CSMH_EXTENDED: true\nENABLE_READING_FROM_MULTIPLE_HISTORY_TABLES: Off", true, true),
      ("ENABLE_CSMH_EXTENDED: true\nFEATURES: {ENABLE_CSMH_EXTENDED: yes}", true, nil),
      (
        "ENABLE_CSMH_EXTENDED: true\nREAD_ONLY_FROM_CSMHE: true\n"
          + "FEATURES: {ENABLE_READING_FROM_MULTIPLE_HISTORY_TABLES: false}", true, true
      ),
      ("X: &x {ENABLE_CSMH_EXTENDED: true}\nFEATURES:\n  <<: *x\n  B: 1", true, nil),
      ("X: &x {ENABLE_CSMH_EXTENDED: true}\nFEATURES:\n  <<: [*x]\n  ENABLE_CSMH_EXTENDED: no", false, nil),
      // The last one of several counts, and of several merges too; of the mappings of one merge the first.
      ("FEATURES: {ENABLE_CSMH_EXTENDED: true, ENABLE_CSMH_EXTENDED: false}", false, nil),
      ("FEATURES: {ENABLE_CSMH_EXTENDED: true}\nFEATURES: {READ_ONLY_FROM_CSMHE: false}", nil, false),
      (
        "X: &x {ENABLE_CSMH_EXTENDED: true}\nY: &y {ENABLE_CSMH_EXTENDED: false}\nFEATURES:\n  <<: *x\n  <<: *y",
        false, nil
      ),
      (
        "X: &x {ENABLE_CSMH_EXTENDED: true}\nY: &y {ENABLE_CSMH_EXTENDED: false}\nFEATURES:\n  <<: [*x, *y]", true,
        nil
      ),
    ] as [(String, Bool?, Bool?)])
  func flags(text: String, extended: Bool?, readOnly: Bool?) throws {
    try withFolder(["lms.yml": Fixture.yaml(rest: text)]) { folder in
      let configuration = try LMSConfiguration(files: [folder.path("lms.yml")])
      #expect(configuration.flags == FlagSettings(extendedEnabled: extended, readOnlyFromExtended: readOnly))
      let known = extended.map { HistoryFlags(extendedEnabled: $0, readOnlyFromExtended: readOnly ?? false) }
      #expect(try configuration.validatedFlags() == known)
      #expect(try configuration.validatedFlags(extendedDefault: true)?.extendedEnabled == extended ?? true)
      #expect(try configuration.validatedFlags(extendedDefault: false)?.readOnlyFromExtended == readOnly ?? false)
    }
  }

  @Test(
    "A flag that is not set is off where the application is taken out, whatever the release; else nobody knows",
    arguments: [
      ("[a.b, lms.djangoapps.coursewarehistoryextended]", true, nil),
      ("[coursewarehistoryextended]", true, nil),
      ("[lms.djangoapps.coursewarehistoryextended.apps.CoursewareHistoryExtendedConfig]", true, nil),
      ("[a.b]\nADDL_INSTALLED_APPS: [lms.djangoapps.coursewarehistoryextended]", true, nil),
      ("[a.b, not_coursewarehistoryextended]", false, false), ("[]", false, false),
    ] as [(String, Bool, Bool?)])
  func application(list: String, isThere: Bool, extended: Bool?) throws {
    try withFolder(["lms.yml": Fixture.yaml(rest: "INSTALLED_APPS: \(list)")]) { folder in
      let configuration = try LMSConfiguration(files: [folder.path("lms.yml")])
      #expect(configuration.hasApplication == isThere)
      #expect(configuration.hasRouter == nil)
      #expect(configuration.knownFlags()?.extendedEnabled == extended)
      #expect(configuration.knownFlags(extendedDefault: true)?.extendedEnabled == true, "the operator knows better")
    }
  }

  @Test("The router is looked for by its class")
  func router() throws {
    for (name, isThere) in [(LMSConfiguration.router, true), ("a.b.OtherRouter", false)] {
      try withFolder(["lms.yml": Fixture.yaml(rest: "DATABASE_ROUTERS:\n  - x.Y\n  - \(name)")]) { folder in
        let configuration = try LMSConfiguration(files: [folder.path("lms.yml")])
        #expect(configuration.hasRouter == isThere && configuration.databaseRouters?.line == 6)
      }
    }
  }

  @Test(
    "A flag with two values is an error that names both places",
    arguments: [
      (
        "ENABLE_CSMH_EXTENDED: true\nFEATURES: {ENABLE_CSMH_EXTENDED: false}",
        "lms.yml:7: FEATURES.ENABLE_CSMH_EXTENDED is false, which contradicts ENABLE_CSMH_EXTENDED, true at lms.yml:6: "
          + "make them agree or remove one"
      ),
      (
        "READ_ONLY_FROM_CSMHE: true\nENABLE_READING_FROM_MULTIPLE_HISTORY_TABLES: true",
        "lms.yml:7: ENABLE_READING_FROM_MULTIPLE_HISTORY_TABLES is true, which contradicts READ_ONLY_FROM_CSMHE, true at "
          + "lms.yml:6 (the two names have opposite senses): make them agree or remove one"
      ),
    ])
  func contradictions(text: String, message: String) throws {
    try withFolder(["lms.yml": Fixture.yaml(rest: text)]) { folder in
      #expect(folder.error("lms.yml") == message)
    }
  }

  @Test("A contradiction between two files")
  func contradictionBetweenFiles() throws {
    try withFolder([
      "lms.yml": Fixture.yaml(), "lms.env.json": "{\"ENABLE_CSMH_EXTENDED\": false}", "b.json": Fixture.envJSON,
    ]) { folder in
      #expect(
        folder.error("lms.yml", "lms.env.json", "b.json")
          == "b.json:6: FEATURES.ENABLE_CSMH_EXTENDED is true, which contradicts ENABLE_CSMH_EXTENDED, false at "
          + "lms.env.json:1: make them agree or remove one")
    }
  }

  @Test(
    "Reading only what is not written to is refused where asked",
    arguments: [
      ("READ_ONLY_FROM_CSMHE: true", "READ_ONLY_FROM_CSMHE is true", "READ_ONLY_FROM_CSMHE to false"),
      (
        "ENABLE_READING_FROM_MULTIPLE_HISTORY_TABLES: no", "ENABLE_READING_FROM_MULTIPLE_HISTORY_TABLES is false",
        "ENABLE_READING_FROM_MULTIPLE_HISTORY_TABLES to true"
      ),
    ])
  func readOnlyAlone(text: String, start: String, end: String) throws {
    try withFolder(["lms.yml": Fixture.yaml(rest: text)]) { folder in
      let configuration = try LMSConfiguration(files: [folder.path("lms.yml")])
      #expect(configuration.flags.readOnlyFromExtended == true)
      #expect(try configuration.validatedFlags() == nil, "what ENABLE_CSMH_EXTENDED is, nobody knows here")
      #expect(
        folder.error("lms.yml", extendedDefault: false)
          == "lms.yml:6: \(start) without ENABLE_CSMH_EXTENDED: history would be read from neither table. "
          + "Turn ENABLE_CSMH_EXTENDED on first, or set \(end)")
    }
  }
}
