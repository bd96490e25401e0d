import Simulation
import StudentModuleHistory
import Synchronization

/// A small installation for the simulation's own tests: two servers, and a few rows.
struct Bench: Sendable {
  let world: SimulatedWorld
  let original: SimulatedDatabase
  let extended: SimulatedDatabase
  let process: SimulatedProcess

  init(
    seed: UInt64 = 1, faults: FaultPlan = .none, rowCount: UInt64 = 10, isOnOneServer: Bool = false,
    keepsCounters: Bool = true
  ) {
    world = SimulatedWorld(seed: seed, faults: faults)
    let first = world.server("first", keepsCounters: keepsCounters)
    let second = isOnOneServer ? first : world.server("second", clockOffset: .seconds(7))
    original = first.database("edxapp", .original)
    extended = second.database("edxapp_csmh", .extended, hasJournal: true)
    process = world.process("csmh")
    if rowCount > 0 { original.fill((1...rowCount).map { Self.record($0) }) }
  }

  static func record(_ id: UInt64, module: UInt64? = nil, grade: Double = 0) -> HistoryRecord {
    HistoryRecord(
      id: id, studentModuleID: module ?? id % 3, created: HistoryTimestamp("2025-12-31 00:00:00.000000")!,
      state: "{\"attempts\": \(id)}", grade: grade, maxGrade: 1)
  }

  func session(_ database: SimulatedDatabase, _ process: SimulatedProcess? = nil) async throws -> SimulatedSession {
    try await SimulatedStore(database, for: process ?? self.process).openSimulatedSession()
  }

  func run(_ body: @escaping @Sendable () async throws -> Void) async throws { try await world.run(body) }
}

/// What happened in a test, in order.
final class Notes: Sendable {
  private let kept = Mutex<[String]>([])

  func add(_ note: String) { kept.withLock { $0.append(note) } }

  var all: [String] { kept.withLock { $0 } }
}

/// The kind of error that work fails with; nil if it does not.
func kind(of work: () async throws -> Void) async -> HistoryStoreError.Kind? {
  do {
    try await work()
    return nil
  } catch {
    return (error as? HistoryStoreError)?.kind ?? .other
  }
}
