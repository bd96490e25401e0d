package import StudentModuleHistory

extension Journal {
  /// Writes down, before the first row of a range is removed, what it holds: from here on the original table is no measure of it.
  ///
  /// - Returns: the number under which it is drained, which the original database is to record next; nil if the range was changed by
  ///   somebody else since it was read.
  package func beginDraining(
    _ entry: JournalRange, digest: RangeDigest, token: String, _ session: any HistorySession
  ) async throws -> UInt64? {
    try await session.transaction {
      let number = try await migration(session, locking: true).recordNumber + 1
      let changed = try await begin(entry, digest, number, token: token, session)
      if changed {
        try await change([JournalChange(.recordNumber, .number(number))], session)
        return number
      }
      return try await session.select(
        [.recordNumber], JournalQuery(.range, where: [.equal(.id, .number(entry.id)), .equal(.token, .text(token))])
      ).first?[0].unsignedValue
    }
  }

  private func begin(
    _ entry: JournalRange, _ digest: RangeDigest, _ number: UInt64, token: String, _ session: any HistorySession
  ) async throws -> Bool {
    try await session.update(
      .range,
      set: [
        .state(.draining), JournalChange(.drainedCount, .number(digest.rowCount)),
        JournalChange(.drainedDigest, .text(digest.hash.description)), JournalChange(.lastError, .null),
        JournalChange(.token, .text(token)), JournalChange(.recordNumber, .number(number)),
      ], where: entry.isUnchanged(in: [.copied])) == 1
  }

  /// Writes the same down for all ranges at once.
  ///
  /// Not in a transaction, for which a file would wait that is locked on the lane's other session; the number comes first, so that whatever
  /// is written of the rest is known to belong to it.
  ///
  /// - Parameters:
  ///   - changed: ranges that hold something else than when they were copied, and what.
  ///   - number: that under which they are drained, which the original database is to record next.
  package func beginDrainingAll(
    except changed: [(entry: JournalRange, digest: RangeDigest)], number: UInt64, token: String,
    _ session: any HistorySession
  ) async throws {
    try await change([JournalChange(.recordNumber, .number(number))], session)
    for (entry, digest) in changed { _ = try await begin(entry, digest, number, token: token, session) }
    try await session.update(
      .range,
      set: [
        .state(.draining), JournalChange(.drainedCount, .column(.rowCount)),
        JournalChange(.drainedDigest, .column(.digest)), JournalChange(.lastError, .null),
        JournalChange(.recordNumber, .number(number)),
      ], where: [.isIn(.copied)])
  }

  /// Writes down what a range that is being drained holds now that rows of it were added, all of which stand in both tables.
  ///
  /// - Returns: false if somebody else has changed the range since it was read.
  package func beginDrainingAnew(
    _ entry: JournalRange, digest: RangeDigest, token: String, _ session: any HistorySession
  ) async throws -> Bool {
    try await session.update(
      .range,
      set: [
        JournalChange(.drainedCount, .number(digest.rowCount)),
        JournalChange(.drainedDigest, .text(digest.hash.description)), JournalChange(.lastError, .null),
        JournalChange(.token, .text(token)), .nextAttempt,
      ], where: entry.isUnchanged(in: [.draining])) == 1
  }

  /// Writes down that the original table has no row of any range any more.
  package func finishDrainingAll(_ session: any HistorySession) async throws {
    try await finishDraining(where: [], session)
  }

  /// Writes down that the original table has no row of a range any more.
  package func finishDraining(_ entry: JournalRange, _ session: any HistorySession) async throws {
    try await finishDraining(where: [.equal(.id, .number(entry.id))], session)
  }

  private func finishDraining(where conditions: [JournalCondition], _ session: any HistorySession) async throws {
    try await session.update(
      .range, set: [.state(.drained), JournalChange(.drainedAt, .now), JournalChange(.lastError, .null)],
      where: [.isIn(.draining)] + conditions)
  }

  /// What selects a range while it is being drained.
  private func isDraining(_ entry: JournalRange) -> [JournalCondition] {
    [.equal(.id, .number(entry.id)), .isIn(.draining)]
  }

  /// Writes down why rows of a range were left: they are not proven, and so not everything is.
  package func leaveDraining(_ entry: JournalRange, error: String, _ session: any HistorySession) async throws {
    try await session.update(.range, set: [JournalChange(.lastError, .text(error))], where: isDraining(entry))
    let isLeft = try await !session.select([.id], JournalQuery(.range, where: isDraining(entry))).isEmpty
    if isLeft { try await move(from: [.verified, .drained], to: .copied, session) }
  }

  /// Writes down that every row that is left of a range has an equal copy.
  package func clearDrainError(_ entry: JournalRange, _ session: any HistorySession) async throws {
    try await session.update(.range, set: [JournalChange(.lastError, .null)], where: isDraining(entry))
  }

  /// Whether a range is still being drained as it was when `entry` was read. On servers the entry stays so until the transaction ends.
  package func isDraining(_ entry: JournalRange, _ session: any HistorySession) async throws -> Bool {
    try await session.select(
      [.state, .attempts], JournalQuery(.range, where: [.equal(.id, .number(entry.id))], locking: true)
    ).first.map {
      $0[0].textValue == JournalRange.State.draining.rawValue && $0[1].unsignedValue == UInt64(entry.attempts)
    } ?? false
  }

  /// Whether a range that has an id is drained.
  package func isDrained(_ id: UInt64, _ session: any HistorySession) async throws -> Bool {
    try await !session.select(
      [.id],
      JournalQuery(
        .range, where: [.isIn(.drained), .atMost(.lowerID, .number(id)), .atLeast(.upperID, .number(id))], limit: 1)
    ).isEmpty
  }

  /// Moves the migration from `verified` to `drained`, if every range is.
  package func setDrained(_ session: any HistorySession) async throws {
    let open = JournalQuery(
      .range, where: [.isNone(of: [JournalRange.State.drained.rawValue], .state)], limit: 1)
    guard try await session.select([.id], open).isEmpty else { return }
    // Whatever makes this untrue meanwhile takes the phase back, before or after.
    try await move(from: [.verified], to: .drained, session)
  }
}
