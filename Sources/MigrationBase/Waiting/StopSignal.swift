package import StudentModuleHistory
internal import Synchronization

/// The wish to stop: ranges in hand are finished, no new one is begun, and whoever waits for anything is woken.
package final class StopSignal: Sendable {
  private struct State {
    var isRequested = false
    var handlers: [UInt64: @Sendable () -> Void] = [:]
    var nextNumber: UInt64 = 0
  }

  private let state = Mutex(State())

  /// The same as the state's, to be looked at often.
  private let requested = Atomic<Bool>(false)

  /// By whose clock whoever waits for this signal waits.
  package let environment: Environment

  /// For how long the same work is tried again before it is given up: of all that waits for this signal.
  package let retryBudget: Duration

  /// Five minutes.
  package static let usualRetryBudget = Duration.seconds(300)

  /// - Parameter retryBudget: for how long a server that went away is waited for. Default: 5 minutes.
  package init(_ environment: Environment = .process, retryBudget: Duration = usualRetryBudget) {
    self.environment = environment
    self.retryBudget = retryBudget
  }

  package var isRequested: Bool { requested.load(ordering: .relaxed) }

  /// Asks for a stop; once is enough.
  package func request() {
    let handlers = state.withLock { state in
      state.isRequested = true
      requested.store(true, ordering: .relaxed)
      defer { state.handlers = [:] }
      // In the order in which they came: what follows from it is the same each time.
      return state.handlers.sorted { $0.key < $1.key }.map(\.value)
    }
    for handler in handlers { handler() }
  }

  /// Waits for a while, and no longer than until a stop is asked for: every pause of work that can be stopped is one of these.
  ///
  /// - Returns: whether the work is to go on.
  /// - Throws: `CancellationError` if the task is cancelled.
  @discardableResult
  package func sleep(for duration: Duration) async throws -> Bool {
    try Task.checkCancellation()
    guard duration > .zero, !isRequested else { return !isRequested }
    await withTaskGroup(of: Void.self) { group in
      group.addTask { try? await self.environment.sleep(for: duration) }
      group.addTask { await self.wait() }
      await group.next()
      group.cancelAll()
    }
    try Task.checkCancellation()
    return !isRequested
  }

  /// Waits until a stop is asked for, or the task is cancelled.
  package func wait() async {
    let (awake, wake) = AsyncStream.makeStream(of: Void.self)
    let number = onRequest { wake.finish() }
    for await _ in awake {}
    forget(number)
  }

  /// Runs work with a signal of its own, which is requested as soon as this one is: what asks its own signal to stop, as a copier does
  /// that fails, does not end what comes after it.
  package func followed<Value>(by work: (StopSignal) async throws -> Value) async rethrows -> Value {
    let own = StopSignal(environment, retryBudget: retryBudget)
    let number = onRequest { own.request() }
    defer { forget(number) }
    return try await work(own)
  }

  /// Runs `handler` as soon as a stop is asked for; at once if it was.
  private func onRequest(_ handler: @escaping @Sendable () -> Void) -> UInt64? {
    let number = state.withLock { state -> UInt64? in
      guard !state.isRequested else { return nil }
      state.nextNumber += 1
      state.handlers[state.nextNumber] = handler
      return state.nextNumber
    }
    if number == nil { handler() }
    return number
  }

  private func forget(_ number: UInt64?) {
    guard let number else { return }
    _ = state.withLock { $0.handlers.removeValue(forKey: number) }
  }
}

/// Work was not finished, as a stop was asked for.
package struct StoppedError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What it waited for, or what is left.
  package let reason: String

  package init(reason: String) {
    self.reason = reason
  }

  package var description: String { "stopped: \(reason)" }
}
