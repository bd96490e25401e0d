internal import Synchronization

/// Lends connections to one store, and opens them when they are needed.
package final class SessionPool: Sendable {
  private struct Idle {
    var session: any HistorySession
    var since: ContinuousClock.Instant
  }

  private struct State {
    var idle: [Idle] = []
    var openCount = 0
    var isClosed = false
    var waiting: [(number: UInt64, continuation: CheckedContinuation<Void, any Error>)] = []
    var nextNumber: UInt64 = 0
  }

  package let store: any HistoryStore

  /// The most connections that are open at the same time.
  package let limit: Int

  private let state = Mutex(State())
  private let environment: Environment

  /// A connection that was idle for longer is asked before it is trusted: servers close idle connections in silence.
  private static let trustedIdleTime = Duration.seconds(20)

  /// - Parameter limit: the most connections. Default: 8; at least 1.
  package init(_ store: any HistoryStore, limit: Int = 8, environment: Environment = .process) {
    self.environment = environment
    self.store = store
    self.limit = max(1, limit)
  }

  /// Runs `body` with a connection that nobody else uses meanwhile, and waits for one if all are in use.
  ///
  /// - Parameter isRepeatable: whether `body` may be run once more, on another connection, when the connection is lost.
  /// - Throws: ``HistoryStoreError``, or what `body` throws.
  package func withSession<Value: Sendable>(
    isRepeatable: Bool, _ body: (any HistorySession) async throws -> Value
  ) async throws -> Value {
    do {
      return try await lend(isRepeatable: isRepeatable, body)
    } catch let error as HistoryStoreError where isRepeatable && error.kind == .connectionLost {
      return try await lend(isRepeatable: false, body)
    }
  }

  /// Closes what is idle, and what comes back later.
  package func close() async {
    let (idle, waiting) = state.withLock { state in
      state.isClosed = true
      defer {
        state.idle = []
        state.waiting = []
      }
      return (state.idle, state.waiting)
    }
    for waiter in waiting { waiter.continuation.resume(throwing: CancellationError()) }
    for entry in idle { await entry.session.close() }
  }

  private func lend<Value: Sendable>(
    isRepeatable: Bool, _ body: (any HistorySession) async throws -> Value
  ) async throws -> Value {
    let session = try await take(isRepeatable: isRepeatable)
    do {
      let value = try await body(session)
      await giveBack(session)
      return value
    } catch let error as HistoryStoreError where error.kind != .connectionLost && error.kind != .unreachable {
      await giveBack(session)
      throw error
    } catch {
      await discard(session)
      throw error
    }
  }

  private enum Turn {
    case idle(Idle)
    case open
    case wait
  }

  /// - Parameter isRepeatable: without, what is sent on the connection cannot be sent again: a connection that the server may have closed
  ///   meanwhile is asked before.
  private func take(isRepeatable: Bool) async throws -> any HistorySession {
    while true {
      let turn: Turn = try state.withLock { state in
        if state.isClosed { throw CancellationError() }
        if let idle = state.idle.popLast() { return .idle(idle) }
        guard state.openCount < limit else { return .wait }
        state.openCount += 1
        return .open
      }
      switch turn {
      case .idle(let idle):
        var isTrusted = environment.now() - idle.since < Self.trustedIdleTime
        if isTrusted, !isRepeatable { isTrusted = await !idle.session.mayBeClosed() }
        if isTrusted { return idle.session }
        if (try? await idle.session.now()) != nil { return idle.session }
        await discard(idle.session)
      case .open:
        do {
          return try await store.openSession()
        } catch {
          freePlace()
          throw error
        }
      case .wait:
        try await wait()
      }
    }
  }

  /// Waits until a connection is idle or may be opened; somebody else may be faster all the same.
  private func wait() async throws {
    let number = state.withLock { state in
      state.nextNumber += 1
      return state.nextNumber
    }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
        let mustNotWait = state.withLock { state in
          let isFree = !state.idle.isEmpty || state.openCount < limit || state.isClosed || Task.isCancelled
          if !isFree { state.waiting.append((number, continuation)) }
          return isFree
        }
        if mustNotWait { continuation.resume() }
      }
    } onCancel: {
      let continuation = state.withLock { state in
        state.waiting.firstIndex { $0.number == number }.map { state.waiting.remove(at: $0).continuation }
      }
      continuation?.resume(throwing: CancellationError())
    }
    guard Task.isCancelled else { return }
    // Whoever is cancelled after it was called on passes the call on, or the next one would sleep beside an idle connection.
    wakeNext()
    throw CancellationError()
  }

  private func wakeNext() {
    let waiter = state.withLock { state in
      let isFree = !state.idle.isEmpty || state.openCount < limit || state.isClosed
      return isFree && !state.waiting.isEmpty ? state.waiting.removeFirst().continuation : nil
    }
    waiter?.resume()
  }

  private func giveBack(_ session: any HistorySession) async {
    let (isClosed, waiter) = state.withLock { state in
      if state.isClosed { return (true, nil as CheckedContinuation<Void, any Error>?) }
      state.idle.append(Idle(session: session, since: environment.now()))
      return (false, state.waiting.isEmpty ? nil : state.waiting.removeFirst().continuation)
    }
    waiter?.resume()
    if isClosed { await session.close() }
  }

  private func discard(_ session: any HistorySession) async {
    await session.close()
    freePlace()
  }

  private func freePlace() {
    let waiter = state.withLock { state in
      state.openCount -= 1
      return state.waiting.isEmpty ? nil : state.waiting.removeFirst().continuation
    }
    waiter?.resume()
  }
}
