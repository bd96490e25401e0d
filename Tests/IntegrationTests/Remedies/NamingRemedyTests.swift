import Foundation
import StudentModuleHistory
import TestSupport
import Testing

/// What csmh says where nothing, or not enough, tells it of an installation: each way that it names leads to it.
@Suite("Remedies of naming an installation", .limitedConcurrency) struct NamingRemedyTests {
  /// A migrated installation, and each way to name it by the words that a remedy has for it.
  private static func with(
    _ body: (_ installation: TestInstallation, _ file: LMSConfigurationFile, _ ways: [String: [String]]) async throws ->
      Void
  ) async throws {
    let installation = try await TestInstallation(.betweenMariaDBs)
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(Tables.plainRows(50))
    let file = try LMSConfigurationFile(installation)
    defer { file.remove() }
    try file.set(true, false)
    #expect(try await Command.csmh(["migrate", "--lms-config", file.path]).status == 0)
    try file.set(true, true)
    let tutor = """
      ENABLE_CSMH_EXTENDED: true
      READ_ONLY_FROM_CSMHE: true
      MYSQL_HOST: 127.0.0.1
      MYSQL_PORT: \(installation.source.port)
      OPENEDX_MYSQL_DATABASE: \(installation.originalDatabase)
      OPENEDX_MYSQL_USERNAME: root
      CSMH_EXTENDED_DATABASE: \(installation.extendedDatabase)
      CSMH_EXTENDED_PORT: \(installation.target.port)
      """
    try tutor.write(toFile: file.directory.path + "/config.yml", atomically: true, encoding: .utf8)
    try await body(
      installation, file,
      [
        "--lms-config FILE": ["--lms-config", file.path], "--directory DIR": ["--directory", file.directory.path],
        "--tutor-root DIR": ["--tutor-root", file.directory.path],
        "--original URL --extended URL": installation.arguments,
      ])
  }

  /// Runs a command with every way that a remedy names.
  private static func run(
    _ words: [String], _ printed: FollowedRemedies.Printed, _ ways: [String: [String]], count: Int
  ) async throws {
    let named = ways.filter { printed.text.contains($0.key) }
    #expect(named.count == count, "\(printed.text)")
    for (name, way) in named {
      let result = try await Command.csmh(words + ["--yes"] + way)
      #expect(result.status == 0, "\(words) \(name): \(result.output)\(result.error)")
    }
  }

  private static func inEmptyFolder(_ body: (URL) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("csmh-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body(folder)
  }

  @Test("nothing says where the databases are: every way that is named finds them, and a demo needs none")
  func nothing() async throws {
    try await Self.with { _, _, ways in
      try await Self.inEmptyFolder { folder in
        let refused = try await PrintedCommand.run("csmh status", in: folder)
        #expect(refused.status == 64)
        try await FollowedRemedies.follow(.nameInstallation, in: refused.toDo) { printed async throws in
          try await Self.run(["status"], printed, ways, count: 3)
          let made = try await PrintedCommand.run(
            PrintedCommand.first(in: printed.text), ["--rows", "100", "--live", "0"], in: folder)
          #expect(made.status == 0, "\(made)")
          #expect(try await PrintedCommand.run("csmh status", in: folder).status == 0)
        }
      }
    }
  }

  @Test("flags of databases that were named by URLs: each way that names a configuration tells them")
  func flags() async throws {
    try await Self.with { installation, _, ways in
      let refused = try await installation.csmh("flags")
      #expect(refused.status == 64)
      try await FollowedRemedies.follow(.nameConfiguration, in: refused.toDo) { printed async throws in
        try await Self.run(["flags"], printed, ways, count: 3)
      }
    }
  }

  @Test("supervision of databases that were named by URLs: each way that names a configuration, or csmh migrate")
  func supervision() async throws {
    try await Self.with { installation, _, ways in
      let refused = try await installation.csmh("supervise")
      #expect(refused.status == 64)
      try await FollowedRemedies.follow(.nameConfigurationOrMigrate, in: refused.toDo) { printed async throws in
        try await Self.run(["supervise", "--until-verified"], printed, ways, count: 3)
        let migrated = try await PrintedCommand.run(PrintedCommand.first(in: printed.text), installation.arguments)
        #expect(migrated.status == 0, "\(migrated)")
      }
    }
  }

  @Test("a configuration that is not there, by file or by Tutor's folder: the right file")
  func missingFile() async throws {
    try await Self.with { _, file, ways in
      for wrong in [["--lms-config", file.path + ".none"], ["--tutor-root", file.directory.path + "/none"]] {
        let refused = try await Command.csmh(["supervise", "--until-verified"] + wrong)
        #expect(refused.status == 78)
        try await FollowedRemedies.follow(.nameConfigurationFile, in: refused.toDo) { printed async throws in
          #expect(printed.text.hasSuffix("--lms-config"))
          let result = try await Command.csmh(["supervise", "--until-verified"] + ways["--lms-config FILE"]!)
          #expect(result.status == 0, "\(result)")
        }
      }
    }
  }

  @Test("check leaves rules out where URLs name the databases: the LMS configuration lets it look")
  func check() async throws {
    try await Self.with { installation, _, ways in
      let rules = ["flags", "cms-configuration", "database-routers"]
      let words = ["check"] + rules.flatMap { ["--rule", $0] }
      let skipped = try await Command.csmh(words + installation.arguments)
      #expect(skipped.output.contains("3 skipped"), "\(skipped.output)")
      try await FollowedRemedies.follow(.nameConfigurationForRule, in: skipped.output) { printed async throws in
        #expect(printed.text.hasSuffix("--lms-config FILE"))
        let result = try await Command.csmh(words + ways["--lms-config FILE"]!)
        #expect(result.status == 0 && !result.output.contains("named by URLs"), "\(result.output)")
        #expect(result.output.contains("1 pass"), "\(result.output)")
      }
    }
  }

  @Test("an option file that no client would use: one as the document has it")
  func optionFile() async throws {
    try await Self.with { installation, file, _ in
      let path = file.directory.path + "/my.cnf"
      try "user = root\n".write(toFile: path, atomically: true, encoding: .utf8)
      let arguments = installation.arguments.map { $0.replacing("root@", with: "") } + ["--defaults-file", path]
      let refused = try await Command.csmh(["status"] + arguments)
      #expect(refused.status == 78, "\(refused)")
      try await FollowedRemedies.follow(.seeOptionFiles, in: refused.toDo) { printed async throws in
        let page = try #require(printed.text.split(separator: " ").first)
        let text = try String(contentsOf: TestServer.project.appendingPathComponent(String(page)), encoding: .utf8)
        let section = try #require(text.range(of: "## Option files")).upperBound
        let group = try #require(text[section...].firstMatch(of: /`(\[client\])`/)?.1)
        let option = try #require(text[section...].firstMatch(of: /`(user)`/)?.1)
        try "\(group)\n\(option) = root\n".write(toFile: path, atomically: true, encoding: .utf8)
        let result = try await Command.csmh(["status"] + arguments)
        #expect(result.status == 0, "\(result)")
      }
    }
  }
}
