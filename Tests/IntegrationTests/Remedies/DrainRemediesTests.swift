import Foundation
import StudentModuleHistory
import TestSupport
import Testing

/// What csmh tells where nothing more is removed from the original table is followed to the letter.
@Suite("Remedies of the drain", .limitedConcurrency) struct DrainRemediesTests {
  private static let original = "courseware_studentmodulehistory"
  private static let extended = TestInstallation.extendedTable

  private func drain(_ file: LMSConfigurationFile, _ options: String...) async throws -> Command.Result {
    try await Command.csmh(["drain", "--yes", "--lms-config", file.path] + options)
  }

  @Test("a second drain beside a first one is refused; csmh status tells how far it is, and it ends")
  func second() async throws {
    let (installation, file, _) = try await DrainTests.proven(rows: 3_000)
    defer { file.remove() }
    let first = try Command(
      try Command.csmh, ["drain", "--yes", "--max-rows-per-second", "100", "--lms-config", file.path], environment: [:]
    )
    while first.isRunning,
      try await installation.originalRows("SELECT COUNT(*) FROM \(Self.original)") == [["3000"]]
    { try await Task.sleep(for: .milliseconds(20)) }
    let refused = try await drain(file)
    #expect(refused.status == 1, "\(refused.printed)")
    try await FollowedRemedies.follow(.seeStatus, in: refused.error) { told in
      let status = try await Command.csmh(try ToldCommands.first(in: told.text) + ["--lms-config", file.path])
      #expect(status.output.contains("drain"), "\(status.printed)")
      #expect(first.isRunning, "the first drain had ended: the test shows nothing")
      first.send(SIGINT)
      let stopped = await first.wait()
      #expect(stopped.status == 2, "\(stopped.printed)")
      let drained = try await drain(file)
      #expect(drained.status == 0, "\(drained.printed)")
    }
    #expect(try await installation.dumpOriginal().isEmpty)
  }

  @Test(
    "a server that does not flush is waited for, and then not: what is told lets the drain go on, and check warns of it"
  )
  func unflushed() async throws {
    let target = try await TestServers.shared.named(
      "unflushed", .mariaDB, options: ["--innodb-flush-log-at-timeout=2700"])
    let installation = try await TestInstallation(
      source: try await TestServers.shared.server(.mariaDB), target: target)
    let file = try await DrainTests.prove(installation, rows: 300)
    defer { file.remove() }
    let check = try await Command.csmh(["check", "--rule", "flush-at-commit", "--lms-config", file.path])
    #expect(check.printed.contains("innodb_flush_log_at_trx_commit is 0"), "\(check.printed)")
    let refused = try await drain(file)
    #expect(refused.status == 1 && refused.error.contains("not on the extended server's disk"), "\(refused.printed)")
    #expect(try await installation.originalRows("SELECT COUNT(*) FROM \(Self.original)") == [["300"]])
    try await FollowedRemedies.follow(.flushAtCommit, in: refused.error) { told in
      try await target.run(String(told.text.prefix { $0 != ";" }))
      let drained = try await drain(file)
      #expect(drained.status == 0, "\(drained.printed)")
    }
    #expect(try await installation.dumpOriginal().isEmpty)
  }

  @Test("an original table that somebody else emptied: csmh recheck shows whether the extended one has everything")
  func foreign() async throws {
    let (installation, file, _) = try await DrainTests.proven(rows: 300)
    defer { file.remove() }
    try await installation.original("DELETE FROM \(Self.original)")
    let refused = try await drain(file)
    #expect(refused.status == 1, "\(refused.printed)")
    try await FollowedRemedies.follow(.recheck, in: refused.error) { told in
      let recheck = try ToldCommands.first(in: told.text) + ["--lms-config", file.path]
      let whole = try await Command.csmh(recheck)
      #expect(whole.status == 0, "\(whole.printed)")
      try await installation.extended("UPDATE \(Self.extended) SET grade = 0.125 WHERE id = 42")
      let different = try await Command.csmh(recheck)
      #expect(different.status == 1, "\(different.printed)")
    }
  }

  @Test("a row that takes longer than a transaction may: the limit that is told suffices, at last")
  func wideRow() async throws {
    let (installation, file, _) = try await DrainTests.proven(rows: 20)
    defer { file.remove() }
    try await installation.original("UPDATE \(Self.original) SET state = REPEAT('é', 12000000) WHERE id = 20")
    #expect(try await Command.csmh(["catch-up", "--lms-config", file.path]).status == 0)
    var result = try await drain(file, "--transaction-limit", "0.05")
    #expect(result.error.contains("one row alone"), "\(result.printed)")
    for _ in 0..<3 where result.status != 0 {
      result = try await FollowedRemedies.follow(.raiseDrainLimit, in: result.error) { told in
        try await Command.csmh(try ToldCommands.first(in: told.text) + ["--yes", "--lms-config", file.path])
      }
    }
    #expect(result.status == 0, "\(result.printed)")
    #expect(try await installation.dumpOriginal().isEmpty)
  }

  @Test("--truncate over a difference: csmh verify names the row, csmh catch-up mends it, and the table is emptied")
  func difference() async throws {
    let (installation, file, _) = try await DrainTests.proven(rows: 300)
    defer { file.remove() }
    try await installation.extended("UPDATE \(Self.extended) SET state = 'changed' WHERE id = 123")
    let refused = try await drain(file, "--truncate")
    #expect(refused.status == 1, "\(refused.printed)")
    try await FollowedRemedies.follow(.verifyThenCatchUp, in: refused.error) { told in
      let commands = ToldCommands.all(in: told.text)
      #expect(commands == [["verify"], ["catch-up"]])
      let verify = try await Command.csmh(commands[0] + ["--lms-config", file.path])
      #expect(verify.status == 1 && verify.output.contains("123"), "\(verify.printed)")
      let mended = try await Command.csmh(commands[1] + ["--lms-config", file.path])
      #expect(mended.status == 0, "\(mended.printed)")
      let emptied = try await drain(file, "--truncate")
      #expect(emptied.status == 0, "\(emptied.printed)")
    }
    #expect(try await installation.dumpOriginal().isEmpty)
  }

  @Test("rows in no range that was copied keep a table from being truncated; after csmh catch-up it is")
  func uncopied() async throws {
    let (installation, file, _) = try await DrainTests.proven(rows: 300)
    defer { file.remove() }
    try await installation.extended("UPDATE csmh_range SET verified_at = NULL")
    let refused = try await drain(file, "--truncate")
    #expect(refused.status == 1, "\(refused.printed)")
    try await FollowedRemedies.follow(.catchUp, in: refused.error) { told in
      let caughtUp = try await Command.csmh(try ToldCommands.first(in: told.text) + ["--lms-config", file.path])
      #expect(caughtUp.status == 0, "\(caughtUp.printed)")
      #expect(try await drain(file, "--truncate").status == 0)
    }
  }

  @Test(
    "ids that are too narrow for the way back are widened by the option that is told, or by the statement",
    arguments: [true, false])
  func narrowIDs(byOption: Bool) async throws {
    let (installation, file, _) = try await DrainTests.proven(rows: 100)
    defer { file.remove() }
    try await installation.extended(
      "ALTER TABLE \(Self.extended) AUTO_INCREMENT = 3000000000",
      "INSERT INTO \(Self.extended) (student_module_id, created, state) VALUES (3, '2026-01-01', 'native')")
    try file.set(false, false)
    let union = try await installation.dumpExtended()
    let refused = try await Command.csmh(["return", "--lms-config", file.path])
    #expect(refused.status == 1, "\(refused.printed)")
    try await FollowedRemedies.follow(.widenIDs, in: refused.error) { told in
      if byOption {
        let told = try ToldCommands.first(in: told.text)
        #expect(told == ["return", "--widen"])
        let returned = try await Command.csmh(told + ["--lms-config", file.path])
        #expect(returned.status == 0, "\(returned.printed)")
      } else {
        try await installation.original(told.places[0])
        let returned = try await Command.csmh(["return", "--lms-config", file.path])
        #expect(returned.status == 0, "\(returned.printed)")
      }
    }
    #expect(try await installation.dumpOriginal() == union)
  }

  @Test("a headroom beyond every id: the way back goes with a smaller one")
  func tooLargeHeadroom() async throws {
    let installation = try await TestInstallation(.betweenMariaDBs)
    for sql in Tables.originals[2].sql { try await installation.original(sql) }
    try await installation.original(Tables.plainRows(50))
    #expect(try await installation.csmh("migrate").status == 0)
    try await installation.extended(
      "ALTER TABLE \(Self.extended) AUTO_INCREMENT = 5000000000000000000",
      "INSERT INTO \(Self.extended) (student_module_id, created, state) VALUES (3, '2026-01-01', 'native')")
    let refused = try await installation.csmh("return", "--headroom", "4611686018427387904")
    #expect(refused.status == 1, "\(refused.printed)")
    try await FollowedRemedies.follow(.smallerHeadroomOption, in: refused.error) { _ in
      let returned = try await installation.csmh("return", "--headroom", "100")
      #expect(returned.status == 0, "\(returned.printed)")
    }
    #expect(try await installation.dumpOriginal() == installation.dumpExtended())
  }
}
