internal import Dispatch
internal import Synchronization

/// Stops a statement that runs on a blocked connection: `KILL QUERY` on a second connection.
///
/// A kill can arrive after its statement ended and hit the next one. Therefore ``end()`` waits for a kill that is under way, and
/// whoever was cancelled finds it out from ``end()`` and not from the server's answer alone.
final class QueryCanceller: Sendable {
  private struct State {
    var isRunning = false
    var isKilling = false
    var wasCancelled = false
    var connectionID: UInt64?
  }

  private let state = Mutex(State())
  private let killFinished = DispatchGroup()
  private let kill: @Sendable (_ connectionID: UInt64) -> Void

  /// `kill` is called at most once a statement, on a queue of its own; it may block.
  init(kill: @escaping @Sendable (_ connectionID: UInt64) -> Void) {
    self.kill = kill
  }

  /// The connection stands and has this id on the server.
  func connected(as connectionID: UInt64) {
    state.withLock { $0.connectionID = connectionID }
  }

  /// A statement is about to be sent.
  func begin() {
    state.withLock { state in
      state.isRunning = true
      state.wasCancelled = false
    }
  }

  /// The statement has returned. Waits for a kill under way; returns whether the statement was cancelled.
  func end() -> Bool {
    let waits = state.withLock { state in
      state.isRunning = false
      return state.isKilling
    }
    if waits { killFinished.wait() }
    return state.withLock { $0.wasCancelled }
  }

  /// The task that waits for the statement was cancelled.
  func cancel() {
    let target: UInt64? = state.withLock { state in
      state.wasCancelled = true
      guard state.isRunning, !state.isKilling, let connectionID = state.connectionID else { return nil }
      state.isKilling = true
      killFinished.enter()
      return connectionID
    }
    guard let target else { return }
    DispatchQueue.global().async { [self] in
      kill(target)
      state.withLock { $0.isKilling = false }
      killFinished.leave()
    }
  }
}
