package import StudentModuleHistory

/// A store with everything that its adapter offers: its schema, its SQL, and what its surroundings tell.
package protocol ProvisionableStore: HistoryStore, SchemaChanges {
  /// The SQL that the store's database speaks.
  var dialect: SQLDialect { get }

  /// Opens a connection of its own that takes SQL, for what is no part of the ports.
  ///
  /// - Throws: as ``HistoryStore/openSession()``.
  func openSQLSession() async throws -> any SQLSession

  /// What the server or the file system tells of itself; the database need not exist.
  func surroundings() async throws -> StoreSurroundings

  /// Finds out whether steps lack a privilege on this store, without changing anything: the refusal, with what suffices for the whole
  /// way, or nil.
  func refusal(of steps: [PrivilegedStep]) async throws -> HistoryStoreError?

  /// The name of another table of the same database for SQL.
  func sqlName(_ table: String) -> String

  /// Runs statements, each on its own, without any database chosen: for sites that are made up.
  func provision(_ statements: [String]) async throws
}

extension ProvisionableStore {
  package func openSession() async throws -> any HistorySession { try await openSQLSession() }

  /// The name that a history table gets that is made now.
  func newTableName(_ name: String?) -> String { name ?? side.tableNames[0] }
}
