public import HistoryStores
internal import StudentModuleHistory

/// Proves that nobody is in the middle of writing to the original table, and how far it reaches.
///
/// LOCK TABLES waits for every open transaction that has written to the table. Writers queue behind the wait, so it is tried for a
/// moment, released at once, and tried again with a growing pause. What is written after it moves the table's counter, and shows as a
/// straggler.
public struct Fence: Sendable {
  let pair: StorePair
  let attempts: LockAttempts

  /// For how long all tries together wait, unless told otherwise.
  public static let usualPatience = Duration.seconds(120)

  /// - Parameters:
  ///   - patience: for how long all tries together wait. Default: 2 minutes.
  ///   - lockWait: for how many seconds one try makes writers wait at most. Default: 1.
  public init(pair: StorePair, stop: StopSignal, patience: Duration = usualPatience, lockWait: Int = 1) {
    self.pair = pair
    attempts = LockAttempts(stop: stop, patience: patience, lockWait: lockWait)
  }

  /// Takes the fence and writes it into the journal; one that holds still is left as it is.
  ///
  /// - Returns: the fence, or nil if it was told to stop.
  /// - Throws: ``MigrationError/fenceNotTaken(_:tries:holders:)``, `HistoryStoreError`.
  public func take() async throws -> FenceRecord? {
    let journal = Journal(dialect: pair.extended.dialect)
    let token = attempts.stop.environment.word()
    return try await pair.withLane(attempts.stop, hasBeenReached: true) { lane in
      if let fence = try await journal.migration(lane.extended).fence,
        fence.holds(for: try await lane.original.summary())
      {
        return fence
      }
      let environment = attempts.stop.environment
      let start = environment.now()
      guard
        let summary = try await attempts.perform(
          lane.original,
          {
            try await lane.original.withTableLocked(.read, lockWait: attempts.lockWait) {
              try await lane.original.summary()
            }
          })
      else { return nil }
      let fence = FenceRecord(
        largestID: summary.ids?.upper ?? 0, nextID: summary.firstFreeID, takenAt: try await journal.now(lane.extended))
      try await journal.set(fence, lane.extended)
      let waited = Int((environment.now() - start) / .milliseconds(1))
      try await journal.record(
        "fence", detail: "taken at the id \(fence.largestID), the next id is \(fence.nextID), after \(waited) ms",
        token: token, lane.extended)
      return fence
    }
  }
}
