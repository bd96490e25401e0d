internal import Synchronization

/// Holds the router of a running service, and replaces it when the flags change.
///
/// After ``replace(with:)`` has returned, no operation runs with the flags of before: what they wrote is written, and a migration that
/// looks at the original table from then on finds it.
public final class RouterSwitch: Sendable {
  private struct State {
    var router: HistoryRouter
    var generation = 0
    /// How many operations run, by the generation of the router that they were given.
    var running: [Int: Int] = [:]
    var waiting: [(generation: Int, continuation: CheckedContinuation<Void, Never>)] = []

    func isQuiet(through generation: Int) -> Bool { !running.keys.contains { $0 <= generation } }
  }

  private let state: Mutex<State>

  /// - Parameter router: what operations use until another one is given.
  public init(_ router: HistoryRouter) {
    state = Mutex(State(router: router))
  }

  /// The present router, to look at.
  public var router: HistoryRouter { state.withLock { $0.router } }

  /// Runs an operation with the present router.
  public func perform<Value: Sendable>(
    _ operation: (HistoryRouter) async throws -> Value
  ) async rethrows -> Value {
    let (router, generation) = state.withLock { state in
      state.running[state.generation, default: 0] += 1
      return (state.router, state.generation)
    }
    defer { finish(generation) }
    return try await operation(router)
  }

  /// Lets operations that begin from now on use another router with the same flags, and other knowledge of the migration. Those that began before are not
  /// waited for.
  public func update(to router: HistoryRouter) {
    state.withLock { state in
      precondition(state.router.flags == router.flags, "operations with the flags of before have to be waited for")
      state.router = router
    }
  }

  /// Lets operations that begin from now on use another router, and waits for those that began before.
  public func replace(with router: HistoryRouter) async {
    let generation = state.withLock { state in
      state.router = router
      state.generation += 1
      return state.generation - 1
    }
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      let isQuiet = state.withLock { state in
        let isQuiet = state.isQuiet(through: generation)
        if !isQuiet { state.waiting.append((generation, continuation)) }
        return isQuiet
      }
      if isQuiet { continuation.resume() }
    }
  }

  private func finish(_ generation: Int) {
    let done = state.withLock { state in
      let left = state.running[generation, default: 1] - 1
      state.running[generation] = left == 0 ? nil : left
      let done = state.waiting.filter { state.isQuiet(through: $0.generation) }
      state.waiting.removeAll { waiter in done.contains { $0.generation == waiter.generation } }
      return done
    }
    for waiter in done { waiter.continuation.resume() }
  }
}
