import Foundation
import StudentModuleHistory
import TestSupport
import Testing

/// What csmh tells where the extended side is not there yet, or gives out ids that are too low, is followed to the letter.
@Suite("Remedies of provisioning", .limitedConcurrency) struct ProvisioningRemediesTests {
  private static let extended = TestInstallation.extendedTable

  private static let families = TestInstallation.Place.every.filter { $0.isOneServer }

  /// What is missing of the extended side.
  enum Missing: String, CaseIterable, CustomTestStringConvertible {
    case database, table, journal
    var testDescription: String { rawValue }
  }

  private func installation(
    _ place: TestInstallation.Place = .betweenMariaDBs, rows: Int = 200, rowsPerSecond: Double? = nil
  ) async throws -> TestInstallation {
    let installation = try await TestInstallation(place)
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(Tables.plainRows(rows))
    guard let rowsPerSecond else { return installation }
    try await installation.original(
      "UPDATE courseware_studentmodulehistory SET created ="
        + " UTC_TIMESTAMP(6) - INTERVAL (\(rows) - id) * \(Int(1_000_000 / rowsPerSecond)) MICROSECOND")
    return installation
  }

  @Test(
    "no extended database, no table, no journal: csmh provision, as it is told, and copying succeeds",
    arguments: Missing.allCases)
  func missing(what: Missing) async throws {
    let installation = try await installation(what == .database ? Self.families.last! : .betweenMariaDBs)
    if what != .database { try await installation.target.run("CREATE DATABASE \(installation.extendedDatabase)") }
    if what == .journal { try await installation.extended(Tables.todayExtended) }
    let refused = try await installation.csmh("copy")
    #expect(refused.status == 78, "\(refused.printed)")
    try await FollowedRemedies.follow(what == .database ? .provisionMakesIt : .provision, in: refused.error) { told in
      let made = try await Command.csmh(try ToldCommands.first(in: told.text) + installation.arguments)
      #expect(made.status == 0, "\(made.printed)")
      #expect(try await installation.csmh("copy").status == 0)
    }
    #expect(try await installation.dumpExtended() == installation.dumpOriginal())
  }

  @Test("the flag is not turned on without an extended table; after csmh provision it is")
  func flagWithoutTable() async throws {
    let installation = try await installation()
    let file = try LMSConfigurationFile(installation)
    defer { file.remove() }
    let turnOn = ["flags", "--lms-config", file.path, "--set", "ENABLE_CSMH_EXTENDED=true"]
    let refused = try await Command.csmh(turnOn)
    #expect(refused.status == 1, "\(refused.printed)")
    try await FollowedRemedies.follow(.provision, in: refused.error) { told in
      let made = try await Command.csmh(try ToldCommands.first(in: told.text) + ["--lms-config", file.path])
      #expect(made.status == 0, "\(made.printed)")
      let turned = try await Command.csmh(turnOn)
      #expect(turned.status == 0, "\(turned.printed)")
    }
  }

  @Test("a journal that a newer csmh made is refused with that version; where it is the one that runs, it is read")
  func newerJournal() async throws {
    let installation = try await installation()
    #expect(try await installation.csmh("migrate").status == 0)
    let version = try await installation.extendedRows("SELECT journal_version FROM csmh_migration")[0][0] ?? ""
    try await installation.extended("UPDATE csmh_migration SET journal_version = journal_version + 1")
    for command in ["copy", "verify", "provision", "status"] {
      let refused = try await installation.csmh(command)
      #expect(refused.status == 78, "\(command): \(refused.printed)")
      try await FollowedRemedies.follow(.useNewerCsmh, in: refused.error) { _ in
        // Which one that is stands beside it, and which one this is.
        let own = try await Command.csmh(["--version"]).output.trimmingCharacters(in: .whitespacesAndNewlines)
        let number = own.split(separator: " ").last ?? ""
        #expect(refused.error.contains("made by csmh ") && refused.error.contains("this is csmh \(number)"))
      }
    }
    // There is no newer one yet: to the csmh that made a journal it is not new.
    try await installation.extended("UPDATE csmh_migration SET journal_version = \(version)")
    #expect(try await installation.csmh("verify").status == 0)
  }

  @Test("a counter that is too low is raised by the command that offset and copy tell, and never lowered by it")
  func lowCounter() async throws {
    let installation = try await installation()
    #expect(try await installation.csmh("provision", "--headroom", "10").status == 0)
    try await installation.original(Tables.plainRows(50, from: 201))
    for command in ["offset", "copy"] {
      let refused = try await installation.csmh(command)
      #expect(refused.status == 1, "\(command): \(refused.printed)")
      try await FollowedRemedies.follow(.raiseStartingID, in: refused.printed) { told in
        guard command == "copy" else { return }
        let raised = try await Command.csmh(try ToldCommands.first(in: told.text) + installation.arguments)
        #expect(raised.status == 0, "\(raised.printed)")
        #expect(try await installation.csmh(command).status == 0)
      }
    }
    // The same once more, with less room than there is.
    let again = try await installation.csmh("offset", "--repair", "--headroom", "1")
    #expect(again.status == 0 && again.output.contains("nothing to do"), "\(again.printed)")
  }

  @Test(
    "ids that last for minutes only: the repair that flags and check tell is enough, also at the rate of a large site",
    arguments: [40.0, 4_000])
  func shortRunway(rowsPerSecond: Double) async throws {
    let installation = try await installation(rows: 2_000, rowsPerSecond: rowsPerSecond)
    let file = try LMSConfigurationFile(installation)
    defer { file.remove() }
    #expect(try await installation.csmh("provision", "--headroom", "100").status == 0)
    let turnOn = ["flags", "--lms-config", file.path, "--set", "ENABLE_CSMH_EXTENDED=true"]
    let refused = try await Command.csmh(turnOn)
    #expect(refused.status == 1, "\(refused.printed)")
    let check = ["check", "--rule", "starting-id", "--lms-config", file.path]
    let warned = try await Command.csmh(check)
    #expect(warned.output.contains("warn "), "\(warned.printed)")
    // With the counter raised by the one there is nothing left for the other: what check tells is run on a second installation.
    try await FollowedRemedies.follow(.repairStartingID, in: refused.error) { told in
      let repaired = try await Command.csmh(try ToldCommands.first(in: told.text) + ["--lms-config", file.path])
      #expect(repaired.status == 0, "\(repaired.printed)")
      let passed = try await Command.csmh(check)
      #expect(passed.status == 0 && passed.output.contains("pass "), "\(passed.printed)")
      let turned = try await Command.csmh(turnOn)
      #expect(turned.status == 0, "\(turned.printed)")
    }
  }

  @Test("what check tells of a starting id leaves nothing to warn of, at any rate", arguments: [40.0, 4_000])
  func checkedStartingID(rowsPerSecond: Double) async throws {
    let installation = try await installation(rows: 2_000, rowsPerSecond: rowsPerSecond)
    #expect(try await installation.csmh("provision", "--headroom", "100").status == 0)
    let warned = try await installation.csmh("check", "--rule", "starting-id")
    #expect(warned.output.contains("warn "), "\(warned.printed)")
    try await FollowedRemedies.follow(.repairStartingIDBy, in: warned.output) { told in
      let repaired = try await Command.csmh(try ToldCommands.first(in: told.text) + installation.arguments)
      #expect(repaired.status == 0, "\(repaired.printed)")
      let passed = try await installation.csmh("check", "--rule", "starting-id")
      #expect(passed.status == 0 && passed.output.contains("pass "), "\(passed.printed)")
    }
  }

  @Test("a runway beyond the ids of the extended table: a shorter one is taken, in ids and as headroom")
  func tooLongRunway() async throws {
    let installation = try await installation()
    #expect(try await installation.csmh("provision").status == 0)
    for runway in [UInt64.max - 201, UInt64.max] {
      let refused = try await installation.csmh("offset", "--repair", "--runway", "\(runway)")
      #expect(refused.status == 78, "\(refused.printed)")
      try await FollowedRemedies.follow(.shorterRunway, in: refused.error) { _ in
        for option in ["--runway", "--headroom"] {
          let shorter = try await installation.csmh("offset", "--repair", option, "50000")
          #expect(shorter.status == 0, "\(shorter.printed)")
        }
      }
    }
  }
}
