public import StudentModuleHistory

/// From which end of the table ranges are taken.
public enum CopyOrder: String, Sendable, Hashable, CaseIterable {
  case oldestFirst = "oldest-first"
  case newestFirst = "newest-first"
}

extension Journal {
  /// What asking for a range gives.
  public enum LeaseAnswer: Sendable, Hashable {
    case leased(Lease)
    /// Everything left is in other hands.
    case waiting
    /// Nothing is left.
    case finished
  }

  /// Takes the next range: one that was given back, then a new one of about `rowCount` rows, then one whose holder is gone.
  ///
  /// - Parameters:
  ///   - idCount: the number of ids that a new range spans, from its first row on. Without it the table is asked for `rowCount` rows,
  ///     which reads them.
  ///   - workerCount: how many workers share the rest: the last ranges get smaller, so that they end at about the same time.
  ///   - isInHand: whether somebody works on a range that the holder has leased. If nobody does, the lease was committed and its
  ///     acknowledgement was lost: it is taken once more.
  ///   - original: finds where a new range begins and ends.
  public func lease(
    for holder: LeaseHolder, rowCount: Int, idCount: UInt64? = nil, workerCount: Int = 1, order: CopyOrder,
    isInHand: (_ rangeID: UInt64) -> Bool = { _ in true }, original: any HistorySession, _ session: any HistorySession
  ) async throws -> LeaseAnswer {
    try await session.transaction {
      let migration = try await self.migration(session, locking: true)
      let direction = order == .oldestFirst ? "ASC" : "DESC"
      if let row = try await session.rows(
        "SELECT id, lower_id, upper_id, attempts FROM csmh_range WHERE state = 'pending' ORDER BY lower_id \(direction) LIMIT 1"
      ).first {
        return try await take(row, from: .pending, holder, session).map { .leased($0) } ?? .waiting
      }
      if let low = migration.nextLow, let high = migration.nextHigh, low <= high {
        let share = max((high - low) / UInt64(2 * max(1, workerCount)) + 1, (idCount ?? 0) / 8)
        return .leased(
          try await allocate(
            low: low, high: high, rowCount: rowCount, idCount: idCount.map { min($0, share) }, order: order, holder,
            original, session))
      }
      let others = try await session.rows(
        "SELECT id, lower_id, upper_id, attempts, holder, CASE WHEN lease_expires_at < \(dialect.now) THEN 1 ELSE 0 END"
          + " FROM csmh_range WHERE state = 'leased' ORDER BY lower_id")
      for row in others {
        let isFree: Bool
        if row[4].textValue == holder.description {
          isFree = row[0].unsignedValue.map { !isInHand($0) } ?? false
        } else if row[5].unsignedValue == 1 {
          isFree = true
        } else if let other = row[4].textValue {
          isFree = try await !holder.isAlive(other, session)
        } else {
          isFree = false
        }
        if isFree, let lease = try await take(row, from: .leased, holder, session) { return .leased(lease) }
      }
      return others.isEmpty ? .finished : .waiting
    }
  }

  /// Takes a range that was seen in a state; nil if it was completed, given back or taken meanwhile.
  private func take(
    _ row: [SQLValue], from state: JournalRange.State, _ holder: LeaseHolder, _ session: any HistorySession
  ) async throws -> Lease? {
    let id = row[0].unsignedValue!
    let seen = row[3].unsignedValue ?? 0
    let attempt = Int(seen) + 1
    let changed = try await session.execute(
      "UPDATE csmh_range SET state = 'leased', holder = ?, attempts = ?, lease_expires_at = \(dialect.now(plus: Self.leaseSeconds))"
        + " WHERE id = ? AND state = ? AND attempts = ? AND upper_id = ?",
      [
        .text(holder.description), .integer(Int64(attempt)), .unsigned(id), .text(state.rawValue), .unsigned(seen),
        .unsigned(row[2].unsignedValue!),
      ])
    guard changed == 1 else { return nil }
    return Lease(
      rangeID: id, range: IDRange(row[1].unsignedValue!, row[2].unsignedValue!), holder: holder.description,
      attempt: attempt)
  }

  private func allocate(
    low: UInt64, high: UInt64, rowCount: Int, idCount: UInt64?, order: CopyOrder, _ holder: LeaseHolder,
    _ original: any HistorySession, _ session: any HistorySession
  ) async throws -> Lease {
    let range: IDRange
    switch order {
    case .oldestFirst:
      var upper = try await original.upperBound(from: low, through: high, rowCount: idCount == nil ? rowCount : 1)
      if let idCount { upper += min(idCount - 1, high - upper) }
      range = IDRange(low, upper)
      try await session.execute(
        "UPDATE csmh_migration SET next_low = ?, updated_at = \(dialect.now) WHERE id = 1", [.unsigned(range.upper + 1)]
      )
    case .newestFirst:
      var lower = try await original.lowerBound(from: high, downThrough: low, rowCount: idCount == nil ? rowCount : 1)
      if let idCount { lower -= min(idCount - 1, lower - low) }
      range = IDRange(lower, high)
      let isLast = range.lower == low
      try await session.execute(
        "UPDATE csmh_migration SET next_low = ?, next_high = ?, updated_at = \(dialect.now) WHERE id = 1",
        [.unsigned(isLast ? high + 1 : low), .unsigned(isLast ? high : range.lower - 1)])
    }
    try await insert(range, state: .leased, holder: holder.description, attempts: 1, session)
    let id = try await session.rows("SELECT id FROM csmh_range WHERE lower_id = ?", [.unsigned(range.lower)])[0][0]
    return Lease(rangeID: id.unsignedValue!, range: range, holder: holder.description, attempt: 1)
  }

  private func insert(
    _ range: IDRange, state: JournalRange.State, holder: String?, attempts: Int, _ session: any HistorySession
  ) async throws {
    try await session.execute(
      "INSERT INTO csmh_range (lower_id, upper_id, state, holder, attempts, lease_expires_at)"
        + " VALUES (?, ?, ?, ?, ?, \(dialect.now(plus: Self.leaseSeconds)))",
      [
        .unsigned(range.lower), .unsigned(range.upper), .text(state.rawValue), .optional(holder),
        .integer(Int64(attempts)),
      ])
  }

  /// Writes down that a range is copied, in the transaction that holds its rows.
  ///
  /// If less than the leased range was moved, the rest becomes a range of its own.
  ///
  /// - Throws: ``MigrationError/leaseLost(_:)`` if somebody else has taken the range over; roll back.
  public func complete(
    _ lease: Lease, _ range: IDRange, digest: RangeDigest, byteCount: UInt64, adoptedRowCount: UInt64,
    milliseconds: UInt64,
    _ session: any HistorySession
  ) async throws {
    let changed = try await session.execute(
      "UPDATE csmh_range SET state = 'copied', upper_id = ?, row_count = ?, digest = ?, byte_count = ?, adopted_count = ?,"
        + " copied_at = \(dialect.now), copy_milliseconds = ?, last_error = NULL, verified_at = NULL, lease_expires_at = NULL"
        + " WHERE id = ? AND state = 'leased' AND holder = ? AND attempts = ?",
      [
        .unsigned(range.upper), .unsigned(digest.rowCount), .text(digest.hash.description), .unsigned(byteCount),
        .unsigned(adoptedRowCount), .unsigned(milliseconds), .unsigned(lease.rangeID), .text(lease.holder),
        .integer(Int64(lease.attempt)),
      ])
    guard changed == 1 else { throw MigrationError.leaseLost(lease.range) }
    if range.upper < lease.range.upper {
      try await insert(IDRange(range.upper + 1, lease.range.upper), state: .pending, holder: nil, attempts: 0, session)
    }
  }

  /// Writes down, in the transaction that mends a range, what it holds now; it is to be compared again. Returns false if somebody else
  /// has changed the range since it was read.
  func mended(
    _ entry: JournalRange, digest: RangeDigest, byteCount: UInt64, token: String, _ session: any HistorySession
  ) async throws -> Bool {
    try await session.execute(
      "UPDATE csmh_range SET state = 'copied', row_count = ?, digest = ?, byte_count = ?, last_error = NULL, verified_at = NULL,"
        + " drained_count = NULL, drained_digest = NULL, token = ?,"
        + " copied_at = \(dialect.now), attempts = attempts + 1 WHERE id = ? AND state = ? AND attempts = ?",
      [
        .unsigned(digest.rowCount), .text(digest.hash.description), .unsigned(byteCount), .text(token),
        .unsigned(entry.id), .text(entry.state.rawValue), .integer(Int64(entry.attempts)),
      ]) == 1
  }

  /// Writes an attempt's token into the entry of a range that it changes otherwise in nothing. Returns false if somebody else has changed
  /// the range since it was read.
  func touch(_ entry: JournalRange, token: String, _ session: any HistorySession) async throws -> Bool {
    try await session.execute(
      "UPDATE csmh_range SET token = ? WHERE id = ? AND state = ? AND attempts = ?",
      [.text(token), .unsigned(entry.id), .text(entry.state.rawValue), .integer(Int64(entry.attempts))]) == 1
  }

  /// Whether a lease was completed after all: the commit of whoever lost the connection may have arrived.
  ///
  /// Returns the rows, bytes and adopted rows that it moved, or nil.
  public func completed(
    _ lease: Lease, _ session: any HistorySession
  ) async throws -> (rows: UInt64, bytes: UInt64, adopted: UInt64)? {
    try await session.rows(
      "SELECT row_count, byte_count, adopted_count FROM csmh_range"
        + " WHERE id = ? AND state = 'copied' AND holder = ? AND attempts = ?",
      [.unsigned(lease.rangeID), .text(lease.holder), .integer(Int64(lease.attempt))]
    ).first.map { ($0[0].unsignedValue ?? 0, $0[1].unsignedValue ?? 0, $0[2].unsignedValue ?? 0) }
  }

  /// Gives a range back: to be copied later, or stopped until an operator has looked at it; nothing where the lease is not held any more,
  /// so that it may be done twice.
  public func giveBack(
    _ lease: Lease, as state: JournalRange.State, error: String, _ session: any HistorySession
  ) async throws {
    try await session.execute(
      "UPDATE csmh_range SET state = ?, last_error = ?, lease_expires_at = NULL"
        + " WHERE id = ? AND state = 'leased' AND holder = ? AND attempts = ?",
      [
        .text(state.rawValue), .text(error), .unsigned(lease.rangeID), .text(lease.holder),
        .integer(Int64(lease.attempt)),
      ])
  }

  /// Makes ranges that were stopped or found to differ into work again; returns how many.
  @discardableResult
  public func reopen(_ session: any HistorySession) async throws -> Int {
    try await session.transaction {
      let count = try await session.execute(
        "UPDATE csmh_range SET state = 'pending' WHERE state IN ('stopped', 'differs')")
      if count > 0 { try await demote(from: [.copied, .verified, .drained], to: .copying, session) }
      return count
    }
  }

  /// Renews all leases of a holder.
  public func renew(_ holder: LeaseHolder, _ session: any HistorySession) async throws {
    try await session.execute(
      "UPDATE csmh_range SET lease_expires_at = \(dialect.now(plus: Self.leaseSeconds)) WHERE state = 'leased' AND holder = ?",
      [.text(holder.description)])
  }
}
