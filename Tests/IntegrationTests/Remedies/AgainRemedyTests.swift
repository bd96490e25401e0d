import Foundation
import MariaDBClient
import MigrationBase
import StudentModuleHistory
import TestSupport
import Testing

@testable import csmh

/// The same command again, as csmh says after it was stopped or gave up: it goes on where it stopped.
@Suite("Remedies that end with the same command", .limitedConcurrency) struct AgainRemedyTests {
  private static func installation(_ installation: TestInstallation, rows: Int = 300) async throws -> TestInstallation {
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(Tables.plainRows(rows))
    #expect(try await installation.csmh("provision").status == 0)
    return installation
  }

  private static func expectCopied(_ installation: TestInstallation) async throws {
    #expect(try await installation.dumpExtended() == installation.dumpOriginal())
  }

  @Test("stopped at once by a second Ctrl-C: the same command goes on")
  func stopped() async throws {
    let installation = try await Self.installation(try await TestInstallation(.betweenMariaDBs))
    // A learner's transaction holds the copy up.
    let learner = try await installation.source.connect(database: installation.originalDatabase)
    try await learner.execute("START TRANSACTION")
    try await learner.execute("UPDATE courseware_studentmodulehistory SET state = 'x' WHERE id = 150")
    let words = ["copy"] + installation.arguments
    let copy = try Command(try Command.csmh, words, environment: [:])
    try await Task.sleep(for: .milliseconds(1_000))
    copy.send(SIGINT)
    try await Task.sleep(for: .milliseconds(300))
    copy.send(SIGINT)
    let stopped = await copy.wait()
    #expect(stopped.status == 2, "\(stopped)")
    try await FollowedRemedies.follow(.again, in: stopped.toDo) { _ async throws in
      try await learner.execute("ROLLBACK")
      await learner.close()
      let result = try await Command.csmh(words)
      #expect(result.status == 0, "\(result)")
      try await Self.expectCopied(installation)
    }
  }

  @Test("gave up over a lock that somebody holds: when that is mended, the same command goes on")
  func mended() async throws {
    let installation = try await Self.installation(try await TestInstallation(.betweenMariaDBs))
    let other = try await installation.target.connect(database: installation.extendedDatabase)
    try await other.execute("START TRANSACTION")
    try await other.execute(
      StatementText(
        "INSERT INTO \(TestInstallation.extendedTable) (id, student_module_id, created) VALUES (150, 1, '2026-01-01')"))
    let words = ["copy", "--retry-budget", "1"] + installation.arguments
    let refused = try await Command.csmh(words)
    #expect(refused.status == 69, "\(refused)")
    try await FollowedRemedies.follow(.mendCause, in: refused.toDo) { _ async throws in
      try await FollowedRemedies.follow(.andThenAgain, in: refused.toDo) { printed async throws in
        #expect(printed.places == [Remedy.Name.mendCause.rawValue])
        try await other.execute("ROLLBACK")
        await other.close()
        let result = try await Command.csmh(words)
        #expect(result.status == 0, "\(result)")
        try await Self.expectCopied(installation)
      }
    }
  }

  @Test("gave up over a server that takes no writes: the printed statement, and the same command goes on")
  func statement() async throws {
    let target = try await TestServers.shared.named("mariadb-no-writes", .mariaDB)
    let installation = try await Self.installation(
      try await TestInstallation(source: TestServers.shared.server(.mariaDB), target: target), rows: 3_000)
    try await target.run(
      "CREATE USER writer@'%'", "GRANT ALL ON \(installation.extendedDatabase).* TO writer@'%'")
    let words =
      ["copy", "--retry-budget", "1", "--max-rows-per-second", "1500"]
      + installation.arguments.map {
        $0.contains(installation.extendedDatabase) ? $0.replacing("root@", with: "writer@") : $0
      }
    let copy = try Command(try Command.csmh, words, environment: [:])
    try await Task.sleep(for: .milliseconds(800))
    try await target.run("SET GLOBAL read_only = ON")
    let refused = await copy.wait()
    #expect(refused.status == 69, "\(refused)")
    try await FollowedRemedies.follow(.thenAgain, in: refused.toDo) { printed async throws in
      try await target.run(PrintedCommand.first(in: printed.places[0], startingWith: "SET GLOBAL"))
      let result = try await Command.csmh(words)
      #expect(result.status == 0, "\(result)")
      try await Self.expectCopied(installation)
    }
  }

  @Test("an error that csmh has no case for is told as a defect, with all that a report needs")
  func defect() async throws {
    // No run is known that ends so: whatever does is mended. What it would print is made here.
    let failure = Failure(TestFailure("nobody has thought of this"))
    #expect(failure.status == .defect && failure.message.contains("nobody has thought of this"))
    try await FollowedRemedies.follow(.reportDefect, in: try #require(failure.remedy).description) {
      printed async throws in
      let command = try PrintedCommand.first(in: printed.text, startingWith: "csmh --")
      let version = try await PrintedCommand.run(command)
      #expect(version.status == 0 && version.output == csmhVersion + "\n", "\(version)")
    }
  }
}
