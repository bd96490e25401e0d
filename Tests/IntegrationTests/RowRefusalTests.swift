import Foundation
import MariaDBClient
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
    /// What the remedy's SQL begins with; nil where it is no SQL.
    let remedy: String?
  }

  static let obstacles = [
    Obstacle(
      description: "a CHECK",
      table: "ALTER TABLE \(extended) ADD CONSTRAINT `odd name?` CHECK (max_grade < 50), ADD CHECK (grade < 9)",
      row: "UPDATE \(original) SET max_grade = 50 WHERE id = 2222",
      said: "the row 2222, column max_grade, is refused by",
      remedy: "DROP CONSTRAINT `odd name?`"),
    Obstacle(
      description: "a CHECK of two columns",
      table: "ALTER TABLE \(extended) ADD CONSTRAINT two CHECK (grade <= max_grade)",
      row: "UPDATE \(original) SET grade = 2, state = 'it''s (a, b)' WHERE id = 2222",
      said: "the row 2222, column grade, is refused by", remedy: "DROP CONSTRAINT `two`"),
    Obstacle(
      description: "another unique index", table: "ALTER TABLE \(extended) ADD UNIQUE KEY one_version (version)",
      row: "UPDATE \(original) SET version = 'twice' WHERE id IN (2100, 2222)", said: "the row 2222 is refused by",
      remedy: "DROP INDEX `one_version`"),
    Obstacle(
      description: "a value", table: "ALTER TABLE \(extended) CONVERT TO CHARACTER SET utf8mb3",
      row: "UPDATE \(original) SET version = 'it''s 🎓' WHERE id = 2222",
      said: "the row 2222, column version, cannot be held exactly", remedy: nil),
    Obstacle(
      description: "a trigger",
      table:
        "CREATE TRIGGER no BEFORE INSERT ON \(extended) FOR EACH ROW BEGIN IF NEW.state = 'no' THEN SIGNAL SQLSTATE '45000'; END IF; END",
      row: "UPDATE \(original) SET state = 'no' WHERE id = 2222", said: "the row 2222, column state, is refused by",
      remedy: nil),
    Obstacle(
      description: "NOT NULL", table: "ALTER TABLE \(extended) MODIFY grade double NOT NULL",
      row: "UPDATE \(original) SET grade = IF(id = 2222, NULL, 0)",
      said: "the row 2222, column grade, cannot be held exactly",
      remedy: nil),
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
    guard let remedy = obstacle.remedy else { return }
    let start = try #require(result.output.range(of: "ALTER TABLE "), "\(result.output)")
    let statement = String(result.output[start.lowerBound...].prefix { $0 != ";" })
    #expect(statement.hasSuffix(remedy), "\(statement)")
    try await installation.target.run(statement)
    let again = try await installation.csmh("migrate")
    #expect(again.status == 0, "\(again.output)\(again.error)")
    #expect(try await installation.dumpExtended() == installation.dumpOriginal())
  }

  @Test(
    "the row and the column are named, everything else is copied, and the remedy leads on",
    arguments: TestInstallation.Place.all.filter { $0.source == $0.target }, obstacles)
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
      remedy: "MODIFY `state` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
    for place in TestInstallation.Place.mariaDB { try await expectStopped(try await TestInstallation(place), obstacle) }
  }

  @Test(
    "a row that appears under the same id while a range is moved is no reason to stop it",
    arguments: TestInstallation.Place.all.filter { $0.source == $0.target })
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
