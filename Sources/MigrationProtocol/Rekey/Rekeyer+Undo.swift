internal import MigrationBase
package import MigrationJournal
internal import StudentModuleHistory

extension Rekeyer {
  /// What taking back a re-key would do.
  package struct UndoProposal: Sendable {
    package let record: RekeyRecord

    /// How many rows move back.
    package let rowCount: UInt64

    /// The old ids that cannot be taken again: another row has them, or they lie in a range that was copied since. The first thousand.
    package let blocked: [UInt64]
  }

  /// Finds out what moves back; nil if no re-key was done, or it was taken back.
  ///
  /// - Throws: ``MigrationError`` `notProvisioned`, `rekeyInHand`; `HistoryStoreError`.
  package func undoProposal() async throws -> UndoProposal? {
    try await withLock { keeper in
      guard let record = try await keeper.read({ try await journal.rekey($0.target) }) else { return nil }
      let (expected, blocked) = try await surveyMoved(record, keeper)
      return UndoProposal(record: record, rowCount: expected.rowCount, blocked: blocked)
    }
  }

  /// Moves the rows back to the ids that they had, the lowest first. The counter stays where it is.
  ///
  /// - Returns: nil if there is nothing to take back.
  /// - Throws: as ``undoProposal()``; ``MigrationError/rekeyRefused(_:remedy:)`` if an old id cannot be taken again, and nothing is
  ///   changed then.
  package func undo(willBegin: (Step) async -> Void) async throws -> RekeyOutcome? {
    try await withLock { keeper in
      await willBegin(.search)
      guard let record = try await keeper.read({ try await journal.rekey($0.target) }) else { return nil }
      let (expected, blocked) = try await surveyMoved(record, keeper)
      guard blocked.isEmpty else { throw Self.refusal(blocked) }
      await willBegin(.move)
      meter.set(rowsElsewhere: 0, rowsLeft: expected.rowCount, isEstimate: false)
      let (found, newlyBlocked) = try await moveBack(record, keeper)
      await willBegin(.prove)
      let left = try await region(record, keeper)
      let isInterrupted = left.rowCount > 0 && newlyBlocked.isEmpty
      if left.rowCount == 0 {
        let token = stop.environment.word()
        try await keeper.read { lane in
          try await lane.target.transaction {
            try await journal.setRekey(nil, lane.target)
            try await journal.record(
              Journal.RekeyEvent.undone.rawValue,
              detail: "native rows moved down by \(record.shift), from the ids \(record.target)", token: token,
              lane.target)
          }
        }
      }
      return RekeyOutcome(
        record: record, isInterrupted: isInterrupted, movedRowCount: found.rowCount, expected: expected, found: found,
        left: RowSurvey(), blocked: newlyBlocked,
        report: try await StartingIDReport(lanes: lanes, stop: stop))
    }
  }

  private static func refusal(_ ids: [UInt64]) -> MigrationError {
    .rekeyRefused(
      "rows cannot move back to ids that another row has, or that lie in a range that was copied since: "
        + ids.prefix(10).map(String.init).joined(separator: ", ") + (ids.count > 10 ? " and more" : ""),
      remedy: Remedy(.leaveNativeRows))
  }

  /// The moved rows as they will be under their old ids, and the old ids that cannot be taken again.
  private func surveyMoved(
    _ record: RekeyRecord, _ keeper: ReconnectingLane
  ) async throws -> (digest: RangeDigest, blocked: [UInt64]) {
    var digest = RangeDigest.empty
    var blocked: [UInt64] = []
    let move = RowMove(journal: journal, environment: stop.environment, shift: .down(record.shift))
    try await eachWindow(record, keeper) { ids in
      let (hashes, unusable) = try await keeper.read { lane in
        let hashes = try await lane.target.rowHashes(ids: ids, shiftedBy: move.shift, locking: .none)
        let old = ids.map { $0 - record.shift }
        let standing = try await move.standing(old, lane.target)
        return (hashes, try await journal.inRangesOfCopies(old, lane.target).union(standing))
      }
      for row in hashes { digest.add(row.hash) }
      if blocked.count < RowSurvey.listedCount { blocked += unusable.sorted() }
    }
    return (digest, blocked)
  }

  private func moveBack(
    _ record: RekeyRecord, _ keeper: ReconnectingLane
  ) async throws -> (moved: RangeDigest, blocked: [UInt64]) {
    var digest = RangeDigest.empty
    var blocked: [UInt64] = []
    let move = RowMove(journal: journal, environment: stop.environment, shift: .down(record.shift))
    let pacer = RowPacer(rowsPerSecond: options.maximumRowsPerSecond)
    try await eachWindow(record, keeper, rowCount: pacer.largestTurn) { ids in
      guard try await pacer.turn(ids.count, unless: stop) else { return }
      let attempt = Attempt<RowMove.Result>(stop.environment)
      let result = try await keeper.commit {
        try await move.down(ids, attempt, $0)
      } arrived: {
        try await move.arrived(attempt, $0)
      }
      digest.add(result.digest)
      blocked += result.blocked
      meter.finished(rows: result.digest.rowCount, bytes: 0)
      pacer.settle(ids.count, moved: result.digest.rowCount)
    }
    return (digest, blocked)
  }

  /// Goes over the moved rows by ascending ids.
  private func eachWindow(
    _ record: RekeyRecord, _ keeper: ReconnectingLane, rowCount: Int? = nil, _ body: ([UInt64]) async throws -> Void
  ) async throws {
    var lower = record.target.lower
    while lower <= record.target.upper, !stop.isRequested {
      let from = lower
      let page = try await keeper.read {
        try await RowWalk.page(IDRange(from, record.target.upper), order: .ascending, $0.target)
      }
      guard let last = page.last else { return }
      lower = last.id + 1
      for window in RowWalk.windows(page, rowCount: rowCount) where !stop.isRequested { try await body(window) }
    }
  }
}
