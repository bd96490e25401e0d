package import StudentModuleHistory

/// One of the two tables of a simulated installation, as one process reaches it.
package struct SimulatedStore: HistoryStore {
  package let database: SimulatedDatabase
  package let process: SimulatedProcess

  package init(_ database: SimulatedDatabase, for process: SimulatedProcess) {
    self.database = database
    self.process = process
  }

  package var side: HistorySide { database.side }

  package var location: String { "\(database.server.name)/\(database.name)" }

  package func openSession() async throws -> any HistorySession { try await openSimulatedSession() }

  /// The same, as what it is.
  ///
  /// - Parameter needsTable: whether a history table has to be there.
  package func openSimulatedSession(needsTable: Bool = true) async throws -> SimulatedSession {
    let (server, world) = (database.server, process.world)
    world.scheduler.assertOnLoop()
    try await process.refuseIfCrashed()
    if Task.isCancelled { throw HistoryStoreError(.cancelled, side: side, "cancelled") }
    world.called("open")
    await world.scheduler.pause(for: world.dice.latency())
    try await process.refuseIfCrashed()
    let isRefused = process.hasFaults && world.dice.strikes(.refusedConnection)
    guard !server.isAway, !isRefused else {
      let kind: HistoryStoreError.Kind = isRefused && world.dice.oneIn(3) ? .limited : .unreachable
      world.trace(process.name, "open \(location)", kind.rawValue)
      throw HistoryStoreError(
        kind, side: side, kind == .limited ? "Too many connections" : "no server answers for \(location)")
    }
    guard database.hasTable || !needsTable else {
      world.trace(process.name, "open \(location)", "no history table")
      throw HistoryStoreError(.misconfigured, side: side, "\(location) has no history table", isAbsence: true)
    }
    let connection = server.connect(process)
    world.trace(process.name, "open \(location)", "connection \(connection.number)")
    return SimulatedSession(connection, database)
  }
}
