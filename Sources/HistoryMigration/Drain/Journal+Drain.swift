internal import StudentModuleHistory

extension Journal {
  /// Writes down, before the first row of a range is removed, what it holds: from here on the original table is no measure of it.
  ///
  /// Returns false if the range was changed by somebody else since it was read.
  func beginDraining(
    _ entry: JournalRange, digest: RangeDigest, token: String, _ session: any HistorySession
  ) async throws -> Bool {
    let changed = try await session.execute(
      "UPDATE csmh_range SET state = 'draining', drained_count = ?, drained_digest = ?, last_error = NULL, token = ?"
        + " WHERE id = ? AND state = 'copied' AND attempts = ?",
      [
        .unsigned(digest.rowCount), .text(digest.hash.description), .text(token), .unsigned(entry.id),
        .integer(Int64(entry.attempts)),
      ])
    if changed == 1 { return true }
    return try await carries(token, entry.id, session)
  }

  /// Writes the same down for all ranges at once.
  ///
  /// - Parameter changed: ranges that hold something else than when they were copied, and what.
  func beginDrainingAll(
    except changed: [(entry: JournalRange, digest: RangeDigest)], token: String, _ session: any HistorySession
  ) async throws {
    for (entry, digest) in changed {
      _ = try await beginDraining(entry, digest: digest, token: token, session)
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

  /// Writes down why rows of a range were left: they are not proven, and so not everything is.
  func leaveDraining(_ entry: JournalRange, error: String, _ session: any HistorySession) async throws {
    try await session.execute(
      "UPDATE csmh_range SET last_error = ? WHERE id = ? AND state = 'draining'", [.text(error), .unsigned(entry.id)])
    let isLeft = try await !session.rows(
      "SELECT id FROM csmh_range WHERE id = ? AND state = 'draining'", [.unsigned(entry.id)]
    ).isEmpty
    if isLeft { try await demote(from: [.verified, .drained], to: .copied, session) }
  }

  /// Writes down that every row that is left of a range has an equal copy.
  func clearDrainError(_ entry: JournalRange, _ session: any HistorySession) async throws {
    try await session.execute(
      "UPDATE csmh_range SET last_error = NULL WHERE id = ? AND state = 'draining'", [.unsigned(entry.id)])
  }

  /// Whether a range is still being drained as it was when `entry` was read. On servers the entry stays so until the transaction ends.
  func isDraining(_ entry: JournalRange, _ session: any HistorySession) async throws -> Bool {
    try await session.rows(
      "SELECT state, attempts FROM csmh_range WHERE id = ?\(dialect.forUpdate)", [.unsigned(entry.id)]
    ).first.map { $0[0].textValue == "draining" && $0[1].unsignedValue == UInt64(entry.attempts) } ?? false
  }

  /// Whether a range that has an id is drained.
  func isDrained(_ id: UInt64, _ session: any HistorySession) async throws -> Bool {
    try await !session.rows(
      "SELECT id FROM csmh_range WHERE state = 'drained' AND lower_id <= ? AND upper_id >= ? LIMIT 1",
      [.unsigned(id), .unsigned(id)]
    ).isEmpty
  }

  /// Moves the migration from `verified` to `drained`, if every range is.
  func setDrained(_ session: any HistorySession) async throws {
    try await session.execute(
      "UPDATE csmh_migration SET phase = ?, updated_at = \(dialect.now) WHERE id = 1 AND phase = ?"
        + " AND NOT EXISTS (SELECT 1 FROM csmh_range WHERE state <> 'drained')",
      [.text(Phase.drained.rawValue), .text(Phase.verified.rawValue)])
  }
}
