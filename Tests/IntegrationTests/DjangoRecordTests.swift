import TestSupport
import Testing

/// What `provision` and `check` say of Django's own record of migrations. That Django then goes on is shown with Django itself.
@Suite(.limitedConcurrency) struct DjangoRecordTests {
  private static let command =
    "./manage.py lms migrate --database student_module_history --fake coursewarehistoryextended"

  private static func installation(_ place: TestInstallation.Place) async throws -> TestInstallation {
    let installation = try await TestInstallation(place)
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(Tables.plainRows(10))
    return installation
  }

  /// Django's table, with what it has recorded.
  private static func record(_ installation: TestInstallation, _ names: String...) async throws {
    try await installation.extended(
      "CREATE TABLE IF NOT EXISTS django_migrations (id bigint NOT NULL AUTO_INCREMENT PRIMARY KEY, app varchar(255) NOT NULL,"
        + " name varchar(255) NOT NULL, applied datetime(6) NOT NULL)")
    for name in names {
      try await installation.extended(
        "INSERT INTO django_migrations (app, name, applied) VALUES ('coursewarehistoryextended', '\(name)', NOW(6))")
    }
  }

  @Test(
    "a table that csmh makes is told to the operator until Django has it in its record, which csmh never writes",
    arguments: TestInstallation.Place.every.filter { $0.source == $0.target && !$0.isOneServer })
  func fresh(place: TestInstallation.Place) async throws {
    let installation = try await Self.installation(place)
    let printed = try await installation.csmh("provision", "--print-sql")
    #expect(printed.output.contains("-- \(Self.command)"), "\(printed.output)")
    let first = try await installation.csmh("provision")
    #expect(first.status == 0 && first.output.contains(Self.command))
    #expect(try await installation.extendedRows("SHOW TABLES LIKE 'django_migrations'").isEmpty)
    let check = try await installation.csmh("check", "--rule", "django-migrations")
    #expect(
      check.status == 0 && check.output.contains("1 warn") && check.output.contains(Self.command), "\(check.output)")

    // A record of other applications is none of this one.
    try await Self.record(installation)
    try await installation.extended(
      "INSERT INTO django_migrations (app, name, applied) VALUES ('contenttypes', '0001_initial', NOW(6))")
    let document = try await installation.csmh("provision", "--json")
    #expect(
      document.output.contains("\"command\" : [") && document.output.contains("\"--fake\""), "\(document.output)")
    try await Self.record(installation, "0001_initial", "0002_force_studentmodule_index")
    let last = try await installation.csmh("provision")
    #expect(last.status == 0 && !last.output.contains("manage.py"), "\(last.output)")
    #expect(try await installation.csmh("check", "--rule", "django-migrations").output.contains("1 pass"))
    #expect(try await installation.extendedRows("SELECT COUNT(*) FROM django_migrations") == [["3"]])
  }

  @Test("of a table that Django made nothing is said")
  func madeByDjango() async throws {
    let installation = try await Self.installation(.betweenMariaDBs)
    try await installation.target.run("CREATE DATABASE \(installation.extendedDatabase) DEFAULT CHARACTER SET utf8mb4")
    try await installation.extended(Tables.todayExtended)
    try await Self.record(installation, "0001_initial")
    #expect(try await installation.csmh("provision", "--print-sql").output.contains("manage.py") == false)
    let result = try await installation.csmh("provision")
    #expect(result.status == 0 && !result.output.contains("Django"), "\(result.output)")
  }
}
