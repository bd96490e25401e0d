package import MigrationBase
package import MigrationJournal
package import StudentModuleHistory

/// Proves that nobody is in the middle of writing to the original table, and how far it reaches.
///
/// LOCK TABLES waits for every open transaction that has written to the table. Writers queue behind the wait, so it is tried for a
/// moment, released at once, and tried again with a growing pause. What is written after it moves the table's counter, and shows as a
/// straggler.
package struct Fence: Sendable {
  let lanes: any LaneProvider
  let attempts: LockAttempts

  /// For how long all tries together wait, unless told otherwise.
  package static let usualPatience = Duration.seconds(120)

  /// - Parameters:
  ///   - patience: for how long all tries together wait. Default: 2 minutes.
  ///   - lockWait: for how many seconds one try makes writers wait at most. Default: 1.
  package init(lanes: any LaneProvider, stop: StopSignal, patience: Duration = usualPatience, lockWait: Int = 1) {
    self.lanes = lanes
    attempts = LockAttempts(stop: stop, patience: patience, lockWait: lockWait)
  }

  /// Takes the fence and writes it into the journal; one that holds still is left as it is.
  ///
  /// - Returns: the fence, or nil if it was told to stop.
  /// - Throws: ``MigrationError/fenceNotTaken(_:tries:holders:)``, `HistoryStoreError`.
  package func take() async throws -> FenceRecord? {
    let journal = Journal()
    let token = attempts.stop.environment.word()
    return try await lanes.withLane(attempts.stop, hasBeenReached: true) { lane in
      if let fence = try await journal.migration(lane.target).fence,
        fence.holds(for: try await lane.source.summary())
      {
        return fence
      }
      let environment = attempts.stop.environment
      let start = environment.now()
      guard
        let summary = try await attempts.perform(
          lane.source,
          {
            try await lane.source.withTableLocked(.read, lockWait: attempts.lockWait) {
              try await lane.source.summary()
            }
          })
      else { return nil }
      let fence = FenceRecord(
        largestID: summary.ids?.upper ?? 0, nextID: summary.firstFreeID, takenAt: try await lane.target.now())
      try await journal.set(fence, lane.target)
      let waited = Int((environment.now() - start) / .milliseconds(1))
      try await journal.record(
        "fence", detail: "taken at the id \(fence.largestID), the next id is \(fence.nextID), after \(waited) ms",
        token: token, lane.target)
      return fence
    }
  }
}
