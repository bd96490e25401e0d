internal import MigrationBase
internal import StudentModuleHistory

/// Makes changes of schemas while the LMS uses the tables. Only what is changed under a lock of the table that csmh holds already, as a
/// truncation does, goes without it.
///
/// ALTER TABLE waits for every open transaction that has touched the table, and writers queue behind it. So a change waits for two seconds,
/// is given up at once, and is tried again with growing pauses, for as long as a dump may take. It may be tried after an answer that did not
/// arrive, and after another run was interrupted: a change that stands is not made again (``SchemaChanges/apply(_:lockWait:)``).
struct SchemaRunner: Sendable {
  /// Ends the waiting.
  let stop: StopSignal

  /// For how long one change is tried while others use its table.
  var patience = Duration.seconds(3_600)

  /// Told once for each change that has to wait, and why.
  var willWait: @Sendable (String) -> Void = { _ in }

  /// For how many seconds one try makes writers wait at most.
  static let lockWait = 2

  /// Makes changes, one after the other.
  ///
  /// - Throws: ``StoppedError``; ``MigrationError/retriesExhausted(_:budget:)`` where the server stays away; `HistoryStoreError`, among
  ///   them `transient` if a table stays in use, or the server takes no writes.
  func make(_ changes: [SchemaChange], _ schema: any SchemaChanges) async throws {
    for change in changes {
      guard !stop.isRequested else { throw StoppedError(reason: "not every change was made") }
      try await insist { try await schema.apply(change, lockWait: Self.lockWait) }
    }
  }

  private func insist(_ change: () async throws -> Void) async throws {
    var locked = Backoff(budget: patience, first: .milliseconds(500))
    var away = Backoff(budget: stop.retryBudget)
    while true {
      do {
        return try await change()
      } catch let error as HistoryStoreError where error.isTransient {
        let pause: Duration
        if error.isLockWait {
          away.succeeded()
          if locked.failureCount == 0 { willWait(error.message) }
          guard let next = locked.failed(in: stop.environment) else { throw error }
          pause = next
        } else {
          // A server that takes no writes is told at once, unless it is just coming back.
          guard [.connectionLost, .unreachable].contains(error.kind) || away.failureCount > 0 else { throw error }
          guard let next = away.failed(in: stop.environment) else {
            throw MigrationError.retriesExhausted(error, budget: stop.retryBudget)
          }
          pause = next
        }
        guard try await stop.sleep(for: pause) else { throw StoppedError(reason: error.message) }
      }
    }
  }
}
