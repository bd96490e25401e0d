internal import Dispatch
internal import Synchronization

/// Stops a statement that runs on a blocked connection: `KILL QUERY` on a second connection, which finds the session by its
/// ``SessionMark`` first. Behind a balancer another server may have a session with the same number.
///
/// A kill can arrive after its statement ended and hit the next one. Therefore ``end()`` waits for a kill that is under way, and
/// whoever was cancelled finds it out from ``end()`` and not from the server's answer alone.
final class QueryCanceller: Sendable {
  private struct State {
    var isRunning = false
    var isKilling = false
    var wasCancelled = false
    var mark: SessionMark?
  }

  private let state = Mutex(State())
  private let killFinished = DispatchGroup()
  private let kill: @Sendable (SessionMark) -> Void

  /// `kill` is called at most once a statement, on a queue of its own; it may block.
  init(kill: @escaping @Sendable (SessionMark) -> Void) {
    self.kill = kill
  }

  /// The connection stands and is known by this; nil where it cannot be proven, and is not killed.
  func connected(as mark: SessionMark?) {
    state.withLock { $0.mark = mark }
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
    let target: SessionMark? = state.withLock { state in
      state.wasCancelled = true
      guard state.isRunning, !state.isKilling, let mark = state.mark, mark.lock != nil else { return nil }
      state.isKilling = true
      killFinished.enter()
      return mark
    }
    guard let target else { return }
    DispatchQueue.global().async { [self] in
      kill(target)
      state.withLock { $0.isKilling = false }
      killFinished.leave()
    }
  }
}
