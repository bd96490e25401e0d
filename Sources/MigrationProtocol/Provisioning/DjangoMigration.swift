package import StudentModuleHistory

/// What Django's own migrations have to be told of an extended table that csmh made.
///
/// Django keeps a record of what it has created, in the table `django_migrations` of each database. A table that it did not create
/// itself it would create again at the next `migrate`, which ends with the server's error 1050; `--fake-initial` does not help, as the
/// router hides the table's model from its look. csmh writes nothing into that record: rows without those that they depend on would
/// stop every later migrate.
package enum DjangoMigration {
  /// The application of the extended table, as Django's record names it, and the migration that creates the table.
  package static let application = "coursewarehistoryextended"
  package static let initial = "0001_initial"

  /// What tells Django that the table exists, once, from the folder of the platform.
  package static let remedy = Remedy(.fakeMigrations, application)

  /// The command, word by word.
  package static var command: [String] { commandLine.split(separator: " ").map(String.init) }

  /// The command as it is typed.
  package static var commandLine: String { remedy.description }

  /// Why it is needed, and when it is to be run.
  package static let why =
    "Django does not know this table yet, and its next migrate of the database would end with error 1050. Run this once, where the"
    + " application is installed, before ENABLE_CSMH_EXTENDED is turned on there"

  /// Whether the command is still to be run.
  ///
  /// - Parameter recorded: the names of the application's migrations in Django's record, none without a record. A record that was begun
  ///   is Django's own to go on with: what it lacks it runs by itself.
  package static func isNeeded(recorded: [String]) -> Bool { !recorded.contains(initial) }
}
