/// One of the two tables of an installation, in whatever database holds it.
///
/// The adapters are in HistoryStores: one for MySQL, MariaDB and what speaks their protocol, one for SQLite.
package protocol HistoryStore: Sendable {
  /// Which of the two tables it is.
  var side: HistorySide { get }

  /// Where it is, for people; never holds a password.
  var location: String { get }

  /// Opens a connection of its own.
  ///
  /// - Throws: ``HistoryStoreError`` of kind `unreachable`, `notPermitted` or `misconfigured` (no such database or table, or a
  ///   table that is not a history table).
  func openSession() async throws -> any HistorySession
}

/// A connection to one store: its history table and, where there is one, the journal beside it. Calls are taken one after the other.
///
/// All methods throw ``HistoryStoreError``.
package protocol HistorySession: HistoryTable, JournalTables {
  /// Starts a transaction in which other transactions' commits are seen (READ COMMITTED).
  func begin() async throws

  /// Commits. What throws here may have happened: an answer that does not arrive is neither yes nor no.
  func commit() async throws

  /// Rolls back; harmless without a transaction or connection.
  func rollback() async

  /// Whether the server may have closed the connection while it was idle; nothing is sent.
  func mayBeClosed() async -> Bool

  /// Closes the connection; an open transaction is rolled back.
  func close() async
}

extension HistorySession {
  /// A file does not close.
  package func mayBeClosed() async -> Bool { false }

  /// Runs `body`, and closes the connection whatever happens.
  package func closing<Value>(after body: () async throws -> Value) async throws -> Value {
    do {
      let value = try await body()
      await close()
      return value
    } catch {
      await close()
      throw error
    }
  }

  /// Runs `body` in a transaction: commits if it returns, rolls back if it throws.
  package func transaction<Value>(_ body: () async throws -> Value) async throws -> Value {
    try await begin()
    do {
      let value = try await body()
      try await commit()
      return value
    } catch {
      await rollback()
      throw error
    }
  }
}
