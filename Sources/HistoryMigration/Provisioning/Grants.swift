public import HistoryStores
internal import MariaDBClient

/// The privileges that the two users of a migration need, as GRANT statements.
public struct Grants: Sendable {
  /// For the LMS: the privileges on the extended database that its own migrations and writes need.
  public let application: [String]

  /// For csmh: reading and locking the original table; making, filling and counting the extended one.
  public let csmh: [String]

  /// For csmh on the way back, and in part for emptying the original table (SELECT, DELETE, LOCK TABLES; DROP and ALTER to truncate).
  public let returning: [String]

  /// Returns nil for SQLite, which has no users.
  ///
  /// - Parameter applicationUser: the LMS's user, if it is known; else a usual name stands in for it.
  public init?(for pair: StorePair, applicationUser: String?) {
    guard case .mySQL(let original, let extended) = pair else { return nil }
    let user = "'csmh'@'%'"
    application = [
      "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX, DROP, REFERENCES ON `\(extended.database)`.*"
        + " TO '\(applicationUser ?? "edxapp001")'@'%';"
    ]
    csmh = [
      // The share locks of the copy need no more than SELECT; the fence will lock the table.
      "GRANT SELECT, LOCK TABLES ON `\(original.database)`.* TO \(user);",
      "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX ON `\(extended.database)`.* TO \(user);",
    ]
    returning = [
      "GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, ALTER, INDEX ON `\(original.database)`.* TO \(user);",
      "GRANT SELECT, UPDATE, LOCK TABLES ON `\(extended.database)`.* TO \(user);",
    ]
  }
}
