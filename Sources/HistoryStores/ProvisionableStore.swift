public import StudentModuleHistory

/// A store that csmh can make: the statements that do it, and the means to run them.
public protocol ProvisionableStore: HistoryStore {
  /// The SQL that the store's database speaks.
  var dialect: SQLDialect { get }

  /// Opens a connection of its own that takes SQL, for what is no part of the ports.
  ///
  /// - Throws: as ``HistoryStore/openSession()``.
  func openSQLSession() async throws -> any SQLSession

  /// What exists already.
  func inventory() async throws -> StoreInventory

  /// What the server or the file system tells of itself; the database need not exist.
  func surroundings() async throws -> StoreSurroundings

  /// Finds out whether steps lack a privilege on this store, without changing anything: the refusal, with what suffices for the whole
  /// way, or nil.
  func refusal(of steps: [PrivilegedStep]) async throws -> HistoryStoreError?

  /// The names of an application's migrations that Django has recorded in this database; none where it keeps no record there.
  func djangoMigrations(of application: String) async throws -> [String]

  /// The statement that creates the database; empty where a file is created by opening it.
  var createDatabaseSQL: String { get }

  /// The statement or statements that create the extended table and its indexes.
  var createTableSQL: String { get }

  /// The statement that raises the table's counter, so that the next id is `startingID`.
  func raiseCounterSQL(of table: String, to startingID: UInt64) -> String

  /// The statement that makes a table's ids 64 bits wide; it rebuilds the table, and keeps writers out meanwhile.
  func widenIDsSQL(of table: String) -> String

  /// The name of another table of the same database for SQL.
  func sqlName(_ table: String) -> String

  /// Runs statements, each on its own, without any database chosen.
  ///
  /// - Parameter lockWait: for how many seconds a statement waits for a table that others use; nil for as long as the server lets it.
  /// - Throws: `transient` if a table was in use for longer.
  func provision(_ statements: [String], lockWait: Int?) async throws
}

extension ProvisionableStore {
  public func provision(_ statements: [String]) async throws { try await provision(statements, lockWait: nil) }

  public func openSession() async throws -> any HistorySession { try await openSQLSession() }
}

/// What exists of a store.
public struct StoreInventory: Sendable, Hashable {
  /// Whether the database exists.
  public let databaseExists: Bool

  /// The history table's name, or nil if there is none.
  public let tableName: String?

  /// The names of all tables of the database that this user can see.
  public let otherTables: [String]

  public init(databaseExists: Bool, tableName: String?, otherTables: [String]) {
    self.databaseExists = databaseExists
    self.tableName = tableName
    self.otherTables = otherTables
  }
}
