internal import HistoryStores
internal import StudentModuleHistory

/// A lane that is opened again when its connections are lost, until a budget of time is used up: for reading the journal and for
/// comparing, where doing the same once more does no harm.
actor ReconnectingLane {
  private let pair: StorePair
  private let meter: ProgressMeter?
  private let didOpen: @Sendable (StorePair.Lane) async throws -> Void
  private var backoff: Backoff
  private var lane: StorePair.Lane?

  /// - Parameters:
  ///   - meter: shows that something is tried again, and why.
  ///   - didOpen: called with every lane that is opened.
  init(
    pair: StorePair, budget: Duration, meter: ProgressMeter?,
    didOpen: @escaping @Sendable (StorePair.Lane) async throws -> Void = { _ in }
  ) {
    self.pair = pair
    self.meter = meter
    self.didOpen = didOpen
    backoff = Backoff(budget: budget)
  }

  /// Runs `body`, again on a new connection if that may help.
  ///
  /// - Throws: ``MigrationError/retriesExhausted(_:budget:)``, or what `body` throws.
  func perform<Value: Sendable>(
    _ body: @Sendable (StorePair.Lane) async throws -> Value
  ) async throws -> Value {
    while true {
      do {
        let value = try await body(try await opened())
        backoff.succeeded()
        return value
      } catch let error as HistoryStoreError where error.isTransient {
        if error.kind != .transient { await close() }
        meter?.retried(because: error.message)
        var generator = SystemRandomNumberGenerator()
        // The very first connection tells at once that there is no server; a lost one may come back.
        guard hasBeenOpen, let delay = backoff.failed(at: .now, using: &generator) else {
          throw hasBeenOpen ? MigrationError.retriesExhausted(error, budget: backoff.budget) : error
        }
        try await Task.sleep(for: delay)
      }
    }
  }

  func close() async {
    await lane?.close()
    lane = nil
  }

  private var hasBeenOpen = false

  private func opened() async throws -> StorePair.Lane {
    if let lane { return lane }
    let opened = try await pair.openLane()
    do {
      try await didOpen(opened)
    } catch {
      await opened.close()
      throw error
    }
    hasBeenOpen = true
    lane = opened
    return opened
  }
}
