package import StudentModuleHistory

extension Journal {
  /// Writes down, before the first row of a range is removed, what it holds: from here on the original table is no measure of it.
  ///
  /// Returns false if the range was changed by somebody else since it was read.
  package func beginDraining(
    _ entry: JournalRange, digest: RangeDigest, token: String, _ session: any HistorySession
  ) async throws -> Bool {
    let changed = try await session.update(
      .range,
      set: [
        .state(.draining), JournalChange(.drainedCount, .number(digest.rowCount)),
        JournalChange(.drainedDigest, .text(digest.hash.description)), JournalChange(.lastError, .null),
        JournalChange(.token, .text(token)),
      ], where: entry.isUnchanged(in: [.copied]))
    if changed == 1 { return true }
    return try await carries(token, entry.id, session)
  }

  /// Writes the same down for all ranges at once.
  ///
  /// - Parameter changed: ranges that hold something else than when they were copied, and what.
  package func beginDrainingAll(
    except changed: [(entry: JournalRange, digest: RangeDigest)], token: String, _ session: any HistorySession
  ) async throws {
    for (entry, digest) in changed {
      _ = try await beginDraining(entry, digest: digest, token: token, session)
    }
    try await session.update(
      .range,
      set: [
        .state(.draining), JournalChange(.drainedCount, .column(.rowCount)),
        JournalChange(.drainedDigest, .column(.digest)), JournalChange(.lastError, .null),
      ], where: [.isIn(.copied)])
  }

  /// Takes that back where nothing was removed, but for ranges that an earlier run has begun.
  package func cancelDrainingAll(except begun: [JournalRange], _ session: any HistorySession) async throws {
    try await session.update(
      .range, set: [.state(.copied), JournalChange(.drainedCount, .null), JournalChange(.drainedDigest, .null)],
      where: [.isIn(.draining), .hasNoID(of: begun.map(\.id))])
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
