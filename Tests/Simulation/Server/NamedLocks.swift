/// The names that connections of one server hold.
final class NamedLocks: @unchecked Sendable {
  private let scheduler: Scheduler
  private var holders: [String: ServerConnection] = [:]
  private var requests: [(name: String, connection: ServerConnection, wait: Wait)] = []

  init(_ scheduler: Scheduler) {
    self.scheduler = scheduler
  }

  func isHeld(_ name: String) -> Bool { holders[name] != nil }

  /// Takes a name, waiting for whoever has it. Returns false if somebody has it still.
  func take(_ name: String, _ connection: ServerConnection, within limit: Duration) async throws -> Bool {
    guard let holder = holders[name] else {
      holders[name] = connection
      return true
    }
    guard holder !== connection else { return true }
    guard limit > .zero else { return false }
    let wait = Wait(scheduler, "the name \(name), which \(holder) holds", who: connection.description)
    requests.append((name, connection, wait))
    connection.waits(wait)
    let outcome = await wait.value(within: limit)
    connection.waits(nil)
    requests.removeAll { $0.wait === wait }
    switch outcome {
    case .granted: return true
    case .timedOut: return false
    case .failed(let error): throw error
    case .cancelled: throw connection.cancelled
    }
  }

  /// Frees what a connection holds.
  func release(_ connection: ServerConnection) {
    requests.removeAll { $0.connection === connection }
    for name in holders.keys.sorted() where holders[name] === connection {
      holders[name] = nil
      guard let index = requests.firstIndex(where: { $0.name == name }) else { continue }
      let next = requests.remove(at: index)
      holders[name] = next.connection
      next.wait.end(.granted)
    }
  }
}
