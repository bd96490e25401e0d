import Foundation
import MariaDBClient
import StudentModuleHistory
import TestSupport
import Testing

/// Rows that the target refuses: the row and the column are named, whatever language the server speaks, and the other ranges go on.
@Suite(.limitedConcurrency) struct RowRefusalTests {
  private static let original = "courseware_studentmodulehistory"
  private static let extended = TestInstallation.extendedTable

  /// A way to make the extended table refuse the row 2222.
  struct Obstacle: Sendable, CustomStringConvertible {
    let description: String
    /// For the extended table.
    let table: String
    /// For the original one.
    let row: String
    let said: String
    /// How its remedy is followed.
    let way: Way
  }

  /// What leads on: a printed statement and its end; what stands in the way, to be found and dropped; or a wider column.
  enum Way: Sendable {
    case statement(Remedy.Name, suffix: String)
    case look(drop: String)
    case widen(String)
  }

  static let obstacles = [
    Obstacle(
      description: "a CHECK",
      table: "ALTER TABLE \(extended) ADD CONSTRAINT `odd name?` CHECK (max_grade < 50), ADD CHECK (grade < 9)",
      row: "UPDATE \(original) SET max_grade = 50 WHERE id = 2222",
      said: "the row 2222, column max_grade, is refused by",
      way: .statement(.dropConstraint, suffix: "DROP CONSTRAINT `odd name?`")),
    Obstacle(
      description: "a CHECK of two columns",
      table: "ALTER TABLE \(extended) ADD CONSTRAINT two CHECK (grade <= max_grade)",
      row: "UPDATE \(original) SET grade = 2, state = 'it''s (a, b)' WHERE id = 2222",
      said: "the row 2222, column grade, is refused by",
      way: .statement(.dropConstraint, suffix: "DROP CONSTRAINT `two`")),
    Obstacle(
      description: "another unique index", table: "ALTER TABLE \(extended) ADD UNIQUE KEY one_version (version)",
      row: "UPDATE \(original) SET version = 'twice' WHERE id IN (2100, 2222)", said: "the row 2222 is refused by",
      way: .statement(.dropIndex, suffix: "DROP INDEX `one_version`")),
    Obstacle(
      description: "a value", table: "ALTER TABLE \(extended) CONVERT TO CHARACTER SET utf8mb3",
      row: "UPDATE \(original) SET version = 'it''s 🎓' WHERE id = 2222",
      said: "the row 2222, column version, cannot be held exactly",
      way: .widen("ALTER TABLE \(extended) CONVERT TO CHARACTER SET utf8mb4")),
    Obstacle(
      description: "a trigger",
      table:
        "CREATE TRIGGER no BEFORE INSERT ON \(extended) FOR EACH ROW BEGIN IF NEW.state = 'no' THEN SIGNAL SQLSTATE '45000'; END IF; END",
      row: "UPDATE \(original) SET state = 'no' WHERE id = 2222", said: "the row 2222, column state, is refused by",
      way: .look(drop: "no")),
    Obstacle(
      description: "NOT NULL", table: "ALTER TABLE \(extended) MODIFY grade double NOT NULL",
      row: "UPDATE \(original) SET grade = IF(id = 2222, NULL, 0)",
      said: "the row 2222, column grade, cannot be held exactly",
      way: .widen("ALTER TABLE \(extended) MODIFY grade double DEFAULT NULL")),
  ]

  private func filled(_ installation: TestInstallation) async throws {
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(Tables.plainRows(5_000), Tables.plainRows(2_000, from: 5_001))
    #expect(try await installation.csmh("provision").status == 0)
  }

  private func expectStopped(_ installation: TestInstallation, _ obstacle: Obstacle) async throws {
    try await filled(installation)
    try await installation.extended(obstacle.table)
    try await installation.original(obstacle.row)
    let result = try await installation.csmh("migrate", "--retry-budget", "5")
    #expect(result.status == 1, "\(result.output)\(result.error)")
    #expect(result.output.contains(obstacle.said), "\(result.output)")
    let copied = try await installation.extendedRows("SELECT COUNT(*), SUM(id = 2222) FROM \(Self.extended)")
    #expect(copied[0][1] == "0")
    #expect(Int(copied[0][0] ?? "") ?? 0 >= 2_000, "other ranges do not wait: \(copied)")
    let ranges = try await installation.extendedRows(
      "SELECT lower_id, upper_id FROM csmh_range WHERE state = 'stopped'")
    #expect(ranges.count == 1, "\(ranges)")
    try await follow(obstacle.way, result.output, installation)
    #expect(try await installation.dumpExtended() == installation.dumpOriginal())
  }

  private func follow(_ way: Way, _ output: String, _ installation: TestInstallation) async throws {
    if case .widen(let statement) = way {
      return try await FollowedRemedies.follow(.widenColumn, in: output) {
        #expect($0.places == ["extended", "copy"])
        try await installation.extended(statement)
        try RemedySite.expectLeadsOn(try await installation.csmh("copy"))
      }
    }
    try await FollowedRemedies.follow(.changeRowOrConstraint, in: output) { outer in
      #expect(outer.places[0] == "original" && outer.places[2] == "copy", "\(outer.text)")
      switch way {
      case .statement(let name, let suffix):
        try await FollowedRemedies.follow(name, in: outer.places[1]) {
          #expect($0.sql.hasSuffix(suffix), "\($0.text)")
          try await installation.target.run($0.sql)
          try RemedySite.expectLeadsOn(try await installation.csmh("copy"))
        }
      case .look(let trigger):
        try await FollowedRemedies.follow(.seeConstraints, in: outer.places[1]) { _ in
          #expect(try await installation.extendedRows("SHOW CREATE TABLE \(Self.extended)").count == 1)
          #expect(try await installation.extendedRows("SHOW TRIGGERS").first?[0] == trigger)
          try await installation.extended("DROP TRIGGER \(trigger)")
          try RemedySite.expectLeadsOn(try await installation.csmh("copy"))
        }
      case .widen: break
      }
    }
  }

  @Test("a trigger refuses a row: the row is changed instead")
  func changed() async throws {
    let installation = try await TestInstallation(.betweenMariaDBs)
    try await filled(installation)
    try await installation.extended(Self.obstacles[4].table)
    try await installation.original(Self.obstacles[4].row)
    let result = try await installation.csmh("copy")
    #expect(result.status == 1, "\(result.output)\(result.error)")
    try await FollowedRemedies.follow(.changeRowOrConstraint, in: result.output) { _ in
      try await installation.original("UPDATE \(Self.original) SET state = 'yes' WHERE id = 2222")
      try RemedySite.expectLeadsOn(try await installation.csmh("copy"))
    }
    #expect(try await installation.dumpExtended() == installation.dumpOriginal())
  }

  @Test(
    "the row and the column are named, everything else is copied, and the remedy leads on",
    arguments: TestInstallation.Place.every.filter { $0.source == $0.target }, obstacles)
  func stopped(place: TestInstallation.Place, obstacle: Obstacle) async throws {
    try await expectStopped(try await TestInstallation(place), obstacle)
  }

  @Test(
    "the same where the server speaks French", arguments: [true, false], [obstacles[0], obstacles[3], obstacles[2]])
  func french(isOneServer: Bool, obstacle: Obstacle) async throws {
    let french = try await TestServers.shared.named("mariadb-french", .mariaDB, options: ["--lc-messages=fr_FR"])
    let source = isOneServer ? french : try await TestServers.shared.server(.mariaDB)
    try await expectStopped(try await TestInstallation(source: source, target: french), obstacle)
  }

  @Test("MariaDB's type JSON is a CHECK too; its remedy makes the column a plain one")
  func json() async throws {
    let obstacle = Obstacle(
      description: "JSON", table: "ALTER TABLE \(Self.extended) MODIFY state JSON",
      row: "UPDATE \(Self.original) SET state = 'no JSON' WHERE id = 2222",
      said: "the row 2222, column state, is refused by",
      way: .statement(.modifyColumn, suffix: "MODIFY `state` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"))
    for place in TestInstallation.Place.mariaDB { try await expectStopped(try await TestInstallation(place), obstacle) }
  }

  @Test(
    "a row that appears under the same id while a range is moved is no reason to stop it",
    arguments: TestInstallation.Place.every.filter { $0.source == $0.target })
  func appearing(place: TestInstallation.Place) async throws {
    let installation = try await TestInstallation(place)
    try await filled(installation)
    // An equal copy that somebody else is about to commit while csmh inserts its own.
    let other = try await installation.target.connect(database: installation.extendedDatabase)
    try await other.execute("START TRANSACTION")
    try await other.execute(
      StatementText(
        "INSERT INTO \(Self.extended) (id, student_module_id, created, state, grade, max_grade) VALUES (10, 2, '2015-10-13 12:00:10', '{\"seed\": 10, \"done\": true}', \(Double(10 % 7) / 7), 1)"
      )
    )
    let command = try Command(try Command.csmh, ["migrate"] + installation.arguments, environment: [:])
    try await Task.sleep(for: .seconds(2))
    try await other.execute("COMMIT")
    await other.close()
    let result = await command.wait()
    #expect(result.status == 0, "\(result.output)\(result.error)")
    #expect(try await installation.dumpExtended() == installation.dumpOriginal())
  }
}
