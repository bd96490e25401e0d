import Foundation
import TestSupport
import Testing

/// `csmh flags` on a real installation: what it says is safe, what it refuses, and what it leaves as it was.
@Suite(.limitedConcurrency) struct FlagsTests {
  private static func installation(_ place: TestInstallation.Place, rows: Int) async throws -> TestInstallation {
    let installation = try await TestInstallation(place)
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(Tables.plainRows(rows))
    return installation
  }

  private static func flags(_ file: LMSConfigurationFile, _ more: String...) async throws -> Command.Result {
    try await Command.csmh(["flags", "--lms-config", file.path, "--json"] + more)
  }

  private static func set(
    _ file: LMSConfigurationFile, _ assignment: String, _ more: String...
  ) async throws -> Command.Result {
    try await Command.csmh(["flags", "--lms-config", file.path, "--set", assignment] + more)
  }

  @Test(
    "each flag is refused until it is safe, and turned back when that loses nothing",
    arguments: TestInstallation.Place.every.filter { $0.source == $0.target })
  func order(place: TestInstallation.Place) async throws {
    let installation = try await Self.installation(place, rows: 500)
    let file = try LMSConfigurationFile(installation)
    defer { file.remove() }
    let before = try String(contentsOfFile: file.path, encoding: .utf8)

    let tooEarly = try await Self.set(file, "ENABLE_CSMH_EXTENDED=true")
    #expect(tooEarly.status == 1 && tooEarly.error.contains("there is no extended table"))
    #expect(try String(contentsOfFile: file.path, encoding: .utf8) == before, "a refused change changes nothing")

    #expect(try await Command.csmh(["provision", "--lms-config", file.path]).status == 0)
    #expect(try await Self.set(file, "ENABLE_CSMH_EXTENDED=true").status == 0)
    #expect(
      try String(contentsOfFile: file.path, encoding: .utf8)
        == before.replacingOccurrences(of: "ENABLE_CSMH_EXTENDED: false", with: "ENABLE_CSMH_EXTENDED: true"))

    let notCopied = try await Self.set(file, "READ_ONLY_FROM_CSMHE=true")
    #expect(notCopied.status == 1)
    #expect(notCopied.error.contains("records of the original table would not be seen"), "\(notCopied.error)")
    #expect(try await Command.csmh(["migrate", "--lms-config", file.path]).status == 0)
    // One more row of a process with the old flag.
    try await installation.original(Tables.plainRows(1, from: 501))
    #expect(try await Self.set(file, "READ_ONLY_FROM_CSMHE=true").status == 1)
    #expect(try await Command.csmh(["migrate", "--lms-config", file.path]).status == 0)
    // In Open edX's own spelling, which has the opposite sense.
    #expect(try await Self.set(file, "ENABLE_READING_FROM_MULTIPLE_HISTORY_TABLES=false").status == 0)
    #expect(try await Self.flags(file).status == 0)

    #expect(try await Self.set(file, "ENABLE_CSMH_EXTENDED=false").status == 1, "the other flag is on")
    #expect(try await Self.set(file, "READ_ONLY_FROM_CSMHE=off").status == 0)
    try await installation.extended(
      "INSERT INTO \(TestInstallation.extendedTable) (student_module_id, created) VALUES (1, '2026-01-01')")
    let native = try await Self.set(file, "ENABLE_CSMH_EXTENDED=false")
    #expect(native.status == 1 && native.error.contains("readers would not see them any more"))
    #expect(try await Self.set(file, "ENABLE_CSMH_EXTENDED=false", "--force").status == 0)
    #expect(try String(contentsOfFile: file.path, encoding: .utf8) == before, "every byte but the flags is as it was")
    let backups = try FileManager.default.contentsOfDirectory(atPath: file.directory.path)
      .filter { $0.contains("csmh-backup") }
    #expect(backups.count == 4, "the old file is kept at every change: \(backups)")
  }

  @Test("a switch that was made too early is told by flags and by status, with what readers miss")
  func tooEarly() async throws {
    let installation = try await Self.installation(.betweenMariaDBs, rows: 500)
    let file = try LMSConfigurationFile(installation)
    defer { file.remove() }
    #expect(try await Command.csmh(["provision", "--lms-config", file.path]).status == 0)
    try file.set(true, true)
    let flags = try await Self.flags(file)
    #expect(flags.status == 1)
    #expect(flags.output.contains("READ_ONLY_FROM_CSMHE is on too early"))
    let status = try await Command.csmh(["status", "--lms-config", file.path])
    #expect(status.status == 0)
    #expect(status.output.contains("READ_ONLY_FROM_CSMHE is on too early"), "\(status.output)")
  }

  @Test("flags that contradict each other are told with file and line, and can be mended by --set")
  func contradiction() async throws {
    let installation = try await Self.installation(.betweenMariaDBs, rows: 10)
    let file = try LMSConfigurationFile(installation)
    defer { file.remove() }
    try file.set(false, true)
    let result = try await Command.csmh(["status", "--lms-config", file.path])
    #expect(result.status == 78 && result.error.contains("lms.yml:6"), "\(result.error)")
    #expect(try await Self.flags(file).status == 1)
    #expect(try await Self.set(file, "READ_ONLY_FROM_CSMHE=false").status == 0)
    #expect(try await Self.flags(file).status == 0)
  }

  @Test("wrong use and servers that are away end with the statuses of the contract, and nothing is changed")
  func badInput() async throws {
    let installation = try await Self.installation(.betweenMariaDBs, rows: 10)
    let file = try LMSConfigurationFile(installation)
    defer { file.remove() }
    for wrong in ["ENABLE_CSMH_EXTENDED", "ENABLE_CSMH_EXTENDED=perhaps", "SOMETHING=true"] {
      #expect(try await Self.set(file, wrong).status == 64)
    }
    #expect(try await Self.flags(file, "--force").status == 64)
    #expect(try await installation.csmh("flags").status == 64)
    let text = try String(contentsOfFile: file.path, encoding: .utf8)
    let away = text.replacingOccurrences(
      of: "PORT: '\(installation.target.port)'", with: "OPTIONS: {connect_timeout: 1}, PORT: '1'")
    try file.write(away)
    #expect(try await Self.set(file, "ENABLE_CSMH_EXTENDED=true").status == 69)
    #expect(try String(contentsOfFile: file.path, encoding: .utf8) == away)
    let forced = try await Self.set(file, "ENABLE_CSMH_EXTENDED=true", "--force")
    #expect(forced.status == 0 && forced.error.contains("is not known"))
  }
}
