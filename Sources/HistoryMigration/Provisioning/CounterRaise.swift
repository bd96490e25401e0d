internal import StudentModuleHistory

/// Raises the counter of a table while the LMS uses it.
///
/// ALTER TABLE waits for every open transaction that has touched the table, and writers queue behind it: it is tried for two seconds,
/// given up at once, and tried again with a growing pause. So no row with an id of before is uncommitted when it is done.
struct CounterRaise {
  /// Ends the waiting.
  let stop: StopSignal

  /// For how long all tries together wait. Default: 2 minutes.
  var patience = Duration.seconds(120)

  /// For how many seconds one try makes writers wait at most.
  static let lockWait = 2

  /// Runs `raise`, which waits no longer than ``lockWait``.
  ///
  /// - Throws: ``StoppedError``; `HistoryStoreError`, among them `notPermitted` with the GRANT, and `transient` if the table stays locked.
  func run(_ raise: () async throws -> Void) async throws {
    var backoff = Backoff(budget: patience, first: .milliseconds(500))
    while true {
      do {
        try await raise()
        return
      } catch let error as HistoryStoreError where error.isTransient {
        guard let pause = backoff.failed(in: stop.environment) else { throw error }
        guard try await stop.sleep(for: pause) else { throw StoppedError(reason: error.message) }
      }
    }
  }
}
