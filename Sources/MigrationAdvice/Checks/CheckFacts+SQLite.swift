internal import HistoryStores
internal import MigrationBase
internal import StudentModuleHistory

extension CheckFacts.Side {
  /// Looks at a SQLite file.
  init(_ store: SQLiteStore) async throws {
    self.init(
      side: store.side, location: store.location, database: store.path,
      server: .known(
        CheckFacts.Server(
          summary: "SQLite", isMariaDB: false, user: "", variables: [:], grants: GrantList([]),
          transactions: .known([]), replication: .known([]), replicaCount: .known(0))), databaseExists: false,
      table: .unknown(Obstacle("the table was not looked at")))
    do {
      let inventory = try await store.inventory()
      databaseExists = inventory.databaseExists
      otherTables = inventory.otherTables.filter { $0 != inventory.tableName }
    } catch let error as HistoryStoreError where error.kind != .cancelled {
      server = .unknown(Obstacle(error))
      return
    }
    if let refusal = try await store.refusal(of: [.copy]) { privileges = .unknown(Obstacle(refusal)) }
    table = try await finding {
      try await withSession(store) { session in
        let summary = try await session.summary()
        return CheckFacts.Table(
          name: summary.name, sqlName: (session as? any SQLSession)?.tableSQL ?? summary.name,
          generation: summary.generation)
      }
    }
    // A missing file of the original side is what a server that does not answer is elsewhere.
    if store.side == .original, !databaseExists, let obstacle = table.obstacle { server = .unknown(obstacle) }
  }
}
