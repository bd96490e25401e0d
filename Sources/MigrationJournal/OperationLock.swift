package import MigrationBase
package import StudentModuleHistory
internal import Synchronization

/// Keeps two processes from the same work on one migration: a named lock on the extended table's server, for as long as the connection
/// that took it. With SQLite it does nothing: there is one writer at a time.
package final class OperationLock: Sendable {
  private let operation: String
  private let hasHeld = Mutex(false)

  /// - Parameter operation: a word that names the work.
  package init(_ operation: String) {
    self.operation = operation
  }

  /// Takes the lock; again on each new connection.
  ///
  /// - Throws: `refusal` if another process has it; `transient` if it is the lost connection of this one that has it still.
  package func take(
    for migration: MigrationRecord, _ session: any HistorySession, orElse refusal: MigrationError
  ) async throws {
    // Servers allow 64 characters: https://dev.mysql.com/doc/refman/8.4/en/locking-functions.html
    // A connection of before may be on its way out.
    guard try await session.hold("csmh:\(operation):\(migration.identity.prefix(40))", wait: 5) else {
      guard hasHeld.withLock({ $0 }) else { throw refusal }
      throw HistoryStoreError(.transient, side: .extended, "the lock of the lost connection is not free yet")
    }
    hasHeld.withLock { $0 = true }
  }
}
