import Foundation
import MariaDBClient
import StudentModuleHistory
import TestSupport
import Testing

/// What csmh tells where the readers may not be switched yet, or the fence is not taken, is followed to the letter.
@Suite("Remedies of the switch", .limitedConcurrency) struct SwitchRemediesTests {
  private static let original = "courseware_studentmodulehistory"
  private static let extended = TestInstallation.extendedTable

  private static let families = TestInstallation.Place.every.filter { $0.isOneServer }

  private func installation(_ place: TestInstallation.Place = .betweenMariaDBs) async throws -> TestInstallation {
    let installation = try await TestInstallation(place)
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(Tables.plainRows(200))
    return installation
  }

  @Test("nothing migrated, rows beyond, no fence, not compared behind it: what is told leads to a switch")
  func readers() async throws {
    let installation = try await installation()
    let file = try LMSConfigurationFile(installation)
    defer { file.remove() }
    let turnOn = ["flags", "--lms-config", file.path, "--set", "READ_ONLY_FROM_CSMHE=true"]
    func run(_ text: String) async throws {
      let result = try await Command.csmh(try ToldCommands.first(in: text) + ["--lms-config", file.path])
      #expect(result.status == 0, "\(result.printed)")
    }
    #expect(try await installation.csmh("provision").status == 0)
    try file.set(true, false)
    let unmigrated = try await Command.csmh(turnOn)
    #expect(
      unmigrated.error.contains("nothing was migrated") || unmigrated.error.contains("phase"), "\(unmigrated.error)")
    try await FollowedRemedies.follow(.migrate, in: unmigrated.error) { try await run($0.text) }
    let switched = try await Command.csmh(turnOn)
    #expect(switched.status == 0, "\(switched.printed)")

    try file.set(true, false)
    try await installation.original(Tables.plainRows(1, from: 201))
    let beyond = try await Command.csmh(turnOn)
    #expect(beyond.error.contains("rows above the id"), "\(beyond.error)")
    try await FollowedRemedies.follow(.migrate, in: beyond.error) { try await run($0.text) }

    try await installation.extended("UPDATE csmh_migration SET fence_id = NULL, fence_next_id = NULL")
    let unfenced = try await Command.csmh(turnOn)
    #expect(unfenced.error.contains("there is no fence"), "\(unfenced.error)")
    try await FollowedRemedies.follow(.catchUp, in: unfenced.error) { try await run($0.text) }

    try await installation.extended("UPDATE csmh_range SET verified_at = NULL")
    let unproven = try await Command.csmh(turnOn)
    #expect(unproven.error.contains("behind the fence"), "\(unproven.error)")
    try await FollowedRemedies.follow(.catchUp, in: unproven.error) { try await run($0.text) }
    let again = try await Command.csmh(turnOn)
    #expect(again.status == 0, "\(again.printed)")
  }

  @Test(
    "a transaction that stays open is named, and found in the server's own words without PROCESS: ended, the fence is taken",
    arguments: families, [true, false])
  func openTransaction(place: TestInstallation.Place, isNamed: Bool) async throws {
    let installation = try await installation(place)
    #expect(try await installation.csmh("migrate").status == 0)
    let user = "fence_\(installation.originalDatabase)"
    try await installation.source.run(
      "CREATE USER '\(user)'@'%'", "GRANT ALL ON \(installation.originalDatabase).* TO '\(user)'@'%'",
      "GRANT ALL ON \(installation.extendedDatabase).* TO '\(user)'@'%'")
    if isNamed { try await installation.source.run("GRANT PROCESS ON *.* TO '\(user)'@'%'") }
    let open = try await installation.source.connect(database: installation.originalDatabase)
    try await open.execute("START TRANSACTION")
    try await open.execute(StatementText("UPDATE \(Self.original) SET version = 'open' WHERE id = 7"))
    let catchUp =
      ["catch-up", "--retry-budget", "1"] + installation.arguments.map { $0.replacing("root@", with: "\(user)@") }
    let refused = try await Command.csmh(catchUp)
    #expect(refused.status == 2, "\(refused.printed)")
    if isNamed {
      try await FollowedRemedies.follow(.endTransaction, in: refused.error) { told in
        #expect(told.text.contains("KILL"))
        let number = open.server.connectionID
        #expect(refused.error.contains("\(number)"), "it is not named: \(refused.error)")
        try await installation.source.run("KILL \(number)")
        let taken = try await Command.csmh(catchUp)
        #expect(taken.status == 0, "\(taken.printed)")
      }
    } else {
      try await FollowedRemedies.follow(.findHiddenTransaction, in: refused.error) { told in
        let query = try #require(told.text.firstMatch(of: /SHOW ENGINE INNODB STATUS/)).0
        let status = try await installation.source.query(String(query))[0][2] ?? ""
        let found = status.matches(of: /thread id (\d+)/).map { String($0.1) }
        // Other tests have transactions on this server: the one whose client uses the database.
        let ours = try await installation.source.query("SHOW PROCESSLIST").filter { row in
          row[3] == installation.originalDatabase && found.contains(row[0] ?? "")
        }
        #expect(ours.map { $0[0] } == ["\(open.server.connectionID)"], "\(status)")
        for row in ours { try await installation.source.run("KILL \(row[0] ?? "")") }
        let taken = try await Command.csmh(catchUp)
        #expect(taken.status == 0, "\(taken.printed)")
        // With PROCESS, csmh names it, as the other case shows.
      }
    }
    await open.close()
  }

  @Test(
    "an original table that was emptied or made anew: the copies stay as they are, as is told, by whichever command",
    arguments: families)
  func emptied(place: TestInstallation.Place) async throws {
    let installation = try await installation(place)
    #expect(try await installation.csmh("migrate").status == 0)
    let copies = try await installation.dumpExtended()
    try await installation.original("TRUNCATE TABLE \(Self.original)", Tables.plainRows(5))
    for command in [["catch-up", "--remove-deleted"], ["offset", "--rekey", "--yes", "--settle", "0"], ["return"]] {
      let refused = try await Command.csmh(command + installation.arguments)
      #expect(refused.status == 1, "\(command): \(refused.printed)")
      try await FollowedRemedies.follow(.nothingChanged, in: refused.error) { told in
        #expect(told.places == ["extended"])
        #expect(try await installation.dumpExtended() == copies)
        // They are whole: what they are compared with needs no original table.
        let recheck = try await installation.csmh("recheck")
        #expect(recheck.status == 0, "\(recheck.printed)")
      }
    }
  }

  @Test("a column that is changed while its table is copied: looked at and taken back, the same command goes on")
  func changedColumn() async throws {
    let installation = try await installation()
    try await installation.original(Tables.plainRows(5_800, from: 201))
    #expect(try await installation.csmh("provision").status == 0)
    let copy = try Command(
      try Command.csmh, ["copy", "--max-rows-per-second", "1000", "--workers", "1"] + installation.arguments,
      environment: [:])
    while copy.isRunning,
      try await installation.extendedRows("SELECT COUNT(*) FROM csmh_range WHERE state = 'copied'") == [["0"]]
    { try await Task.sleep(for: .milliseconds(20)) }
    try await installation.original("ALTER TABLE \(Self.original) MODIFY created datetime(3) NOT NULL")
    let stopped = await copy.wait()
    #expect(stopped.status == 78 && stopped.error.contains("was changed meanwhile"), "\(stopped.printed)")
    try await FollowedRemedies.follow(.lookThenAgain, in: stopped.error) { _ in
      // What was changed stands in the message.
      #expect(stopped.error.contains("datetime(3)"), "\(stopped.error)")
      try await installation.original("ALTER TABLE \(Self.original) MODIFY created datetime(6) NOT NULL")
      let copied = try await installation.csmh("copy")
      #expect(copied.status == 0, "\(copied.printed)")
      #expect(try await installation.dumpExtended() == installation.dumpOriginal())
    }
  }
}
