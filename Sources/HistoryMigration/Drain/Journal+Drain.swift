internal import StudentModuleHistory

extension Journal {
  /// Writes down, before the first row of a range is removed, what it holds: from here on the original table is no measure of it.
  ///
  /// Returns false if the range was changed by somebody else since it was read.
  func beginDraining(
    _ entry: JournalRange, digest: RangeDigest, _ session: any HistorySession
  ) async throws -> Bool {
    try await session.execute(
      "UPDATE csmh_range SET state = 'draining', drained_count = ?, drained_digest = ?, last_error = NULL"
        + " WHERE id = ? AND state = 'copied' AND attempts = ?",
      [
        .unsigned(digest.rowCount), .text(digest.hash.description), .unsigned(entry.id),
        .integer(Int64(entry.attempts)),
      ]) == 1
  }

  /// Writes the same down for all ranges at once.
  ///
  /// - Parameter changed: ranges that hold something else than when they were copied, and what.
  func beginDrainingAll(
    except changed: [(entry: JournalRange, digest: RangeDigest)], _ session: any HistorySession
  ) async throws {
    for (entry, digest) in changed {
      _ = try await beginDraining(entry, digest: digest, session)
    }
    try await session.execute(
      "UPDATE csmh_range SET state = 'draining', drained_count = row_count, drained_digest = digest, last_error = NULL"
        + " WHERE state = 'copied'")
  }

  /// Takes that back where nothing was removed, but for ranges that an earlier run has begun.
  func cancelDrainingAll(except begun: [JournalRange], _ session: any HistorySession) async throws {
    let ids = begun.map { String($0.id) }.joined(separator: ", ")
    try await session.execute(
      "UPDATE csmh_range SET state = 'copied', drained_count = NULL, drained_digest = NULL WHERE state = 'draining'"
        + (ids.isEmpty ? "" : " AND id NOT IN (\(ids))"))
  }

  /// Writes down that the original table has no row of any range any more.
  func finishDrainingAll(_ session: any HistorySession) async throws {
    try await session.execute(
      "UPDATE csmh_range SET state = 'drained', drained_at = \(dialect.now), last_error = NULL WHERE state = 'draining'"
    )
  }

  /// Writes down that the original table has no row of a range any more.
  func finishDraining(_ entry: JournalRange, _ session: any HistorySession) async throws {
    try await session.execute(
      "UPDATE csmh_range SET state = 'drained', drained_at = \(dialect.now), last_error = NULL"
        + " WHERE id = ? AND state = 'draining'", [.unsigned(entry.id)])
  }

  /// Writes down why rows of a range were left.
  func leaveDraining(_ entry: JournalRange, error: String, _ session: any HistorySession) async throws {
    try await session.execute(
      "UPDATE csmh_range SET last_error = ? WHERE id = ? AND state = 'draining'", [.text(error), .unsigned(entry.id)])
  }

  /// Moves the migration from `verified` to `drained`, if every range is.
  func setDrained(_ session: any HistorySession) async throws {
    try await session.execute(
      "UPDATE csmh_migration SET phase = ?, updated_at = \(dialect.now) WHERE id = 1 AND phase = ?"
        + " AND NOT EXISTS (SELECT 1 FROM csmh_range WHERE state <> 'drained')",
      [.text(Phase.drained.rawValue), .text(Phase.verified.rawValue)])
  }
}
