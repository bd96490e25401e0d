internal import MigrationBase
package import StudentModuleHistory

/// From which end of the table ranges are taken.
package enum CopyOrder: String, Sendable, Hashable, CaseIterable {
  case oldestFirst = "oldest-first"
  case newestFirst = "newest-first"
}

extension Journal {
  /// What asking for a range gives.
  package enum LeaseAnswer: Sendable, Hashable {
    case leased(Lease)
    /// One that somebody else has left unconfirmed: it is to be compared.
    case unconfirmed(Lease)
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
  ///   - held: ranges of the holder of which the source has said that it held their locks behind the commit: they count as copied.
  ///   - original: finds where a new range begins and ends.
  package func lease(
    for holder: LeaseHolder, rowCount: Int, idCount: UInt64? = nil, workerCount: Int = 1, order: CopyOrder,
    isInHand: (_ rangeID: UInt64) -> Bool = { _ in true }, held: [Lease] = [], original: any HistorySession,
    _ session: any HistorySession
  ) async throws -> LeaseAnswer {
    try await session.transaction {
      let migration = try await self.migration(session, locking: true)
      try await confirm(held, session)
      if let row = try await session.select(
        [.id, .lowerID, .upperID, .attempts],
        JournalQuery(
          .range, where: [.isIn(.pending)], order: .lowerID, descending: order == .newestFirst, limit: 1)
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
      let others = try await session.select(
        [.id, .lowerID, .upperID, .attempts, .holder, .leaseExpiresAt, .state],
        JournalQuery(.range, where: [.isIn(.leased, .unconfirmed)], order: .lowerID))
      let now = others.isEmpty ? "" : try await session.now()
      for row in others {
        let isFree: Bool
        if row[4].textValue == holder.description {
          isFree = row[0].unsignedValue.map { !isInHand($0) } ?? false
        } else if row[5].textValue ?? now < now {
          isFree = true
        } else if let other = row[4].textValue {
          isFree = try await !holder.isAlive(other, session)
        } else {
          isFree = false
        }
        guard isFree else { continue }
        // What is committed is never copied again: it is compared.
        if row[6].textValue == JournalRange.State.unconfirmed.rawValue {
          if let lease = try await take(row, from: .unconfirmed, holder, session) { return .unconfirmed(lease) }
        } else if let lease = try await take(row, from: .leased, holder, session) {
          return .leased(lease)
        }
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
    let changed = try await session.update(
      .range,
      set: [
        .state(state == .unconfirmed ? .unconfirmed : .leased), JournalChange(.holder, .text(holder.description)),
        JournalChange(.attempts, .number(attempt)),
        JournalChange(.leaseExpiresAt, .now(plus: Self.leaseSeconds)),
      ],
      where: [
        .equal(.id, .number(id)), .isIn(state), .equal(.attempts, .number(seen)),
        .equal(.upperID, .number(row[2].unsignedValue)),
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
      try await change([JournalChange(.nextLow, .number(range.upper + 1))], session)
    case .newestFirst:
      var lower = try await original.lowerBound(from: high, downThrough: low, rowCount: idCount == nil ? rowCount : 1)
      if let idCount { lower -= min(idCount - 1, lower - low) }
      range = IDRange(lower, high)
      let isLast = range.lower == low
      try await change(
        [
          JournalChange(.nextLow, .number(isLast ? high + 1 : low)),
          JournalChange(.nextHigh, .number(isLast ? high : range.lower - 1)),
        ], session)
    }
    try await insert(range, state: .leased, holder: holder.description, attempts: 1, session)
    let id = try await session.select([.id], JournalQuery(.range, where: [.equal(.lowerID, .number(range.lower))]))[0][
      0]
    return Lease(rangeID: id.unsignedValue!, range: range, holder: holder.description, attempt: 1)
  }

  private func insert(
    _ range: IDRange, state: JournalRange.State, holder: String?, attempts: Int, _ session: any HistorySession
  ) async throws {
    try await session.insert(
      into: .range,
      [
        JournalChange(.lowerID, .number(range.lower)), JournalChange(.upperID, .number(range.upper)), .state(state),
        JournalChange(.holder, .text(holder)), JournalChange(.attempts, .number(attempts)),
        JournalChange(.leaseExpiresAt, .now(plus: Self.leaseSeconds)),
      ], unless: [])
  }

  /// Writes down that a range is copied, in the transaction that holds its rows.
  ///
  /// Where the source's locks are not those of this transaction it is `unconfirmed` at first, and counts as copied with
  /// ``confirm(_:_:)``.
  ///
  /// If less than the leased range was moved, the rest becomes a range of its own.
  ///
  /// - Throws: ``MigrationError/leaseLost(_:)`` if somebody else has taken the range over; roll back.
  package func complete(
    _ lease: Lease, _ range: IDRange, digest: RangeDigest, byteCount: UInt64, adoptedRowCount: UInt64,
    milliseconds: UInt64, isConfirmed: Bool, _ session: any HistorySession
  ) async throws {
    let changed = try await session.update(
      .range,
      set: [
        .state(isConfirmed ? .copied : .unconfirmed), JournalChange(.upperID, .number(range.upper)),
        JournalChange(.leaseExpiresAt, isConfirmed ? .null : .now(plus: Self.leaseSeconds)),
      ] + JournalChange.digest(digest) + [
        JournalChange(.byteCount, .number(byteCount)), JournalChange(.adoptedCount, .number(adoptedRowCount)),
        JournalChange(.copiedAt, .now), JournalChange(.copyMilliseconds, .number(milliseconds)),
        JournalChange(.lastError, .null), JournalChange(.verifiedAt, .null),
      ], where: lease.isHeld(.leased))
    guard changed == 1 else { throw MigrationError.leaseLost(lease.range) }
    if range.upper < lease.range.upper {
      try await insert(IDRange(range.upper + 1, lease.range.upper), state: .pending, holder: nil, attempts: 0, session)
    }
  }

  /// Lets ranges count as copied of which the source has said, behind the commit, that it held their locks until then; those that others
  /// have taken over meanwhile are left to them.
  package func confirm(_ held: [Lease], _ session: any HistorySession) async throws {
    guard let holder = held.first?.holder else { return }
    try await session.update(
      .range, set: [.state(.copied), JournalChange(.leaseExpiresAt, .null)],
      where: [
        .isIn(.unconfirmed), .equal(.holder, .text(holder)),
        .isPair(of: held.map { IDPair(id: $0.rangeID, value: UInt64($0.attempt)) }, .attempts),
      ])
  }

  /// Lets a range count as copied that was compared under new locks; it is left as it is where somebody else has changed it since it was
  /// read.
  ///
  /// - Parameter digest: what both sides hold. Learners' states may have been deleted from both since the commit.
  package func confirm(_ entry: JournalRange, digest: RangeDigest, _ session: any HistorySession) async throws {
    try await session.update(
      .range, set: [.state(.copied), JournalChange(.leaseExpiresAt, .null)] + JournalChange.digest(digest),
      where: entry.isUnchanged(in: [.unconfirmed]))
  }

  /// The same for a range that an attempt has mended, and whose locks the source has held.
  package func confirmMended(_ entry: JournalRange, token: String, _ session: any HistorySession) async throws {
    try await session.update(
      .range, set: [.state(.copied)],
      where: [.equal(.id, .number(entry.id)), .isIn(.unconfirmed), .equal(.token, .text(token))])
  }

  /// Writes down, in the transaction that mends a range, what it holds now; it is to be compared again. Returns false if somebody else
  /// has changed the range since it was read.
  ///
  /// - Parameter isConfirmed: whether the source's locks are those of this transaction; else ``confirmMended(_:token:_:)`` has to follow.
  package func mended(
    _ entry: JournalRange, digest: RangeDigest, byteCount: UInt64, token: String, isConfirmed: Bool,
    _ session: any HistorySession
  ) async throws -> Bool {
    try await session.update(
      .range,
      set: [.state(isConfirmed ? .copied : .unconfirmed)] + JournalChange.digest(digest) + [
        JournalChange(.byteCount, .number(byteCount)), JournalChange(.lastError, .null),
        JournalChange(.verifiedAt, .null), JournalChange(.drainedCount, .null), JournalChange(.drainedDigest, .null),
        JournalChange(.token, .text(token)), JournalChange(.copiedAt, .now), .nextAttempt,
      ], where: entry.isUnchanged) == 1
  }

  /// Writes an attempt's token into the entry of a range that it changes otherwise in nothing. Returns false if somebody else has changed
  /// the range since it was read.
  package func touch(_ entry: JournalRange, token: String, _ session: any HistorySession) async throws -> Bool {
    try await session.update(.range, set: [JournalChange(.token, .text(token))], where: entry.isUnchanged) == 1
  }

  /// Whether a lease was completed after all: the commit of whoever lost the connection may have arrived.
  ///
  /// Returns the rows, bytes and adopted rows that it moved, and whether it counts as copied, or nil.
  package func completed(
    _ lease: Lease, _ session: any HistorySession
  ) async throws -> (rows: UInt64, bytes: UInt64, adopted: UInt64, isConfirmed: Bool)? {
    try await session.select(
      [.rowCount, .byteCount, .adoptedCount, .state],
      JournalQuery(.range, where: lease.isHeld(.copied, .unconfirmed))
    ).first.map {
      (
        $0[0].unsignedValue ?? 0, $0[1].unsignedValue ?? 0, $0[2].unsignedValue ?? 0,
        $0[3].textValue == JournalRange.State.copied.rawValue
      )
    }
  }

  /// Gives a range back: to be copied later, or stopped until an operator has looked at it; nothing where the lease is not held any more,
  /// so that it may be done twice.
  ///
  /// - Returns: whether the range is given back by this lease; false if it is in other hands, and what was found in it is theirs to say.
  @discardableResult
  package func giveBack(
    _ lease: Lease, as state: JournalRange.State, error: String, _ session: any HistorySession
  ) async throws -> Bool {
    let changed = try await session.update(
      .range,
      set: [.state(state), JournalChange(.lastError, .text(error)), JournalChange(.leaseExpiresAt, .null)],
      where: lease.isHeld(.leased))
    if changed > 0 { return true }
    // An earlier try may have arrived.
    return try await !session.select([.id], JournalQuery(.range, where: lease.isHeld(state))).isEmpty
  }

  /// How many ranges were copied once, and were found to differ since.
  package func mendableRangeCount(_ session: any HistorySession) async throws -> UInt64 {
    try await session.count(JournalQuery(.range, where: [.isIn(.stopped, .differs), .isNotNull(.digest)]))
  }

  /// Makes ranges that were stopped or found to differ into work again; returns how many.
  ///
  /// - Parameter copiedOnes: whether also those that were copied once. They are mended, where that is to be tried first.
  @discardableResult
  package func reopen(copiedOnes: Bool = true, _ session: any HistorySession) async throws -> Int {
    try await session.transaction {
      let count = try await session.update(
        .range, set: [.state(.pending)], where: [.isIn(.stopped, .differs)] + (copiedOnes ? [] : [.isNull(.digest)]))
      if count > 0 { try await move(from: [.copied, .verified, .drained], to: .copying, session) }
      return count
    }
  }

  /// Renews all leases of a holder.
  package func renew(_ holder: LeaseHolder, _ session: any HistorySession) async throws {
    try await session.update(
      .range, set: [JournalChange(.leaseExpiresAt, .now(plus: Self.leaseSeconds))],
      where: [.isIn(.leased, .unconfirmed), .equal(.holder, .text(holder.description))])
  }
}

// MARK: The journal's words

extension JournalChange {
  package static func state(_ state: JournalRange.State) -> JournalChange {
    JournalChange(.state, .text(state.rawValue))
  }

  package static func digest(_ digest: RangeDigest) -> [JournalChange] {
    [JournalChange(.rowCount, .number(digest.rowCount)), JournalChange(.digest, .text(digest.hash.description))]
  }

  /// Whoever has read the range before does not change it any more.
  package static let nextAttempt = JournalChange(.attempts, .successor(of: .attempts))
}

extension JournalCondition {
  package static func isIn(_ states: JournalRange.State...) -> JournalCondition {
    .isOne(of: states.map(\.rawValue), .state)
  }
}

extension JournalRange {
  /// Nobody has changed the range since it was read.
  fileprivate var isUnchanged: [JournalCondition] { isUnchanged(in: [state]) }

  /// Nobody has changed the range since it was read, but for its state, which is one of these.
  package func isUnchanged(in states: [State]) -> [JournalCondition] {
    [.equal(.id, .number(id)), .isOne(of: states.map(\.rawValue), .state), .equal(.attempts, .number(attempts))]
  }
}

extension Lease {
  /// The range is in one of some states, and nobody has taken it over.
  fileprivate func isHeld(_ states: JournalRange.State...) -> [JournalCondition] {
    [
      .equal(.id, .number(rangeID)), .isOne(of: states.map(\.rawValue), .state), .equal(.holder, .text(holder)),
      .equal(.attempts, .number(attempt)),
    ]
  }
}
