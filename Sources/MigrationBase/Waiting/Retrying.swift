package import StudentModuleHistory

/// Runs work that opens connections of its own and may be done twice: again from its beginning where one of them is lost.
///
/// A server that was never reached is told at once; one that went away is waited for.
///
/// - Parameters:
///   - stop: says for how long it is tried again.
///   - hasBeenReached: whether the command has reached its servers before, so that one that is away now is waited for.
/// - Throws: ``MigrationError/retriesExhausted(_:budget:)``, ``StoppedError``, or what `body` throws.
package func retrying<Value>(
  _ stop: StopSignal, hasBeenReached: Bool = false, _ body: () async throws -> Value
) async throws -> Value {
  var backoff = Backoff(budget: stop.retryBudget)
  while true {
    do {
      return try await body()
    } catch let error as HistoryStoreError
      where error.kind == .connectionLost || (error.kind == .unreachable && hasBeenReached)
      || (error.isTransient && backoff.failureCount > 0)
    {
      guard let delay = backoff.failed(in: stop.environment) else {
        throw MigrationError.retriesExhausted(error, budget: stop.retryBudget)
      }
      guard try await stop.sleep(for: delay) else { throw StoppedError(reason: error.message) }
    }
  }
}

extension LaneProvider {
  /// Runs `body`, which may be done twice, with a lane: again with another one where its connections are lost.
  package func withLane<Value>(
    _ stop: StopSignal, hasBeenReached: Bool = false, _ body: (Lane) async throws -> Value
  ) async throws -> Value {
    try await retrying(stop, hasBeenReached: hasBeenReached) { try await withClosing(try await openLane(), body) }
  }
}
