import Foundation
import TestSupport
import Testing

@Suite(.limitedConcurrency) struct ProvisioningTests {
  private func installation(_ place: TestInstallation.Place, rows: Int = 100) async throws -> TestInstallation {
    let installation = try await TestInstallation(place)
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(Tables.plainRows(rows))
    return installation
  }

  private func nextID(_ installation: TestInstallation) async throws -> Int {
    let definition = try await installation.extendedRows("SHOW CREATE TABLE \(TestInstallation.extendedTable)")[0][1]!
    let marker = definition.range(of: "AUTO_INCREMENT=")!
    return Int(definition[marker.upperBound...].prefix { $0.isNumber })!
  }

  @Test(
    "the starting id lies above the largest id and the counter, by the headroom", arguments: TestInstallation.Place.all)
  func startingID(place: TestInstallation.Place) async throws {
    let installation = try await installation(place)
    // The counter is ahead of the rows: the last ones were deleted.
    try await installation.original("ALTER TABLE courseware_studentmodulehistory AUTO_INCREMENT = 5000")
    #expect(try await installation.csmh("provision").status == 0)
    #expect(try await nextID(installation) == 15_000)
    #expect(try await installation.csmh("offset").status == 0)
  }

  @Test(
    "provisioning twice changes nothing, more headroom raises, less never lowers",
    arguments: TestInstallation.Place.mariaDB)
  func idempotent(place: TestInstallation.Place) async throws {
    let installation = try await installation(place)
    #expect(try await installation.csmh("provision", "--headroom", "500").status == 0)
    #expect(try await nextID(installation) == 601)
    let identity = try await installation.extendedRows("SELECT identity FROM csmh_migration")
    let again = try await installation.csmh("provision", "--headroom", "500")
    #expect(again.status == 0 && !again.output.contains("  + "), "\(again.output)")
    #expect(try await installation.csmh("provision", "--headroom", "50000").status == 0)
    #expect(try await nextID(installation) == 50_101)
    #expect(try await installation.csmh("provision", "--headroom", "1").status == 0)
    #expect(try await nextID(installation) == 50_101)
    #expect(try await installation.extendedRows("SELECT identity FROM csmh_migration") == identity)
  }

  @Test("--print-sql changes nothing, and what it prints provisions by hand", arguments: TestInstallation.Place.all)
  func printSQL(place: TestInstallation.Place) async throws {
    let installation = try await installation(place)
    let printed = try await installation.csmh("provision", "--print-sql")
    #expect(printed.status == 0, "\(printed.error)")
    #expect(printed.output.contains("GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, DROP, LOCK TABLES ON"))
    let databases = try await installation.target.query("SHOW DATABASES LIKE '\(installation.extendedDatabase)'")
    #expect(databases.isEmpty)
    let sql = printed.output.split(separator: "\n").filter { !$0.hasPrefix("--") && !$0.hasPrefix("GRANT") }.joined(
      separator: "\n")
    for statement in sql.components(separatedBy: ";").map({ $0.trimmingCharacters(in: .whitespacesAndNewlines) })
    where !statement.isEmpty {
      try await installation.target.run(statement)
    }
    let provisioned = try await installation.csmh("provision")
    #expect(provisioned.status == 0 && !provisioned.output.contains("  + "), "\(provisioned.output)")
    #expect(try await installation.csmh("migrate").status == 0)
  }

  @Test("the extended table is the one that today's Open edX defines", arguments: TestInstallation.Place.all)
  func definition(place: TestInstallation.Place) async throws {
    let installation = try await installation(place)
    #expect(try await installation.csmh("provision").status == 0)
    let columns = try await installation.extendedRows(
      "SELECT COLUMN_NAME, REPLACE(REPLACE(COLUMN_TYPE, '(20)', ''), '(11)', ''), IS_NULLABLE FROM information_schema.COLUMNS"
        + " WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '\(TestInstallation.extendedTable)' ORDER BY ORDINAL_POSITION"
    )
    #expect(
      columns == [
        ["version", "varchar(255)", "YES"], ["created", "datetime(6)", "NO"], ["state", "longtext", "YES"],
        ["grade", "double", "YES"], ["max_grade", "double", "YES"], ["id", "bigint unsigned", "NO"],
        ["student_module_id", "bigint unsigned", "NO"],
      ])
    let keys = try await installation.extendedRows(
      "SELECT DISTINCT COLUMN_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE()"
        + " AND TABLE_NAME = '\(TestInstallation.extendedTable)' ORDER BY 1")
    #expect(keys == [["created"], ["id"], ["student_module_id"], ["version"]])
  }

  @Test(
    "offset: a counter that is too low, or native rows among the original ids, is not safe",
    arguments: TestInstallation.Place.mariaDB)
  func offset(place: TestInstallation.Place) async throws {
    let installation = try await installation(place)
    try await installation.target.run("CREATE DATABASE \(installation.extendedDatabase)")
    try await installation.extended(Tables.todayExtended)
    let low = try await installation.csmh("offset")
    #expect(low.status == 1 && low.output.contains("csmh offset --repair"), "\(low.output)")
    #expect(try await installation.csmh("provision").status == 0)
    #expect(try await installation.csmh("offset").status == 0)
  }

  @Test("copy refuses while the next native id lies among the original ids", arguments: TestInstallation.Place.mariaDB)
  func refused(place: TestInstallation.Place) async throws {
    let installation = try await installation(place)
    #expect(try await installation.csmh("provision", "--headroom", "10").status == 0)
    try await installation.original(Tables.plainRows(50, from: 101))
    let result = try await installation.csmh("copy")
    #expect(result.status == 1, "\(result.output)\(result.error)")
    #expect(result.error.contains("collide"))
    #expect(try await installation.csmh("migrate").status == 0, "provisioning first mends it")
  }

  @Test("an lms.yml names the databases, the password and the offset")
  func lmsConfiguration() async throws {
    let installation = try await installation(.betweenMariaDBs)
    let user = "edxapp_\(installation.extendedDatabase)"
    for server in [installation.source, installation.target] {
      try await server.run(
        "CREATE USER '\(user)'@'%' IDENTIFIED BY 's3cr''et'",
        "GRANT ALL ON \(installation.originalDatabase).* TO '\(user)'@'%'",
        "GRANT ALL ON \(installation.extendedDatabase).* TO '\(user)'@'%'")
    }
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("lms-\(UUID().uuidString).yml")
    defer { try? FileManager.default.removeItem(at: file) }
    let entry = { (name: String, database: String, server: TestServer) in
      """
        \(name):
          ENGINE: django.db.backends.mysql
          NAME: \(database)
          USER: \(user)
          PASSWORD: s3cr'et
          HOST: 127.0.0.1
          PORT: '\(server.port)'

      """
    }
    let text =
      "DATABASES:\n" + entry("default", installation.originalDatabase, installation.source)
      + entry("student_module_history", installation.extendedDatabase, installation.target)
      + "FEATURES:\n  ENABLE_CSMH_EXTENDED: true\nSTUDENTMODULEHISTORYEXTENDED_OFFSET: 777\n"
    try Data(text.utf8).write(to: file)
    let result = try await Command.csmh(["migrate", "--lms-config", file.path])
    #expect(result.status == 0, "\(result.output)\(result.error)")
    #expect(result.error.contains("ENABLE_CSMH_EXTENDED is on"))
    #expect(!(result.output + result.error).contains("s3cr"), "the password shows")
    #expect(try await nextID(installation) == 878)
    #expect(try await installation.dumpExtended() == installation.dumpOriginal())
  }
}
