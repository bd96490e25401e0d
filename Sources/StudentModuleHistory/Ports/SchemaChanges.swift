/// What one of the two databases consists of, and the means to change it while others use it.
///
/// All methods throw ``HistoryStoreError``.
package protocol SchemaChanges: Sendable {
  var side: HistorySide { get }

  /// Where it is, for people; never holds a password.
  var location: String { get }

  /// Whether accounts with privileges of their own use it, as on every server: then the question for privileges is answered also where
  /// nothing exists yet. A file has none.
  var hasAccounts: Bool { get }

  /// What exists already.
  func inventory() async throws -> StoreInventory

  /// The names of an application's migrations that Django has recorded beside the table, none where it has recorded none; nil where
  /// Django does not manage the database.
  func djangoMigrations(of application: String) async throws -> [String]?

  /// The statements of a change, for people: none where the database needs none.
  ///
  /// - Parameter table: the history table's name.
  func sql(of change: SchemaChange, table: String) -> [String]

  /// Makes a change, unless it was made already: what throws may be tried again, whether it has happened or not.
  ///
  /// - Parameter lockWait: for how many seconds it waits at most for a table that others use, and lets writers queue behind it. A rebuild
  ///   waits for as long as the server lets it, and takes a week at most, as it keeps writers out anyway.
  /// - Throws: `transient` if a table was in use for longer; `notPermitted` with the GRANT.
  func apply(_ change: SchemaChange, lockWait: Int) async throws
}

/// What exists of a store.
package struct StoreInventory: Sendable, Hashable {
  /// Whether the database exists.
  package let databaseExists: Bool

  /// The history table's name, or nil if there is none.
  package let tableName: String?

  /// The name that a history table gets that is made now.
  package let newTableName: String

  /// The names of all tables of the database that this user can see.
  package let otherTables: [String]

  package init(databaseExists: Bool, tableName: String?, newTableName: String, otherTables: [String]) {
    self.databaseExists = databaseExists
    self.tableName = tableName
    self.newTableName = newTableName
    self.otherTables = otherTables
  }

  /// The history table's name, whether it exists or is to be made.
  package var historyTable: String { tableName ?? newTableName }
}
