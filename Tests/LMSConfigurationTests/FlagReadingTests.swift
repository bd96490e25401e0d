import LMSConfiguration
import StudentModuleHistory
import Testing

@Suite("The two flags")
struct FlagReadingTests {
  @Test(
    "Spellings, places and booleans",
    arguments: [
      ("", false, false),
      ("FEATURES:", false, false),
      ("ENABLE_CSMH_EXTENDED: on", true, false),
      ("FEATURES: {ENABLE_CSMH_EXTENDED: True}", true, false),
      ("ENABLE_CSMH_EXTENDED: !!bool yes", true, false),
      ("ENABLE_CSMH_EXTENDED: true\nREAD_ONLY_FROM_CSMHE: YES", true, true),
      ("ENABLE_READING_FROM_MULTIPLE_HISTORY_TABLES: true", false, false),
      ("ENABLE_CSMH_EXTENDED: true\nENABLE_READING_FROM_MULTIPLE_HISTORY_TABLES: Off", true, true),
      ("ENABLE_CSMH_EXTENDED: true\nFEATURES: {ENABLE_CSMH_EXTENDED: yes}", true, false),
      (
        "ENABLE_CSMH_EXTENDED: true\nREAD_ONLY_FROM_CSMHE: true\n"
          + "FEATURES: {ENABLE_READING_FROM_MULTIPLE_HISTORY_TABLES: false}", true, true
      ),
      ("X: &x {ENABLE_CSMH_EXTENDED: true}\nFEATURES:\n  <<: *x\n  B: 1", true, false),
      ("X: &x {ENABLE_CSMH_EXTENDED: true}\nFEATURES:\n  <<: [*x]\n  ENABLE_CSMH_EXTENDED: no", false, false),
    ])
  func flags(text: String, extended: Bool, readOnly: Bool) throws {
    try withFolder(["lms.yml": Fixture.yaml(rest: text)]) { folder in
      let configuration = try LMSConfiguration(files: [folder.path("lms.yml")])
      #expect(configuration.flags == HistoryFlags(extendedEnabled: extended, readOnlyFromExtended: readOnly))
      #expect(try configuration.validatedFlags() == configuration.flags)
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
      #expect(configuration.flags.readOnlyFromExtended)
      #expect(
        folder.error("lms.yml")
          == "lms.yml:6: \(start) without ENABLE_CSMH_EXTENDED: history would be read from neither table. "
          + "Turn ENABLE_CSMH_EXTENDED on first, or set \(end)")
    }
  }
}
