import Foundation
import LMSConfiguration
import StudentModuleHistory
import Testing

@Suite("Changing a flag and nothing else")
struct LMSConfigurationEditorTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    var file = "lms.yml"
    var flag = LMSConfiguration.Flag.extendedEnabled
    var value = true
    let before: String
    let after: String

    var testDescription: String { name }
  }

  @Test(
    "YAML",
    arguments: [
      Case(
        name: "in FEATURES, with a comment", before: Fixture.nativeYAML,
        after: Fixture.nativeYAML.replacingOccurrences(of: "EXTENDED: false #", with: "EXTENDED: true #")),
      Case(
        name: "the opposite spelling", flag: .readOnlyFromExtended, before: Fixture.nativeYAML,
        after: Fixture.nativeYAML.replacingOccurrences(of: "TABLES: true", with: "TABLES: false")),
      Case(
        name: "byte order mark, CRLF, non-ASCII before it on the line, no final line break",
        before: "\u{FEFF}A: é\r\n{\"é\u{1F642}\": 1, ENABLE_CSMH_EXTENDED:   No}".replacingOccurrences(
          of: "A: é\r\n", with: "# é\r\n"),
        after: "\u{FEFF}# é\r\n{\"é\u{1F642}\": 1, ENABLE_CSMH_EXTENDED:   Yes}"),
      Case(
        name: "all places, each in its manner", value: false,
        before: "ENABLE_CSMH_EXTENDED: ON\nFEATURES:\n  \"ENABLE_CSMH_EXTENDED\": !!bool  &x True\n  B: b\n",
        after: "ENABLE_CSMH_EXTENDED: OFF\nFEATURES:\n  \"ENABLE_CSMH_EXTENDED\": !!bool  &x False\n  B: b\n"),
      Case(
        name: "contradicting places", flag: .readOnlyFromExtended,
        before: "READ_ONLY_FROM_CSMHE: false\nENABLE_READING_FROM_MULTIPLE_HISTORY_TABLES: false",
        after: "READ_ONLY_FROM_CSMHE: true\nENABLE_READING_FROM_MULTIPLE_HISTORY_TABLES: false"),
      Case(
        name: "added to FEATURES in block style", before: "A: 1\nFEATURES: # ours\n\n    # first\n    B: 2\nC: 3\n",
        after:
          "A: 1\nFEATURES: # ours\n    ENABLE_CSMH_EXTENDED: true\n\n    # first\n    B: 2\nC: 3\nENABLE_CSMH_EXTENDED: true\n"
      ),
      Case(
        name: "added to FEATURES in flow style", before: "FEATURES: { B: 2,\n  C: [x] } # end\n",
        after: "FEATURES: { ENABLE_CSMH_EXTENDED: true, B: 2,\n  C: [x] } # end\nENABLE_CSMH_EXTENDED: true\n"),
      Case(
        name: "added to FEATURES without blanks", before: "FEATURES: {\"B\": 2}",
        after: "FEATURES: {\"ENABLE_CSMH_EXTENDED\": true, \"B\": 2}\nENABLE_CSMH_EXTENDED: true\n"),
      Case(
        name: "added to empty FEATURES", before: "FEATURES: {}\r\nA: x\r\n",
        after: "FEATURES: {ENABLE_CSMH_EXTENDED: true}\r\nA: x\r\nENABLE_CSMH_EXTENDED: true\r\n"),
      Case(
        name: "added to FEATURES without a value", before: "FEATURES:\r\nA: x",
        after:
          "FEATURES:\r\n  ENABLE_CSMH_EXTENDED: true\r\nA: x\r\nENABLE_CSMH_EXTENDED: true\r\n"),
      Case(
        name: "FEATURES without a value ends the file", before: "A: x\nFEATURES:",
        after: "A: x\nFEATURES:\n  ENABLE_CSMH_EXTENDED: true\n\nENABLE_CSMH_EXTENDED: true\n"),
      Case(
        name: "FEATURES is a tilde", before: "FEATURES: ~\n",
        after: "FEATURES: {ENABLE_CSMH_EXTENDED: true}\nENABLE_CSMH_EXTENDED: true\n"),
      Case(
        name: "added at the end", before: "A: 1\n\n# end\n",
        after: "A: 1\n\n# end\nENABLE_CSMH_EXTENDED: true\nFEATURES:\n  ENABLE_CSMH_EXTENDED: true\n"),
      Case(
        name: "the draft's name comes with the one that shipped Open edX reads", flag: .readOnlyFromExtended,
        before: "FEATURES:\n  B: 2\n",
        after: "FEATURES:\n  READ_ONLY_FROM_CSMHE: true\n  ENABLE_READING_FROM_MULTIPLE_HISTORY_TABLES: false\n  B: 2\n"
          + "READ_ONLY_FROM_CSMHE: true\nENABLE_READING_FROM_MULTIPLE_HISTORY_TABLES: false\n"),
      Case(
        name: "a value that is set stays where it is, at the top level alone", value: false,
        before: "FEATURES: {B: 2}\nENABLE_CSMH_EXTENDED: true\n",
        after: "FEATURES: {B: 2}\nENABLE_CSMH_EXTENDED: false\n"),
      Case(
        name: "what stands twice besides stays", before: "A: 1\nFEATURES: {B: 1, B: 2}\nA: 3\n",
        after: "A: 1\nFEATURES: {ENABLE_CSMH_EXTENDED: true, B: 1, B: 2}\nA: 3\nENABLE_CSMH_EXTENDED: true\n"),
      Case(
        name: "added at the end, without a line break there", before: "  A: 1\n  B: 2",
        after: "  A: 1\n  B: 2\n  ENABLE_CSMH_EXTENDED: true\n  FEATURES:\n    ENABLE_CSMH_EXTENDED: true\n"),
      Case(
        name: "not into an open block of text", before: "A: 1\nB: |\n  text",
        after: "ENABLE_CSMH_EXTENDED: true\nFEATURES:\n  ENABLE_CSMH_EXTENDED: true\nA: 1\nB: |\n  text"),
      Case(
        name: "not behind the end of the document", before: "---\nA: 1\n...\n",
        after: "---\nENABLE_CSMH_EXTENDED: true\nFEATURES:\n  ENABLE_CSMH_EXTENDED: true\nA: 1\n...\n"),
      Case(
        name: "a merge brings the flag in", value: false,
        before: "X: &x {ENABLE_CSMH_EXTENDED: true}\nFEATURES:\n  <<: *x\n",
        after: "X: &x {ENABLE_CSMH_EXTENDED: true}\nFEATURES:\n  ENABLE_CSMH_EXTENDED: false\n  <<: *x\n"
          + "ENABLE_CSMH_EXTENDED: false\n"),
    ])
  func yaml(_ example: Case) throws {
    try check(example)
  }

  @Test(
    "JSON",
    arguments: [
      Case(
        name: "changed", file: "lms.env.json", value: false, before: Fixture.envJSON,
        after: Fixture.envJSON.replacingOccurrences(of: "EXTENDED\": true", with: "EXTENDED\": false")),
      Case(
        name: "added to FEATURES", file: "lms.env.json", flag: .readOnlyFromExtended, before: Fixture.envJSON,
        after: Fixture.envJSON.replacingOccurrences(
          of: "EXTENDED\": true",
          with: "EXTENDED\": true,\n        \"READ_ONLY_FROM_CSMHE\": true,\n        "
            + "\"ENABLE_READING_FROM_MULTIPLE_HISTORY_TABLES\": false"
        ).replacingOccurrences(
          of: "250000",
          with: "250000,\n    \"READ_ONLY_FROM_CSMHE\": true,\n    "
            + "\"ENABLE_READING_FROM_MULTIPLE_HISTORY_TABLES\": false")),
      Case(
        name: "added behind one member", file: "a.json", before: "{\"FEATURES\": {\n\t\"a\" : 1\n}}",
        after: "{\"FEATURES\": {\n\t\"a\" : 1,\n\t\"ENABLE_CSMH_EXTENDED\" : true\n}, \"ENABLE_CSMH_EXTENDED\": true}"),
      Case(
        name: "added to a line", file: "a.json", before: "{\"FEATURES\":{\"a\":1,\"b\":{}}}",
        after: "{\"FEATURES\":{\"a\":1,\"b\":{},\"ENABLE_CSMH_EXTENDED\":true}, \"ENABLE_CSMH_EXTENDED\":true}"),
      Case(
        name: "added to nothing", file: "a.json", before: "{\"FEATURES\": {}}\n",
        after: "{\"FEATURES\": {\"ENABLE_CSMH_EXTENDED\": true}, \"ENABLE_CSMH_EXTENDED\": true}\n"),
      Case(
        name: "added at the top level", file: "a.json", before: "\u{FEFF}{\r\n  \"A\": \"\\u00e9\"\r\n}\r\n",
        after: "\u{FEFF}{\r\n  \"A\": \"\\u00e9\",\r\n  \"ENABLE_CSMH_EXTENDED\": true,\r\n"
          + "  \"FEATURES\": {\"ENABLE_CSMH_EXTENDED\": true}\r\n}\r\n"),
    ])
  func json(_ example: Case) throws {
    try check(example)
  }

  private func check(_ example: Case) throws {
    try withFolder([example.file: example.before]) { folder in
      let editor = LMSConfigurationEditor(files: [folder.path(example.file)])
      let edit = try editor.settingFlag(example.flag, to: example.value)
      let now = Date(timeIntervalSince1970: 1_767_312_245)
      let written = try edit.write(at: now)
      #expect(try folder.text(example.file) == example.after)
      let backup = "\(example.file).csmh-backup-20260102T000405Z"
      #expect(written.map { URL(fileURLWithPath: $0.backup).lastPathComponent } == [backup])
      #expect(try folder.text(backup) == example.before)
      #expect(folder.names == [example.file, backup].sorted())
      // Once more changes nothing.
      #expect(try editor.settingFlag(example.flag, to: example.value).changes.isEmpty)
    }
  }

  @Test("The file with FEATURES is the one that a flag is added to")
  func choosesFile() throws {
    let env = "{\"FEATURES\": {\"A\": 1}}"
    try withFolder(["lms.auth.json": Fixture.authJSON, "lms.env.json": env]) { folder in
      let editor = LMSConfigurationEditor(files: ["lms.auth.json", "lms.env.json"].map(folder.path))
      let edit = try editor.settingFlag(
        .readOnlyFromExtended, to: true, addedAs: .enableReadingFromMultipleHistoryTables)
      #expect(edit.changes.map(\.file) == [folder.path("lms.env.json")])
      try edit.write()
      #expect(
        try folder.text("lms.env.json")
          == "{\"FEATURES\": {\"A\": 1, \"ENABLE_READING_FROM_MULTIPLE_HISTORY_TABLES\": false}, "
          + "\"ENABLE_READING_FROM_MULTIPLE_HISTORY_TABLES\": false}")
      #expect(try folder.text("lms.auth.json") == Fixture.authJSON)
    }
  }

  @Test("A value that something else shares is left alone")
  func sharedValue() throws {
    let text = "X: &x false\nENABLE_CSMH_EXTENDED: *x\nY: &f\n  ENABLE_CSMH_EXTENDED: false\nFEATURES: *f\n"
    try withFolder(["lms.yml": text]) { folder in
      let editor = LMSConfigurationEditor(files: [folder.path("lms.yml")])
      let error = #expect(throws: LMSConfigurationError.self) { try editor.settingFlag(.extendedEnabled, to: true) }
      #expect(error?.message.hasSuffix("by an alias perhaps. Change it by hand") == true)
      #expect(folder.names == ["lms.yml"])
    }
  }

  @Test("FEATURES that something else shares is left alone, as a release that reads it would not be reached otherwise")
  func sharedFeatures() throws {
    try withFolder(["lms.yml": "X: &x\n  A: 1\nFEATURES: *x\n"]) { folder in
      let editor = LMSConfigurationEditor(files: [folder.path("lms.yml")])
      let error = #expect(throws: LMSConfigurationError.self) { try editor.settingFlag(.extendedEnabled, to: true) }
      #expect(error?.message.contains("at the top level, and under FEATURES. Change it by hand") == true, "\(error!)")
      #expect(error?.line == 3)
    }
  }

  @Test(
    "What stands twice is not changed, where it matters",
    arguments: [
      ("FEATURES:\n  ENABLE_CSMH_EXTENDED: false\n  A: 1\n  ENABLE_CSMH_EXTENDED: false\n", 4, "(lines 2, 4)"),
      ("FEATURES: {}\nENABLE_CSMH_EXTENDED: false\nFEATURES: {}\n", 3, "(lines 1, 3)"),
      ("ENABLE_CSMH_EXTENDED: false\nENABLE_CSMH_EXTENDED: true\n", 2, "(lines 1, 2)"),
    ])
  func repeated(text: String, line: Int, lines: String) throws {
    for name in ["lms.yml", "lms"] {
      try withFolder([name: text]) { folder in
        let editor = LMSConfigurationEditor(files: [folder.path(name)])
        let error = #expect(throws: LMSConfigurationError.self) { try editor.settingFlag(.extendedEnabled, to: true) }
        #expect(error?.line == line && error?.message.contains(lines) == true, "\(error!)")
        #expect(error?.message.hasSuffix("Keep one of them, or change it by hand") == true, "\(error!)")
        let after = try folder.text(name)
        #expect(after == text)
      }
    }
  }

  @Test("A file that no LMS reads gets the flag at the top level alone")
  func topLevel() throws {
    try withFolder(["config.yml": "LMS_HOST: a\nFEATURES: {}\n"]) { folder in
      let editor = LMSConfigurationEditor(files: [folder.path("config.yml")], places: .topLevel)
      try editor.settingFlag(.extendedEnabled, to: true).write()
      #expect(try folder.text("config.yml") == "LMS_HOST: a\nFEATURES: {}\nENABLE_CSMH_EXTENDED: true\n")
    }
  }

  @Test("A flag that is no boolean is not changed")
  func notBoolean() throws {
    try withFolder(["lms.yml": "ENABLE_CSMH_EXTENDED: 'false'\n"]) { folder in
      let editor = LMSConfigurationEditor(files: [folder.path("lms.yml")])
      #expect(throws: LMSConfigurationError.self) { try editor.settingFlag(.extendedEnabled, to: true) }
    }
  }

  @Test("A symbolic link stays, its target is replaced and keeps its mode; backups are never overwritten")
  func links() throws {
    try withFolder(["real.yml": "ENABLE_CSMH_EXTENDED: false\n"]) { folder in
      let files = FileManager.default
      try files.setAttributes([.posixPermissions: 0o640], ofItemAtPath: folder.path("real.yml"))
      try files.createSymbolicLink(atPath: folder.path("lms.yml"), withDestinationPath: "real.yml")
      let editor = LMSConfigurationEditor(files: [folder.path("lms.yml")])
      let now = Date(timeIntervalSince1970: 0)
      for value in [true, false, true] {
        try editor.settingFlag(.extendedEnabled, to: value).write(at: now)
      }
      let backup = "real.yml.csmh-backup-19700101T000000Z"
      #expect(folder.names == ["lms.yml", "real.yml", backup, "\(backup)-2", "\(backup)-3"])
      #expect(try files.destinationOfSymbolicLink(atPath: folder.path("lms.yml")) == "real.yml")
      #expect(try folder.text("real.yml") == "ENABLE_CSMH_EXTENDED: true\n")
      #expect(try folder.text(backup) == "ENABLE_CSMH_EXTENDED: false\n")
      #expect(try folder.text("\(backup)-2") == "ENABLE_CSMH_EXTENDED: true\n")
      for name in ["real.yml", backup] {
        let mode = try files.attributesOfItem(atPath: folder.path(name))[.posixPermissions] as? Int
        #expect(mode == 0o640)
      }
    }
  }

  @Test("The owner and the group stay", .enabled(if: geteuid() == 0, "only root may give files away"))
  func owner() throws {
    try withFolder(["lms.yml": "ENABLE_CSMH_EXTENDED: false\n"]) { folder in
      try #require(chown(folder.path("lms.yml"), 1_234, 4_321) == 0)
      try LMSConfigurationEditor(files: [folder.path("lms.yml")]).settingFlag(.extendedEnabled, to: true).write()
      for name in folder.names {
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.path(name))
        #expect(attributes[.ownerAccountID] as? Int == 1_234, "\(name)")
        #expect(attributes[.groupOwnerAccountID] as? Int == 4_321, "\(name)")
      }
    }
  }

  @Test("A file cut off anywhere is edited or refused", arguments: ["lms.yml", "lms.env.json"])
  func cutOff(name: String) throws {
    let whole = Array((name == "lms.yml" ? Fixture.nativeYAML : Fixture.envJSON).utf8)
    try withFolder { folder in
      var edited = 0
      for count in stride(from: 0, through: whole.count, by: 3) {
        try folder.write(name, Array(whole.prefix(count)))
        let editor = LMSConfigurationEditor(files: [folder.path(name)])
        guard let edit = try? editor.settingFlag(.readOnlyFromExtended, to: true) else { continue }
        edited += 1
        for change in edit.changes {
          try folder.write(name, change.newContents)
          #expect(try editor.settingFlag(.readOnlyFromExtended, to: true).changes.isEmpty)
        }
      }
      #expect(edited > 0 || name != "lms.yml")
    }
  }

  @Test("A file that changed in the meantime is left alone")
  func changedMeanwhile() throws {
    try withFolder(["lms.yml": "A: 1\n", "b.yml": "READ_ONLY_FROM_CSMHE: true\n"]) { folder in
      let edit = try LMSConfigurationEditor(files: [folder.path("lms.yml")]).settingFlag(.extendedEnabled, to: true)
      try folder.write("lms.yml", Array("A: 2\n".utf8))
      let error = #expect(throws: LMSConfigurationError.self) { try edit.write() }
      #expect(error?.message == "has changed since it was read, and was left alone: try again")
      #expect(try folder.text("lms.yml") == "A: 2\n")
      #expect(folder.names == ["b.yml", "lms.yml"])
    }
  }
}
