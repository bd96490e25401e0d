package import StudentModuleHistory

/// Opens lanes of a simulated installation for one process, in one direction.
package struct SimulatedLanes: LaneProvider {
  let from: SimulatedStore
  let to: SimulatedStore

  /// Whether rows stay on the server where both databases are on one.
  let staysInside: Bool
  let batchSize: Int

  package var source: any HistoryStore { from }
  package var target: any HistoryStore { to }

  package init(
    _ direction: Direction, original: SimulatedDatabase, extended: SimulatedDatabase, for process: SimulatedProcess,
    staysInside: Bool = true, batchSize: Int = 7
  ) {
    let stores = [original, extended].map { SimulatedStore($0, for: process) }
    from = direction == .there ? stores[0] : stores[1]
    to = direction == .there ? stores[1] : stores[0]
    self.staysInside = staysInside && original.server === extended.server
    self.batchSize = batchSize
  }

  package func openLane() async throws -> Lane {
    let source = try await from.openSimulatedSession()
    do {
      let target = try await to.openSimulatedSession()
      guard staysInside else {
        return Lane(
          source: source, target: target, transfer: SimulatedTransfer(from: source, to: target, batchSize: batchSize),
          route: .betweenServers, usefulLaneCount: 16)
      }
      return Lane(
        source: source, target: target,
        transfer: SimulatedInsideTransfer(from: target.viewing(from.database), to: target), route: .insideServer,
        usefulLaneCount: 16)
    } catch {
      await source.close()
      throw error
    }
  }

  /// Nothing is missing in a simulation, but both servers have to be there.
  package func requirePrivileges(for steps: [PrivilegedStep]) async throws {
    for store in [from, to] { await (try await store.openSimulatedSession(needsTable: false)).close() }
  }

  package func lanes(_ direction: Direction) -> any LaneProvider { direction == self.direction ? self : turned }

  private var turned: SimulatedLanes {
    SimulatedLanes(from: to, to: from, staysInside: staysInside, batchSize: batchSize)
  }

  private init(from: SimulatedStore, to: SimulatedStore, staysInside: Bool, batchSize: Int) {
    self.from = from
    self.to = to
    self.staysInside = staysInside
    self.batchSize = batchSize
  }

  package func schema(_ side: HistorySide) -> any SchemaChanges {
    SimulatedSchema(from.side == side ? from : to)
  }

  /// In a simulation they are two.
  package func refuseSameDatabase() async throws {}

  package func isTargetThere() async throws -> Bool {
    await (try await to.openSimulatedSession(needsTable: false)).close()
    return to.database.hasTable
  }
}
