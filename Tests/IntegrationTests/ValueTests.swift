import Foundation
import HistoryStores
import MariaDBClient
import StudentModuleHistory
import TestSupport
import Testing

/// Values that tools have been seen to change on the way.
@Suite(.limitedConcurrency) struct ValueTests {
  @Test("values arrive bit for bit", arguments: TestInstallation.Place.all)
  func values(place: TestInstallation.Place) async throws {
    let installation = try await TestInstallation(place)
    for sql in Tables.today.sql { try await installation.original(sql) }
    let connection = try await installation.source.connect(database: installation.originalDatabase)
    let states: [String?] = [
      nil, "", "NULL", "N", "'", "''", "\\", "\\'", "a\\n\\u00e9", "line\nbreak\r\n\ttab", "zero\u{0}byte", "😀𠮷",
      "e\u{301} é",
      "\u{7F}\u{80}\u{FFFD}", "%_?--/*", "{\"a\": \"it's\"}", String(repeating: "ab'c\\", count: 100_000),
      " trailing  ",
    ]
    for (index, state) in states.enumerated() {
      var statement = StatementText(
        "INSERT INTO courseware_studentmodulehistory (student_module_id, created, version, state) VALUES (\(index),"
          + " '2015-10-13 12:34:56.00000\(index % 10)'")
      for value in [index % 2 == 0 ? nil : state.map { String($0.prefix(200)) }, state] {
        statement.append(", ")
        if let value { statement.append(quoted: value) } else { statement.append("NULL") }
      }
      statement.append(")")
      try await connection.execute(statement)
    }
    var generator = SystemRandomNumberGenerator()
    let doubles: [Double] =
      (place.source == place.target ? [-0.0] : [])
      + [
        0, 0.1, 1.0 / 3, 1e308, -1e308, Double.leastNonzeroMagnitude, -2.2250738585072014e-308, 1.7976931348623157e308,
        1e15, 1e16, 123_456_789_012_345_680,
        1e-5, 1e22, 0.30000000000000004, 9_007_199_254_740_992,
      ]
      + (0..<1_000).map { _ in Double(bitPattern: generator.next()) }.filter { $0.isFinite && $0 != 0 }
      + (0..<2_000).map { _ in Double.random(in: -1...1, using: &generator) * pow(10, Double(Int.random(in: -30...30)))
      }
      + (0..<1_000).map { _ in Double.random(in: 0...100, using: &generator) }
    let tuples = doubles.map { "(1, '2016-02-29 23:59:59.999999', '\($0)', '\($0)')" }.joined(separator: ", ")
    try await connection.execute(
      StatementText(
        "INSERT INTO courseware_studentmodulehistory (student_module_id, created, grade, max_grade) VALUES \(tuples)"))
    try await connection.execute(
      "INSERT INTO courseware_studentmodulehistory (student_module_id, created) VALUES (1, '0000-00-00 00:00:00'), (1, '2015-02-31 00:00:00'), (1, '9999-12-31 23:59:59.999999')"
    )
    await connection.close()
    let result = try await installation.csmh("migrate")
    #expect(result.status == 0, "\(result.output)\(result.error)")
    #expect(try await installation.dumpExtended() == installation.dumpOriginal())
    let signs = try await installation.extendedRows(
      "SELECT COUNT(*) FROM \(TestInstallation.extendedTable) WHERE grade = 0 AND ATAN2(grade, -1) < 0")
    // MariaDB stores -0 as 0, so that there is none to copy.
    #expect(signs[0][0] == (place.source == .mySQL && place.target == .mySQL ? "1" : "0"), "the sign of zero is lost")
  }

  @Test(
    "a -0 that MySQL holds and MariaDB cannot stops the range, naming row and column",
    .enabled(if: TestServer.isAvailable(.mySQL)))
  func negativeZero() async throws {
    let installation = try await TestInstallation(
      TestInstallation.Place(source: .mySQL, target: .mariaDB, isOneServer: false))
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(
      Tables.plainRows(20),
      "INSERT INTO courseware_studentmodulehistory (student_module_id, created, grade) VALUES (1, '2015-01-01', '-0')")
    let result = try await installation.csmh("migrate")
    #expect(result.status == 1, "\(result.output)\(result.error)")
    #expect(result.output.contains("the row 21 (grade)"), "\(result.output)")
    #expect(try await installation.dumpExtended().isEmpty)
    try await FollowedRemedies.follow(.changeValues, in: result.output) {
      #expect($0.places == ["original", "extended", "copy"])
      try await installation.original("UPDATE courseware_studentmodulehistory SET grade = 0 WHERE id = 21")
      try RemedySite.expectLeadsOn(try await installation.csmh("copy"))
    }
  }

  @Test(
    "bytes above 127 of a latin1 table become the characters that they were", arguments: TestInstallation.Place.mariaDB)
  func latin1(place: TestInstallation.Place) async throws {
    let installation = try await TestInstallation(place)
    for sql in Tables.latin1.sql { try await installation.original(sql) }
    let bytes = (0x20...0xFF).map { String(format: "%02X", $0) }.joined()
    try await installation.original(
      "INSERT INTO courseware_studentmodulehistory (student_module_id, created, version, state) VALUES (1, '2014-01-01', X'E9', X'\(bytes)')"
    )
    let result = try await installation.csmh("migrate")
    #expect(result.status == 0, "\(result.output)\(result.error)")
    let rows = try await installation.dumpExtended()
    #expect(rows == (try await installation.dumpOriginal()))
    #expect(rows[0][2] == "C3A9")
  }

  @Test("a state of 20 MB arrives", arguments: TestInstallation.Place.mariaDB)
  func large(place: TestInstallation.Place) async throws {
    let installation = try await TestInstallation(place)
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(
      Tables.plainRows(50),
      "INSERT INTO courseware_studentmodulehistory (student_module_id, created, state) VALUES (1, '2015-01-01', REPEAT('a''b\"c😀', 2000000))",
      Tables.plainRows(50, from: 100))
    let result = try await installation.csmh("migrate")
    #expect(result.status == 0, "\(result.output)\(result.error)")
    let sum = "SELECT COUNT(*), SUM(LENGTH(state)), SUM(CRC32(state)) FROM"
    #expect(
      try await installation.originalRows("\(sum) courseware_studentmodulehistory")
        == installation.extendedRows("\(sum) \(TestInstallation.extendedTable)"))
  }

  @Test("gaps, the largest 32-bit id and id 0 are copied", arguments: TestInstallation.Place.all)
  func ids(place: TestInstallation.Place) async throws {
    let installation = try await TestInstallation(place)
    for sql in Tables.today.sql { try await installation.original(sql) }
    let connection = try await installation.source.connect(database: installation.originalDatabase)
    for id in [0, 1, 2, 1_000_000_000, 1_000_000_001, 2_147_483_646, 2_147_483_647] {
      try await connection.execute(
        StatementText(
          "INSERT INTO courseware_studentmodulehistory (id, student_module_id, created) VALUES (\(id), 2147483647, '2015-01-01')"
        ))
    }
    await connection.close()
    let result = try await installation.csmh("migrate", "--order", "newest-first")
    #expect(result.status == 0, "\(result.output)\(result.error)")
    let rows = try await installation.dumpExtended()
    #expect(rows == (try await installation.dumpOriginal()))
    #expect(rows.count == 7)
  }

  @Test("an empty table and a table of one row", arguments: TestInstallation.Place.mariaDB, [0, 1])
  func small(place: TestInstallation.Place, count: Int) async throws {
    let installation = try await TestInstallation(place)
    for sql in Tables.today.sql { try await installation.original(sql) }
    if count > 0 { try await installation.original(Tables.plainRows(count)) }
    let result = try await installation.csmh("migrate")
    #expect(result.status == 0, "\(result.output)\(result.error)")
    #expect(try await installation.dumpExtended().count == count)
  }

  @Test("a negative id stops before anything is changed")
  func negative() async throws {
    let installation = try await TestInstallation(.betweenMariaDBs)
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(
      "INSERT INTO courseware_studentmodulehistory (id, student_module_id, created) VALUES (-5, 1, '2015-01-01')")
    let result = try await installation.csmh("migrate")
    #expect(result.status == 78)
    #expect(result.error.contains("-5"))
    try await FollowedRemedies.follow(.mendNegativeIDs, in: result.error) { _ in
      try await installation.original("UPDATE courseware_studentmodulehistory SET id = 5 WHERE id = -5")
      try RemedySite.expectLeadsOn(try await installation.csmh("migrate"))
    }
  }

  @Test(
    "a student module's id that the extended column cannot hold stops the range, naming row and column",
    arguments: TestInstallation.Place.mariaDB)
  func moduleID(place: TestInstallation.Place) async throws {
    let installation = try await TestInstallation(place)
    for sql in Tables.originals[4].sql { try await installation.original(sql) }
    try await installation.original(
      Tables.plainRows(20),
      "INSERT INTO courseware_studentmodulehistory (student_module_id, created) VALUES (4294967296, '2015-01-01')")
    try await installation.target.run("CREATE DATABASE \(installation.extendedDatabase)")
    try await installation.extended(Tables.extendeds[1].sql[0])
    let result = try await installation.csmh("migrate")
    #expect(result.status == 1, "\(result.output)\(result.error)")
    #expect(result.output.contains("the row 21, column student_module_id"), "\(result.output)")
    #expect(try await installation.dumpExtended().isEmpty, "a part of the range was kept")
  }

  @Test("a target that cannot hold microseconds stops the range", arguments: TestInstallation.Place.mariaDB)
  func microseconds(place: TestInstallation.Place) async throws {
    let installation = try await TestInstallation(place)
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(
      "INSERT INTO courseware_studentmodulehistory (student_module_id, created) VALUES (1, '2015-01-01 00:00:00.123456')"
    )
    try await installation.target.run("CREATE DATABASE \(installation.extendedDatabase)")
    try await installation.extended(Tables.secondsOnlyExtended)
    let result = try await installation.csmh("migrate")
    #expect(result.status == 1, "\(result.output)\(result.error)")
    #expect(try await installation.dumpExtended().isEmpty)
    try await FollowedRemedies.follow(.changeValues, in: result.output) { _ in
      try await installation.extended(
        "ALTER TABLE \(TestInstallation.extendedTable) MODIFY created datetime(6) NOT NULL")
      try RemedySite.expectLeadsOn(try await installation.csmh("copy"))
    }
    #expect(try await installation.dumpExtended() == installation.dumpOriginal())
  }

  @Test("a row larger than the target's max_allowed_packet stops the run with its id, its size and the remedy")
  func packet() async throws {
    let target = try await TestServers.shared.named(
      "mariadb-small-packet", .mariaDB, options: ["--max-allowed-packet=1M"])
    let installation = try await TestInstallation(source: TestServers.shared.server(.mariaDB), target: target)
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(
      Tables.plainRows(50),
      "INSERT INTO courseware_studentmodulehistory (id, student_module_id, created, state) VALUES (77, 1, '2015-01-01', REPEAT('x', 1040000))",
      "INSERT INTO courseware_studentmodulehistory (id, student_module_id, created, state) VALUES (78, 1, '2015-01-01', REPEAT('y', 2000000))"
    )
    let result = try await installation.csmh("migrate")
    #expect(result.status == 1, "\(result.output)\(result.error)")
    #expect(
      result.error.contains("the row 78") && result.error.contains("SET GLOBAL max_allowed_packet"), "\(result.error)")
    // What fits under a limit of 1 MiB goes, in statements of its own where it must.
    try await installation.original("DELETE FROM courseware_studentmodulehistory WHERE id = 78")
    let again = try await installation.csmh("migrate")
    #expect(again.status == 0, "\(again.output)\(again.error)")
    // The target prints no text above its limit, so not the whole dump.
    let sum = "SELECT COUNT(*), SUM(LENGTH(state)), SUM(CRC32(state)) FROM"
    #expect(
      try await installation.originalRows("\(sum) courseware_studentmodulehistory")
        == installation.extendedRows("\(sum) \(TestInstallation.extendedTable)"))
  }
}
