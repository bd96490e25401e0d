package import StudentModuleHistory

/// What a simulated database consists of, as one process changes it.
package struct SimulatedSchema: SchemaChanges {
  let store: SimulatedStore

  init(_ store: SimulatedStore) { self.store = store }

  package var side: HistorySide { store.side }

  package var location: String { store.location }

  package var hasAccounts: Bool { true }

  package func inventory() async throws -> StoreInventory {
    try await asking { try await $0.inventory() }
  }

  /// Django has made nothing here.
  package func djangoMigrations(of application: String) async throws -> [String]? { [] }

  /// No SQL is spoken here; what people are shown names the change.
  package func sql(of change: SchemaChange, table: String) -> [String] { ["\(change)"] }

  package func apply(_ change: SchemaChange, lockWait: Int) async throws {
    try await asking { try await $0.make(change, lockWait: .seconds(lockWait)) }
  }

  /// On a connection of its own, with no table chosen.
  private func asking<Value>(_ body: (SimulatedSession) async throws -> Value) async throws -> Value {
    let session = try await store.openSimulatedSession(needsTable: false)
    return try await session.closing { try await body(session) }
  }
}
