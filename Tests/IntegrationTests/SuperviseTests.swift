import Foundation
import HistoryStores
import StudentModuleHistory
import Synchronization
import TestSupport
import Testing

/// `csmh supervise`, driven by nothing but edits of an lms.yml.
@Suite(.limitedConcurrency) struct SuperviseTests {
  /// A supervisor that is killed and started again.
  private final class Supervision: Sendable {
    private let arguments: [String]
    private let running = Mutex<Command?>(nil)

    init(_ file: LMSConfigurationFile, _ more: [String] = []) {
      arguments = ["supervise", "--lms-config", file.path, "--recheck", "0.3", "--json"] + more
    }

    func start() throws {
      let command = try Command(try Command.csmh, arguments, environment: [:])
      running.withLock { $0 = command }
    }

    /// Ends it and returns what it printed.
    @discardableResult
    func end(_ signal: Int32) async throws -> Command.Result {
      let command = try #require(running.withLock { $0 })
      command.send(signal)
      return await command.wait()
    }

    /// Waits until it ends by itself.
    func ended() async throws -> Command.Result {
      await (try #require(running.withLock { $0 })).wait()
    }

    /// kill -9, and another one in its place.
    func killAndRestart() async throws {
      try await end(SIGKILL)
      try start()
    }
  }

  private static func filled(_ place: TestInstallation.Place, rows: Int) async throws -> TestInstallation {
    let installation = try await TestInstallation(place)
    for sql in Tables.today.sql { try await installation.original(sql) }
    for start in stride(from: 1, through: rows, by: 5_000) {
      try await installation.original(Tables.plainRows(min(5_000, rows - start + 1), from: start))
    }
    return installation
  }

  /// One value of the journal; nil while there is no journal.
  private static func journal(_ installation: TestInstallation, _ sql: String) async -> String? {
    try? await installation.extendedRows(sql).first?[0]
  }

  private static func wait(
    _ what: String, seconds: Double = 90, until isDone: () async throws -> Bool
  ) async throws {
    let end = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < end {
      if try await isDone() { return }
      try await Task.sleep(for: .milliseconds(5))
    }
    throw TestFailure("it took more than \(seconds) s until \(what)")
  }

  private static let phase = "SELECT phase FROM csmh_migration"
  private static let lastPassBack = "SELECT detail FROM csmh_event WHERE kind = 'pass-back' ORDER BY id DESC LIMIT 1"

  @Test(
    "edits of an lms.yml alone: first flag, copy under live writes, second flag, pass back, verdict; kill -9 in each phase",
    arguments: TestInstallation.Place.mariaDB)
  func endToEnd(place: TestInstallation.Place) async throws {
    let installation = try await Self.filled(place, rows: 30_000)
    let file = try LMSConfigurationFile(installation)
    defer { file.remove() }
    let supervision = Supervision(file, ["--max-rows-per-second", "12000", "--workers", "2"])
    let lms = try LearnersAtWork(installation.pair)
    let learners = Task { try await lms.run() }
    do {
      try supervision.start()
      try await Task.sleep(for: .milliseconds(500))
      #expect(await Self.journal(installation, Self.phase) == nil, "nothing begins with both flags off")
      try await supervision.killAndRestart()

      try file.set(true, false)
      // Killed while it provisions and when it has just begun, at moments that nobody chose.
      for _ in 0..<4 {
        try await Task.sleep(for: .milliseconds(Int.random(in: 300...700)))
        try await supervision.killAndRestart()
      }
      try await Self.wait("it copies") { await Self.journal(installation, Self.phase) == "copying" }
      // The LMS is deployed with the flag a while after the file was edited: until then it writes to the original table.
      try await lms.deploy(extendedEnabled: true, readOnlyFromExtended: false)
      for _ in 0..<4 {
        try await Task.sleep(for: .milliseconds(Int.random(in: 50...500)))
        try await supervision.killAndRestart()
      }
      try await Self.wait("everything is copied") {
        ["copied", "verified"].contains(await Self.journal(installation, Self.phase))
      }
      try await supervision.killAndRestart()
      try await Self.wait("everything is verified") { await Self.journal(installation, Self.phase) == "verified" }
      let flags = try await installation.csmhFlags(file)
      #expect(flags.status == 0)

      // A process that was forgotten writes to the original table while nobody supervises: the pass back has to find it.
      try await supervision.end(SIGKILL)
      try await lms.straggle(rows: 25)
      try file.set(true, true)
      try supervision.start()
      for _ in 0..<4 {
        try await Task.sleep(for: .milliseconds(Int.random(in: 300...600)))
        try await supervision.killAndRestart()
      }
      try await Self.wait("the pass back has a verdict") {
        await Self.journal(installation, Self.lastPassBack)?.hasPrefix("verified: ") == true
      }
      try await lms.deploy(extendedEnabled: true, readOnlyFromExtended: true)
      try await supervision.killAndRestart()
      try await Task.sleep(for: .seconds(1))
      let passBacks = "SELECT COUNT(*) FROM csmh_event WHERE kind = 'pass-back'"
      let count = await Self.journal(installation, passBacks)
      try await supervision.killAndRestart()
      try await Task.sleep(for: .seconds(1))
      #expect(await Self.journal(installation, passBacks) == count, "what has a verdict is not done again")

      try file.set(false, false)
      try await Task.sleep(for: .seconds(1))
      let end = try await supervision.end(SIGTERM)
      #expect(end.status == 0, "\(end.error)")
      #expect(end.output.contains("\"state\":\"switched\""))
      #expect(end.output.contains("\"state\":\"paused\""), "it says what a flag turned off means: \(end.output)")
    } catch {
      lms.stop()
      _ = try? await supervision.end(SIGKILL)
      _ = try? await learners.value
      throw error
    }
    lms.stop()
    let counts = try await learners.value
    #expect(counts.records > 100 && counts.deletions > 5, "learners were at work: \(counts)")
    let originals = try await installation.dumpOriginal()
    #expect(try await installation.dumpExtended(upTo: originals.last?[0]) == originals)
    let bound = try #require(originals.last?[0])
    let missing = try await lms.missingRecords()
    #expect(
      missing.isEmpty, "acknowledged and not deleted, but not in the extended table: \(missing.prefix(5)), \(bound)")
  }

  @Test("a configuration that is half-written, invalid or contradictory is told, and the last good one holds")
  func invalid() async throws {
    let installation = try await Self.filled(.betweenMariaDBs, rows: 200)
    let file = try LMSConfigurationFile(installation)
    defer { file.remove() }
    let good = try String(contentsOfFile: file.path, encoding: .utf8)
    let supervision = Supervision(file)
    // It starts on a broken file and waits for a good one.
    try file.write("DATABASES: [")
    try supervision.start()
    try await Task.sleep(for: .seconds(1))
    try file.set(true, false)
    try await Self.wait("everything is verified") { await Self.journal(installation, Self.phase) == "verified" }
    for text in ["", "DATABASES: {default: ", good.replacingOccurrences(of: "false", with: "maybe")] {
      try file.write(text)
      try await Task.sleep(for: .seconds(1))
    }
    try file.set(false, true)
    try await Task.sleep(for: .seconds(1))
    // Still the flags of before: a new row of the original table is brought over.
    try await installation.original(Tables.plainRows(1, from: 201))
    try await Self.wait("the new row is copied") {
      try await installation.extendedRows("SELECT COUNT(*) FROM \(TestInstallation.extendedTable)")[0][0] == "201"
    }
    let end = try await supervision.end(SIGTERM)
    #expect(end.error.split(separator: "\n").count { $0.contains("the configuration cannot be used") } == 5)
    #expect(end.error.split(separator: "\n").count { $0.contains("The last good one holds") } == 4)
    #expect(!end.output.contains("paused"))
  }

  @Test("--until-verified ends with 0 after the verdict; wrong use ends with the statuses of the contract")
  func ends() async throws {
    let installation = try await Self.filled(.betweenMariaDBs, rows: 200)
    let file = try LMSConfigurationFile(installation)
    defer { file.remove() }
    try file.set(true, true)
    let result = try await Command.csmh(["supervise", "--lms-config", file.path, "--until-verified", "--json"])
    #expect(result.status == 0, "\(result.error)")
    #expect(result.output.contains("\"is_verified\":true"))
    #expect(try await installation.csmh("supervise").status == 64, "URLs have no flags")
    #expect(try await Command.csmh(["supervise", "--lms-config", file.path + ".none"]).status == 78)
    #expect(try await Command.csmh(["supervise", "--lms-config", file.path, "--interval", "0"]).status == 64)
  }

  @Test(
    "a server that is away is waited for; a configuration that names another one ends supervision, to be started again",
    .timeLimit(.minutes(60)))
  func serverAway() async throws {
    let installation = try await Self.filled(.betweenMariaDBs, rows: 200)
    let file = try LMSConfigurationFile(installation)
    defer { file.remove() }
    let good = try String(contentsOfFile: file.path, encoding: .utf8).replacingOccurrences(
      of: "ENABLE_CSMH_EXTENDED: false", with: "ENABLE_CSMH_EXTENDED: true")
    // Not a server of the tests: nobody listens there.
    try file.write(
      good.replacingOccurrences(
        of: "PORT: '\(installation.target.port)'", with: "OPTIONS: {connect_timeout: 1}, PORT: '1'"))
    let supervision = Supervision(file)
    try supervision.start()
    try await Task.sleep(for: .seconds(6))
    try file.write(good)
    let end = try await supervision.ended()
    #expect(end.error.contains("trying again in"))
    #expect(end.error.contains("names other databases"), "another database is another installation: \(end.error)")
    #expect(end.status == 2)
  }
}

extension TestInstallation {
  fileprivate func csmhFlags(_ file: LMSConfigurationFile) async throws -> Command.Result {
    try await Command.csmh(["flags", "--lms-config", file.path, "--json"])
  }
}
