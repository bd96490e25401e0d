import Foundation
import StudentModuleHistory
import TestSupport
import Testing

/// `csmh offset --repair`: the counter rises as asked, and never falls, whatever command is given which number.
@Suite(.limitedConcurrency) struct OffsetRepairTests {
  private static let extended = TestInstallation.extendedTable

  private static let families = TestInstallation.Place.every.filter { $0.source == $0.target && $0.isOneServer }

  /// 2,000 rows; their times lie evenly over 2,000 hours that ended an hour ago.
  private func installation(_ place: TestInstallation.Place) async throws -> TestInstallation {
    let installation = try await TestInstallation(place)
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(
      Tables.plainRows(2_000),
      "UPDATE courseware_studentmodulehistory SET created = UTC_TIMESTAMP() - INTERVAL (2001 - id) HOUR")
    try await installation.target.run("CREATE DATABASE \(installation.extendedDatabase)")
    try await installation.extended(Tables.todayExtended)
    return installation
  }

  private func nextID(_ installation: TestInstallation) async throws -> Int {
    let definition = try await installation.extendedRows("SHOW CREATE TABLE \(Self.extended)")[0][1]!
    guard let marker = definition.range(of: "AUTO_INCREMENT=") else { return 1 }
    return Int(definition[marker.upperBound...].prefix { $0.isNumber })!
  }

  @Test(
    "AUTO_INCREMENT is never lowered: not by provision, repair, re-key or undo, with whatever headroom",
    arguments: families)
  func neverLowered(place: TestInstallation.Place) async throws {
    let installation = try await installation(place)
    // Without a journal.
    #expect(try await installation.csmh("offset", "--repair", "--runway", "500000").status == 0)
    #expect(try await nextID(installation) == 502_001)
    // A row with a low id, and a counter far above it, which the table's rows do not tell.
    try await installation.extended(
      "INSERT INTO \(Self.extended) (id, student_module_id, created, state) VALUES (7, 3, '2026-01-01', 'native')")
    #expect(try await installation.csmh("provision", "--headroom", "1").status == 0)
    #expect(try await nextID(installation) == 502_001)
    let commands = [
      ["offset", "--repair"], ["offset", "--repair", "--headroom", "1"], ["offset", "--repair", "--runway", "1m"],
      ["offset", "--rekey", "--headroom", "1", "--yes", "--settle", "0"], ["offset", "--rekey", "--undo", "--yes"],
      ["provision"],
    ]
    for command in commands {
      let result = try await Command.csmh(command + installation.arguments)
      #expect([0, 1].contains(result.status), "\(command): \(result.output)\(result.error)")
      #expect(try await nextID(installation) == 502_001, "\(command)")
    }
  }

  @Test(
    "a runway in time is worked out at the measured rate; before and after are told; the journal follows; again: nothing"
  )
  func inTime() async throws {
    let installation = try await installation(.betweenMariaDBs)
    #expect(try await installation.csmh("provision", "--headroom", "5").status == 0)
    let result = try await installation.csmh("offset", "--repair", "--runway", "30d", "--json")
    #expect(result.status == 0, "\(result.output)\(result.error)")
    #expect(result.output.contains("\"next_id_before\" : 2006"), "\(result.output)")
    // An id an hour, doubled: about 1,440 ids for 30 days.
    let next = try await nextID(installation)
    #expect((3_400...3_500).contains(next))
    #expect(try await installation.extendedRows("SELECT starting_id FROM csmh_migration") == [["\(next)"]])
    let again = try await installation.csmh("offset", "--repair", "--runway", "20d")
    #expect(again.status == 0 && again.output.contains("nothing to do"), "\(again.output)")
    #expect(try await nextID(installation) == next)
  }

  @Test("where native rows stand above the original ids, the journal goes on saying that native rows begin with them")
  func standingRows() async throws {
    let installation = try await installation(.betweenMariaDBs)
    #expect(try await installation.csmh("provision", "--headroom", "50").status == 0)
    try await installation.extended(
      "INSERT INTO \(Self.extended) (student_module_id, created, state) VALUES (3, '2026-01-01', 'native')")
    let result = try await installation.csmh("offset", "--repair", "--runway", "5000", "--json")
    #expect(result.status == 0, "\(result.output)\(result.error)")
    #expect(
      result.output.contains("\"runway_ids\" : 50"), "the original may not grow beyond the native row: \(result.output)"
    )
    #expect(try await nextID(installation) == 7_001)
    #expect(try await installation.extendedRows("SELECT starting_id FROM csmh_migration") == [["2051"]])
  }

  @Test("native rows with low ids make it end with 1 and name the re-key, though the counter was raised")
  func lowRows() async throws {
    let installation = try await installation(.betweenMariaDBs)
    try await installation.extended(
      "INSERT INTO \(Self.extended) (student_module_id, created, state) VALUES (3, '2026-01-01', 'native')")
    let result = try await installation.csmh("offset", "--repair")
    #expect(result.status == 1 && result.output.contains("csmh offset --rekey"), "\(result.output)")
    #expect(try await nextID(installation) == 12_001)
  }

  @Test("no table, no rate, no room, no privilege: each ends with its status and what to do")
  func refusals() async throws {
    let installation = try await TestInstallation(.betweenMariaDBs)
    for sql in Tables.today.sql { try await installation.original(sql) }
    let missing = try await installation.csmh("offset", "--repair")
    #expect(missing.status == 78 && missing.error.contains("csmh provision"), "\(missing.error)")
    #expect(try await installation.csmh("provision").status == 0)
    let noRate = try await installation.csmh("offset", "--repair", "--runway", "30d")
    #expect(noRate.status == 64, "\(noRate.error)")
    try await FollowedRemedies.follow(.giveRunwayInIDs, in: noRate.error) { printed in
      let option = printed.text.split(separator: " ").suffix(2).map(String.init)
      let repaired = try await Command.csmh(["offset", "--repair"] + option + installation.arguments)
      #expect(repaired.status == 0, "\(repaired.error)")
      #expect(try await nextID(installation) == 500_001)
    }
    #expect(try await installation.csmh("offset", "--repair", "--runway", "soon").status == 64)
    let tooFar = try await installation.csmh("offset", "--repair", "--runway", "18446744073709551615")
    #expect(tooFar.status == 78 && tooFar.error.contains("beyond"), "\(tooFar.error)")
    let user = "repair_\(installation.extendedDatabase)"
    try await installation.source.run(
      "CREATE USER '\(user)'@'%'", "GRANT ALL ON \(installation.originalDatabase).* TO '\(user)'@'%'")
    try await installation.target.run(
      "CREATE USER '\(user)'@'%'",
      "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE ON \(installation.extendedDatabase).* TO '\(user)'@'%'")
    let denied = try await Command.csmh(
      ["offset", "--repair", "--runway", "900000"]
        + installation.arguments.map { $0.replacingOccurrences(of: "root@", with: "\(user)@") })
    #expect(
      denied.status == 77 && denied.error.contains("needs ALTER on") && denied.error.contains("ALTER ON"),
      "\(denied.error)")
  }
}
