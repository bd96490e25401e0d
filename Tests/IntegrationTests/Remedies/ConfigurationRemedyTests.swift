import Foundation
import StudentModuleHistory
import TestSupport
import Testing

/// What csmh says of an LMS configuration: edited so, it is taken.
@Suite("Remedies of the configuration", .limitedConcurrency) struct ConfigurationRemedyTests {
  /// The settings of a running LMS, as its `print_setting` or a dump writes them.
  private static func settings(
    _ demo: DemoInstallation, flag: Bool, routers: [String], applications: [String]
  ) throws -> String {
    func database(_ side: HistorySide) -> [String: String] {
      ["ENGINE": "django.db.backends.sqlite3", "NAME": demo.file(side)]
    }
    let settings: [String: Any] = [
      "DATABASES": ["default": database(.original), "student_module_history": database(.extended)],
      "ENABLE_CSMH_EXTENDED": flag, "DATABASE_ROUTERS": routers, "INSTALLED_APPS": applications,
    ]
    return String(
      decoding: try JSONSerialization.data(withJSONObject: settings, options: [.withoutEscapingSlashes]), as: UTF8.self)
  }

  private static let router = "openedx.core.lib.django_courseware_routers.StudentModuleHistoryExtendedRouter"
  private static let application = "lms.djangoapps.coursewarehistoryextended"

  @Test("rules of which a rendered configuration says nothing: the running LMS's settings let check look")
  func runningSettings() async throws {
    try await DemoInstallation.with { demo in
      let check = ["check", "--rule", "installed-apps"]
      let skipped = try await Command.csmh(check + demo.place)
      #expect(skipped.output.contains("1 skipped"))
      try await FollowedRemedies.follow(.nameRunningSettings, in: skipped.output) { printed async throws in
        #expect(printed.text.contains("as JSON: --lms-config FILE"))
        let text = try Self.settings(
          demo, flag: false, routers: [Self.router], applications: ["django.contrib.auth", Self.application])
        let result = try await Command.csmh(check + ["--lms-config", try demo.write(text, to: "settings.json")])
        #expect(result.status == 0 && result.output.contains("1 pass"), "\(result.output)")
      }
    }
  }

  /// A list that lacks what the extended table needs.
  struct Lack: Sendable, CustomStringConvertible {
    let rule: String
    let flag: Bool
    let remedy: Remedy.Name

    var description: String { "\(rule), the flag \(flag ? "on" : "off")" }
    /// With the flag on every answer fails; with the flag off it is a thing to do beforehand.
    var status: Int32 { flag ? 1 : 0 }
    var isRouter: Bool { rule == "database-routers" }
  }

  @Test(
    "a router or an application that is missing: added to the LMS and the CMS as it is printed, both have it",
    arguments: [
      Lack(rule: "database-routers", flag: true, remedy: .addRouter),
      Lack(rule: "database-routers", flag: false, remedy: .addRouterFirst),
      Lack(rule: "installed-apps", flag: true, remedy: .addApplication),
      Lack(rule: "installed-apps", flag: false, remedy: .addApplicationWithFlag),
    ])
  func lists(lack: Lack) async throws {
    try await DemoInstallation.with { demo in
      func write(_ added: [String], flag: Bool) throws {
        let text = try Self.settings(
          demo, flag: flag, routers: ["x.Router"] + (lack.isRouter ? added : [Self.router]),
          applications: ["x"] + (lack.isRouter ? (lack.flag ? [Self.application] : []) : added))
        for name in ["lms.json", "cms.json"] { try demo.write(text, to: name) }
      }
      func check() async throws -> Command.Result {
        try await Command.csmh([
          "check", "--rule", lack.rule, "--rule", "cms-configuration", "--lms-config",
          demo.directory.path + "/lms.json",
        ])
      }
      try write([], flag: lack.flag)
      let found = try await check()
      #expect(found.status == lack.status, "\(found)")
      try await FollowedRemedies.follow(lack.remedy, in: found.output) { printed async throws in
        try write(printed.places, flag: lack.flag)
        let added = try await check()
        #expect(added.status == 0 && added.output.contains("2 pass"), "\(added.output)")
        // Where the flag was off, it may be turned on now.
        try write(printed.places, flag: true)
        #expect(try await check().output.contains("2 pass"))
      }
    }
  }

  @Test("a CMS whose configuration is elsewhere, cannot be read, or does not agree: each is followed to one that does")
  func studio() async throws {
    try await DemoInstallation.with { demo in
      let text = try String(contentsOf: demo.configuration, encoding: .utf8)
      let check = ["check", "--rule", "cms-configuration"] + demo.configured
      let named = try demo.write(text, to: "studio.yml")
      let skipped = try await Command.csmh(check)
      try await FollowedRemedies.follow(.nameStudioConfiguration, in: skipped.output) { printed async throws in
        #expect(printed.text.hasSuffix("--cms-config FILE"))
        #expect(try await Command.csmh(check + ["--cms-config", named]).output.contains("1 pass"))
      }

      try demo.write("DATABASES: {", to: "cms.yml")
      let broken = try await Command.csmh(check)
      #expect(broken.output.contains("1 warn"), "\(broken.output)")
      try await FollowedRemedies.follow(.mendStudioConfiguration, in: broken.output) { printed async throws in
        #expect(printed.text.hasSuffix("--cms-config FILE"))
        #expect(try await Command.csmh(check + ["--cms-config", named]).output.contains("1 pass"))
        try demo.write(text, to: "cms.yml")
        #expect(try await Command.csmh(check).output.contains("1 pass"))
      }

      try demo.set(.extendedEnabled, true)
      let differing = try await Command.csmh(check)
      #expect(differing.status == 1)
      try await FollowedRemedies.follow(.agreeStudioConfiguration, in: differing.output) { printed async throws in
        let flag = "ENABLE_CSMH_EXTENDED: "
        let file = try #require(printed.places.first)
        let old = try String(contentsOfFile: file, encoding: .utf8)
        try old.replacing(flag + "false", with: flag + "true").write(toFile: file, atomically: true, encoding: .utf8)
        #expect(try await Command.csmh(check).output.contains("1 pass"))
      }
    }
  }

  @Test("a configuration without an extended database: added under the name that is printed, it is found")
  func noExtendedDatabase() async throws {
    try await DemoInstallation.with { demo in
      let text = try String(contentsOf: demo.configuration, encoding: .utf8)
      try demo.edit { $0.replacing("student_module_history:", with: "another:") }
      let refused = try await demo.csmh("status")
      #expect(refused.status == 78)
      try await FollowedRemedies.follow(.addExtendedDatabase, in: refused.toDo) { printed async throws in
        let name = try #require(printed.text.firstMatch(of: /under DATABASES: ([a-z_]+),/)?.1)
        try demo.edit { $0.replacing("another:", with: "\(name):") }
        #expect(try String(contentsOf: demo.configuration, encoding: .utf8) == text)
        #expect(try await demo.csmh("status").status == 0)
      }
    }
  }

  @Test("SQLite files of which one is the other, is no file, or is the wrong one: those of the two tables are taken")
  func files() async throws {
    try await DemoInstallation.with(.filled) { demo in
      func provision(_ original: String, _ extended: String) async throws -> Command.Result {
        try await Command.csmh(["provision", "--original", original, "--extended", extended])
      }
      let same = try await provision(demo.url(.original), demo.url(.original))
      #expect(same.status == 78)
      try await FollowedRemedies.follow(.ownFile, in: same.toDo) { _ async throws in
        #expect(try await provision(demo.url(.original), demo.url(.extended)).status == 0)
      }
      let mixed = try await provision(demo.url(.original), "mysql://root@127.0.0.1:1/edxapp_csmh")
      #expect(mixed.status == 78)
      try await FollowedRemedies.follow(.sameKind, in: mixed.toDo) { _ async throws in
        #expect(try await provision(demo.url(.original), demo.url(.extended)).status == 0)
      }
      let wrong = try await provision(demo.url(.extended), "sqlite://\(demo.directory.path)/third.db")
      #expect(wrong.status == 78, "\(wrong)")
      try await FollowedRemedies.follow(.nameDefaultFile, in: wrong.toDo) { printed async throws in
        // The file that the LMS's configuration calls so.
        let text = try String(contentsOf: demo.configuration, encoding: .utf8)
        #expect(
          printed.text.contains("`default`")
            && text.contains("default:\n    ENGINE: django.db.backends.sqlite3\n    NAME: edxapp.db"))
        #expect(try await provision(demo.url(.original), demo.url(.extended)).status == 0)
      }
    }
  }

  @Test("databases of which one is the other, or that are not there: those of the two tables are taken")
  func databases() async throws {
    let installation = try await TestInstallation(TestInstallation.Place.mariaDB[1])
    for sql in Tables.today.sql { try await installation.original(sql) }
    let server = "mysql://root@127.0.0.1:\(installation.source.port)/"
    func provision(_ original: String, _ extended: String) async throws -> Command.Result {
      try await Command.csmh(["provision", "--original", server + original, "--extended", server + extended])
    }
    let same = try await provision(installation.originalDatabase, installation.originalDatabase)
    #expect(same.status == 78)
    try await FollowedRemedies.follow(.ownDatabase, in: same.toDo) { printed async throws in
      let name = try #require(printed.places.first)
      let result = try await provision(installation.originalDatabase, name)
      try await installation.source.run("DROP DATABASE \(name)")
      #expect(result.status == 0, "\(result)")
    }
    for wrong in [installation.originalDatabase + "_nowhere", "mysql"] {
      let refused = try await provision(wrong, installation.extendedDatabase)
      #expect(refused.status == 78, "\(refused)")
      try await FollowedRemedies.follow(.nameDefaultDatabase, in: refused.toDo) { printed async throws in
        #expect(printed.places == ["edxapp"])
        #expect(try await provision(installation.originalDatabase, installation.extendedDatabase).status == 0)
      }
    }
  }

  @Test(
    "a configuration that names another database while it is supervised: started again, supervision works on that one")
  func otherDatabase() async throws {
    try await DemoInstallation.with { demo in
      try demo.set(.extendedEnabled, true)
      let words = ["supervise", "--recheck", "0.3"] + demo.configured
      let supervision = try Command(try Command.csmh, words, environment: [:])
      while try await demo.rows(.extended, "SELECT 1 FROM csmh_migration WHERE phase = 'verified'").isEmpty,
        supervision.isRunning
      { try await Task.sleep(for: .milliseconds(50)) }
      try demo.set(.readOnlyFromExtended, true)
      try demo.edit { $0.replacing("edxapp_csmh.db", with: "another.db") }
      let ended = await supervision.wait()
      #expect(ended.status == 2, "\(ended)")
      try await FollowedRemedies.follow(.startSuperviseAgain, in: ended.toDo) { _ async throws in
        let again = try await Command.csmh(words + ["--until-verified"])
        #expect(again.status == 0, "\(again)")
        #expect(FileManager.default.fileExists(atPath: demo.directory.path + "/another.db"))
      }
    }
  }
}
