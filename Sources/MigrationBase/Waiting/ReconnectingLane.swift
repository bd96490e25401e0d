package import StudentModuleHistory
internal import Synchronization

/// A lane that is opened again when its connections are lost.
package typealias ReconnectingLane = Reconnecting<Lane>

/// A session with one store that is opened again when its connection is lost.
package typealias ReconnectingSession = Reconnecting<any HistorySession>

/// What is opened again when its connections are lost, until a budget of time is used up.
package actor Reconnecting<Connection: Sendable> {
  private let open: @Sendable () async throws -> Connection
  private let shut: @Sendable (Connection) async -> Void
  private let meter: ProgressMeter?
  private let stop: StopSignal
  private var backoff: Backoff
  private var connection: Connection?

  /// - Parameters:
  ///   - meter: shows that something is tried again, and why.
  ///   - stop: ends the waiting for a server, and says how long it may take.
  package init(
    meter: ProgressMeter?, stop: StopSignal, open: @escaping @Sendable () async throws -> Connection,
    shut: @escaping @Sendable (Connection) async -> Void
  ) {
    self.open = open
    self.shut = shut
    self.meter = meter
    self.stop = stop
    backoff = Backoff(budget: stop.retryBudget)
  }

  /// Runs `body`, which commits something. Where its answer does not arrive, nobody knows whether it did: `arrived` is asked before
  /// `body` is run once more, and what it answers is the result.
  ///
  /// - Throws: as ``read(_:)``.
  package func commit<Value: Sendable>(
    _ body: @Sendable (Connection) async throws -> Value, arrived: @Sendable (Connection) async throws -> Value?
  ) async throws -> Value {
    let isInDoubt = Atomic<Bool>(false)
    return try await read { connection in
      if isInDoubt.load(ordering: .relaxed), let value = try await arrived(connection) { return value }
      do {
        return try await body(connection)
      } catch let error as HistoryStoreError where error.isTransient {
        isInDoubt.store(true, ordering: .relaxed)
        throw error
      }
    }
  }

  /// Runs `body`, which reads, or writes what may be written twice: again on a new connection if that may help.
  ///
  /// - Throws: ``MigrationError/retriesExhausted(_:budget:)``, ``StoppedError``, or what `body` throws.
  package func read<Value: Sendable>(
    _ body: @Sendable (Connection) async throws -> Value
  ) async throws -> Value {
    while true {
      do {
        let value = try await body(try await opened())
        backoff.succeeded()
        return value
      } catch let error as HistoryStoreError where error.isTransient {
        if error.kind != .transient { await close() }
        meter?.retried(because: error.message)
        // The very first connection tells at once that there is no server; a lost one may come back.
        guard hasBeenOpen || error.kind == .connectionLost else { throw error }
        hasBeenOpen = true
        guard let delay = backoff.failed(in: stop.environment) else {
          throw MigrationError.retriesExhausted(error, budget: backoff.budget)
        }
        // After the wish to stop, work that lost against others is tried a few more times, so that it ends in order; a server that is
        // away is not waited for.
        let isShort = error.kind == .transient && backoff.failureCount <= 4
        guard isShort || !stop.isRequested else { throw StoppedError(reason: error.message) }
        if try await !stop.sleep(for: delay), isShort {
          try await stop.environment.sleep(for: min(delay, .milliseconds(200)))
        }
      }
    }
  }

  package func close() async {
    if let connection { await shut(connection) }
    connection = nil
  }

  private var hasBeenOpen = false

  private func opened() async throws -> Connection {
    if let connection { return connection }
    let opened = try await open()
    hasBeenOpen = true
    connection = opened
    return opened
  }
}

extension ReconnectingLane {
  /// - Parameter didOpen: called with every lane that is opened.
  package init(
    lanes: any LaneProvider, meter: ProgressMeter?, stop: StopSignal,
    didOpen: @escaping @Sendable (Lane) async throws -> Void = { _ in }
  ) {
    self.init(meter: meter, stop: stop) {
      let lane = try await lanes.openLane()
      do {
        try await didOpen(lane)
      } catch {
        await lane.close()
        throw error
      }
      return lane
    } shut: {
      await $0.close()
    }
  }
}

extension ReconnectingSession {
  package init(_ store: any HistoryStore, meter: ProgressMeter?, stop: StopSignal) {
    self.init(meter: meter, stop: stop) {
      try await store.openSession()
    } shut: {
      await $0.close()
    }
  }
}
