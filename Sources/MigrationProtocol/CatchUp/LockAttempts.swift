internal import MigrationBase
internal import StudentModuleHistory

/// Tries to lock a table that is in use: for a moment, as writers queue behind the wait, and again with a growing pause.
struct LockAttempts: Sendable {
  let stop: StopSignal

  /// For how long all tries together wait.
  var patience = Duration.seconds(120)

  /// For how many seconds one try makes writers wait at most.
  var lockWait = 1

  /// Runs `body`, which takes the lock, until it does not fail for want of it.
  ///
  /// - Returns: nil if it was told to stop.
  /// - Throws: ``MigrationError/fenceNotTaken(_:tries:holders:)`` with the transactions that are open on the session's server; whatever
  ///   else `body` throws.
  func perform<Value: Sendable>(
    _ session: any HistorySession, _ body: () async throws -> Value
  ) async throws -> Value? {
    var backoff = Backoff(budget: patience, first: .milliseconds(500))
    var tries = 0
    while !stop.isRequested {
      tries += 1
      do {
        return try await body()
      } catch let error as HistoryStoreError where error.kind == .transient {
        guard let pause = backoff.failed(in: stop.environment) else {
          throw MigrationError.fenceNotTaken(
            session.side, tries: tries, holders: try await session.openTransactions())
        }
        try await stop.sleep(for: pause)
      }
    }
    return nil
  }
}
