import Foundation
import StudentModuleHistory
import TestSupport
import Testing

/// What csmh says of a command line that lacks something, or has too much: followed, it does what was meant.
@Suite("Remedies of the command line", .limitedConcurrency) struct CommandLineRemedyTests {
  @Test("a command that does not exist: the help names those that do")
  func help() async throws {
    let refused = try await Command.csmh(["frobnicate", "--json"])
    #expect(refused.status == 64)
    try await FollowedRemedies.follow(.seeHelp, in: refused.output) { printed async throws in
      let help = try await PrintedCommand.run(printed.text)
      #expect(help.status == 0)
      let names = help.output.matches(of: /\n  ([a-z-]+)  +[A-Z]/).map { String($0.1) }
      #expect(names.contains("provision") && names.contains("serve"), "\(help.output)")
      #expect(try await Command.csmh([try #require(names.last), "--help"]).status == 0)
    }
  }

  @Test("a URL that is none: the help shows forms that are taken")
  func urlForms() async throws {
    try await DemoInstallation.with { demo in
      var words = demo.urls
      words[1] = "sqlite//edxapp"
      let refused = try await Command.csmh(["status"] + words)
      #expect(refused.status == 64)
      try await FollowedRemedies.follow(.seeURLForms, in: refused.toDo) { printed async throws in
        let help = try await PrintedCommand.run(
          PrintedCommand.first(in: printed.text).replacing(" shows the forms", with: ""))
        let forms = help.output.matches(of: /(mysql|sqlite):\/\/[a-z0-9@:\/_.]+[a-z]/).map { String($0.0) }
        #expect(forms.contains { $0.hasPrefix("mysql") }, "\(help.output)")
        let form = try #require(forms.first { $0.hasPrefix("sqlite") })
        #expect(form.hasSuffix("/path/edxapp.db"), "\(form)")
        words[1] = form.replacing("/path", with: demo.directory.path)
        #expect(try await Command.csmh(["status"] + words).status == 0)
      }
    }
  }

  @Test("standard input where a file is watched: the file is")
  func standardInput() async throws {
    try await DemoInstallation.with(.migrated) { demo in
      try demo.set(.readOnlyFromExtended, true)
      let refused = try await Command.csmh(["supervise", "--until-verified", "--lms-config", "-"])
      #expect(refused.status == 64)
      try await FollowedRemedies.follow(.nameFileInsteadOfInput, in: refused.toDo) { printed async throws in
        #expect(printed.text.hasSuffix("--lms-config FILE"))
        let result = try await Command.csmh(["supervise", "--until-verified"] + demo.configured)
        #expect(result.status == 0, "\(result)")
      }
    }
  }

  @Test("--flags beside an LMS configuration: without it, or with URLs")
  func flags() async throws {
    try await DemoInstallation.with { demo in
      let refused = try await demo.csmh("history", "1", "--flags", "off")
      #expect(refused.status == 64)
      try await FollowedRemedies.follow(.leaveOutFlags, in: refused.toDo) { _ async throws in
        #expect(try await demo.csmh("history", "1").status == 0)
        #expect(try await Command.csmh(["history", "1", "--flags", "off"] + demo.urls).status == 0)
      }
    }
  }

  @Test("a folder that holds no devstack: csmh devstack makes it")
  func noDevstack() async throws {
    try await DemoInstallation.with(.filled) { demo in
      func status() async throws -> Command.Result {
        try await PrintedCommand.run("csmh status --directory devstack", in: demo.folder)
      }
      let refused = try await status()
      #expect(refused.status == 78)
      try await FollowedRemedies.follow(.makeDevstack, in: refused.toDo) { printed async throws in
        let made = try await PrintedCommand.run(printed.text, ["--rows", "100", "--live", "0"], in: demo.folder)
        #expect(made.status == 0, "\(made)")
        #expect(try await status().status == 0)
      }
    }
  }

  @Test("a SQLite file that is not there: another path, or a demo")
  func wrongPath() async throws {
    try await DemoInstallation.with { demo in
      let refused = try await Command.csmh(["status"] + demo.urls.map { $0.replacing("edxapp.db", with: "edxap.db") })
      #expect(refused.status == 69)
      try await FollowedRemedies.follow(.checkPath, in: refused.toDo) { printed async throws in
        #expect(try await Command.csmh(["status"] + demo.urls).status == 0)
        let command = try PrintedCommand.first(in: printed.text).replacing(" for a demo installation", with: "")
        let made = try await PrintedCommand.run(command, ["--rows", "100", "--live", "0"], in: demo.folder)
        #expect(made.status == 0, "\(made)")
        #expect(try await PrintedCommand.run("csmh status", in: demo.folder).status == 0)
      }
    }
  }

  @Test("a demo over somebody's files: in another folder")
  func otherFolder() async throws {
    try await DemoInstallation.with(.filled) { demo in
      let words = ["devstack", "--rows", "100", "--fill-only", "--directory"]
      let refused = try await Command.csmh(words + [demo.folder.path])
      #expect(refused.status == 78)
      try await FollowedRemedies.follow(.nameOtherFolder, in: refused.toDo) { _ async throws in
        #expect(try await Command.csmh(words + [demo.folder.path + "/another"]).status == 0)
      }
    }
  }

  @Test("a demo over somebody's table: in a new database")
  func newDatabase() async throws {
    let installation = try await TestInstallation(.betweenMariaDBs)
    for sql in Tables.today.sql { try await installation.original(sql) }
    let refused = try await installation.csmh("devstack", "--rows", "100", "--live", "0")
    #expect(refused.status == 78)
    try await FollowedRemedies.follow(.nameNewDatabase, in: refused.toDo) { _ async throws in
      let result = try await Command.csmh(
        ["devstack", "--rows", "100", "--live", "0"]
          + installation.arguments.map {
            $0.replacing(installation.originalDatabase, with: installation.originalDatabase + "_demo")
          })
      #expect(result.status == 0, "\(result)")
    }
  }

  @Test("a report over a file: under another name, or with --yes")
  func report() async throws {
    try await DemoInstallation.with { demo in
      let file = demo.folder.path + "/report.html"
      #expect(try await demo.csmh("report", "--output", file).status == 0)
      let refused = try await demo.csmh("report", "--output", file)
      #expect(refused.status == 64)
      try await FollowedRemedies.follow(.nameOtherFile, in: refused.toDo) { _ async throws in
        #expect(try await demo.csmh("report", "--output", demo.folder.path + "/another.html").status == 0)
        #expect(try await demo.csmh("report", "--output", file, "--yes").status == 0)
      }
    }
  }

  @Test("rows would be moved, and nobody can be asked: --yes moves them")
  func rekey() async throws {
    try await DemoInstallation.with { demo in
      try await demo.sql(
        .extended,
        "INSERT INTO \(TestInstallation.extendedTable) (id, student_module_id, created, state) VALUES (5, 7, '2037-01-01', 'low')"
      )
      let refused = try await demo.csmh("offset", "--rekey", "--settle", "0")
      #expect(refused.status == 64)
      try await FollowedRemedies.follow(.addYes, in: refused.toDo) { _ async throws in
        #expect(try await demo.csmh("offset", "--rekey", "--settle", "0", "--yes").status == 0)
        let low = try await demo.rows(.extended, "SELECT id FROM \(TestInstallation.extendedTable) WHERE id <= 300")
        #expect(low.isEmpty)
      }
    }
  }

  @Test("the original table would be emptied, and nobody can be asked: --yes empties it")
  func drain() async throws {
    try await DemoInstallation.with(.migrated) { demo in
      try demo.set(.readOnlyFromExtended, true)
      let refused = try await demo.csmh("drain")
      #expect(refused.status == 64)
      try await FollowedRemedies.follow(.giveYes, in: refused.toDo) { _ async throws in
        #expect(try await demo.csmh("drain", "--yes").status == 0)
        #expect(try await demo.rows(.original, "SELECT 1 FROM courseware_studentmodulehistory LIMIT 1").isEmpty)
      }
    }
  }

  @Test("a submission history that is too long: its records, page by page")
  func submissions() async throws {
    try await DemoInstallation.with { demo in
      try await demo.sql(
        .original,
        """
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10001) INSERT INTO courseware_studentmodulehistory \
        (student_module_id, created, state) SELECT 999999, '2020-01-01 00:00:00', '{}' FROM n
        """)
      let refused = try await demo.csmh("history", "999999", "--submissions")
      #expect(refused.status == 1)
      try await FollowedRemedies.follow(.leaveOutSubmissions, in: refused.toDo) { _ async throws in
        let result = try await demo.csmh("history", "999999")
        #expect(result.status == 0 && result.output.contains("2020-01-01"), "\(result)")
      }
    }
  }
}
