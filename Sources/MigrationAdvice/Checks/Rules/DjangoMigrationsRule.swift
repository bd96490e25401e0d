internal import MigrationProtocol
internal import StudentModuleHistory

/// Django knows the extended table.
struct DjangoMigrationsRule: CheckRule {
  let name = "django-migrations"
  let title = "Django knows that the extended table exists"
  let why =
    "deployments run manage.py migrate at each release; for a table that Django did not make and was not told of, it ends with the"
    + " server's error 1050"
  let reasonToSkipSQLite: String? = "SQLite files of csmh's own have no Django"

  func outcome(_ facts: CheckFacts) -> CheckOutcome {
    outcome(ofTableOn: facts.extended) { side, _ in
      side.djangoMigrations.outcome { recorded in
        guard DjangoMigration.isNeeded(recorded: recorded) else {
          return .pass("its record names \(recorded.count) migrations of \(DjangoMigration.application)")
        }
        return .warn(
          "django_migrations of \(side.database) names no \(DjangoMigration.initial) of \(DjangoMigration.application)",
          remedy: DjangoMigration.remedy,
          Remedy(.fakeMigrationsOnce))
      }
    }
  }
}
