public import HistoryStores
internal import StudentModuleHistory

/// Proves that nobody is in the middle of writing to the original table, and how far it reaches.
///
/// LOCK TABLES waits for every open transaction that has written to the table. Writers queue behind the wait, so it is tried for a
/// moment, released at once, and tried again with a growing pause. What is written after it moves the table's counter, and shows as a
/// straggler.
public struct Fence: Sendable {
  let pair: StorePair
  let stop: StopSignal

  /// For how long all tries together wait. Default: 2 minutes.
  let patience: Duration

  /// For how many seconds one try makes writers wait at most. Default: 1.
  let lockWait: Int

  public init(pair: StorePair, stop: StopSignal, patience: Duration = .seconds(120), lockWait: Int = 1) {
    self.pair = pair
    self.stop = stop
    self.patience = patience
    self.lockWait = lockWait
  }

  /// Takes the fence and writes it into the journal; one that holds still is left as it is.
  ///
  /// - Returns: the fence, or nil if it was told to stop.
  /// - Throws: ``MigrationError/fenceNotTaken(tries:holders:)``, `HistoryStoreError`.
  public func take() async throws -> FenceRecord? {
    let journal = Journal(dialect: pair.extended.dialect)
    return try await withClosing(try await pair.openLane()) { lane in
      if let fence = try await journal.migration(lane.extended).fence,
        fence.holds(for: try await lane.original.summary())
      {
        return fence
      }
      let start = ContinuousClock.now
      var pause = Duration.milliseconds(500)
      var tries = 0
      while !stop.isRequested {
        tries += 1
        do {
          let summary = try await lane.original.fence(lockWait: lockWait)
          let fence = FenceRecord(
            largestID: summary.ids?.upper ?? 0, nextID: summary.firstFreeID,
            takenAt: try await journal.now(lane.extended))
          try await journal.set(fence, lane.extended)
          try await journal.record(
            "fence", detail: "taken at the id \(fence.largestID), the next id is \(fence.nextID), after \(tries) tries",
            lane.extended)
          return fence
        } catch let error as HistoryStoreError where error.kind == .transient {
          guard ContinuousClock.now - start < patience else {
            throw MigrationError.fenceNotTaken(tries: tries, holders: try await lane.original.openTransactions())
          }
          try await Task.sleep(for: pause)
          pause = min(pause * 2, .seconds(10))
        }
      }
      return nil
    }
  }
}
