internal import MigrationBase
package import StudentModuleHistory

extension Journal {
  /// Ranges by ascending ids, from `lower` on, a page at a time.
  package func ranges(
    from lower: UInt64, limit: Int, states: [JournalRange.State] = JournalRange.State.allCases,
    notVerifiedSince time: String? = nil, _ session: any HistorySession
  ) async throws -> [JournalRange] {
    var conditions: [JournalCondition] = [
      .atLeast(.lowerID, .number(lower)), .isOne(of: states.map(\.rawValue), .state),
    ]
    if let time { conditions.append(.any([.isNull(.verifiedAt), .below(.verifiedAt, .text(time))])) }
    return try await ranges(where: conditions, limit: limit, session)
  }

  /// A range by its number; nil if there is none.
  package func range(_ id: UInt64, _ session: any HistorySession) async throws -> JournalRange? {
    try await ranges(where: [.equal(.id, .number(id))], limit: 1, session).first
  }

  private func ranges(
    where conditions: [JournalCondition], limit: Int, _ session: any HistorySession
  ) async throws -> [JournalRange] {
    try await session.select(
      [
        .id, .lowerID, .upperID, .state, .rowCount, .digest, .attempts, .holder, .lastError, .drainedCount,
        .drainedDigest, .copiedAt, .verifiedAt, .drainedAt, .byteCount, .recordNumber,
      ], JournalQuery(.range, where: conditions, order: .lowerID, limit: limit)
    ).map { row in
      JournalRange(
        id: row[0].unsignedValue!, range: IDRange(row[1].unsignedValue!, row[2].unsignedValue!),
        state: try Self.state(row[3].textValue ?? ""),
        digest: Self.digest(row[4], row[5]), byteCount: row[14].unsignedValue,
        attempts: Int(row[6].unsignedValue ?? 0), holder: row[7].textValue, lastError: row[8].textValue,
        drainedDigest: Self.digest(row[9], row[10]), copiedAt: row[11].textValue, verifiedAt: row[12].textValue,
        drainedAt: row[13].textValue, recordNumber: row[15].unsignedValue ?? 0)
    }
  }

  /// - Throws: ``MigrationError/unknownWord(_:in:)``.
  private static func state(_ word: String) throws(MigrationError) -> JournalRange.State {
    guard let state = JournalRange.State(rawValue: word) else { throw .unknownWord(word, in: "csmh_range.state") }
    return state
  }

  static func digest(_ count: SQLValue, _ hash: SQLValue) -> RangeDigest? {
    guard let count = count.unsignedValue, let hash = hash.textValue.flatMap({ RowHash(hexadecimal: $0) }) else {
      return nil
    }
    return RangeDigest(rowCount: count, hash: hash)
  }

  /// Sums over all ranges.
  package func totals(_ session: any HistorySession) async throws -> JournalTotals {
    var totals = JournalTotals()
    for sums in try await session.rangeSums() {
      let state = try Self.state(sums.state)
      totals.rangeCount[state] = sums.rangeCount
      totals.attemptCount += sums.attempts
      guard JournalRange.State.copiedStates.contains(state) else { continue }
      totals.rowCount += sums.rowCount
      totals.byteCount += sums.byteCount
      totals.adoptedRowCount += sums.adoptedCount
      totals.verifiedRangeCount += sums.verifiedCount
      totals.idsCovered += sums.idCount
      if state == .drained { totals.drainedRowCount = sums.drainedCount }
      if state == .draining {
        totals.drainingRowCount = sums.drainedCount
        totals.leftRangeCount = sums.errorCount
      }
      totals.lastDrainedAt = [totals.lastDrainedAt, sums.lastDrainedAt].compactMap { $0 }.max()
    }
    return totals
  }

  /// How many rows all processes together copied in the last minute, a second; nil if none.
  package func recentRowsPerSecond(_ session: any HistorySession) async throws -> Double? {
    guard let copied = try await session.rowsCopied(inLast: 60), copied.rowCount > 0, copied.seconds > 0 else {
      return nil
    }
    return copied.rowCount / copied.seconds
  }

  /// Writes down that ranges were compared on both sides and found equal; those that were copied, mended or found to differ by others
  /// meanwhile are left out.
  ///
  /// - Parameter time: the database's time before the first of them was read.
  package func markVerified(_ ranges: [JournalRange], at time: String, _ session: any HistorySession) async throws {
    for state in [JournalRange.State.copied, .differs] {
      let compared = ranges.filter { $0.state == state }.map { IDPair(id: $0.id, value: UInt64($0.attempts)) }
      guard !compared.isEmpty else { continue }
      try await session.update(
        .range, set: [JournalChange(.verifiedAt, .text(time)), .state(.copied), JournalChange(.lastError, .null)],
        where: [.isIn(state), .isPair(of: compared, .attempts)])
    }
  }

  /// Whether every id up to the bound lies in a range that was drained, or is copied and was compared after `time`; without one, at
  /// any time.
  package func isProven(since time: String?, _ session: any HistorySession) async throws -> Bool {
    let migration = try await migration(session)
    guard migration.isFrontierEmpty else { return false }
    var unproven: [JournalCondition] = [
      .isNone(of: [JournalRange.State.copied.rawValue], .state), .isNull(.verifiedAt),
    ]
    if let time { unproven.append(.below(.verifiedAt, .text(time))) }
    let isOpen = JournalCondition.any([
      .all([.isNone(of: JournalRange.State.drainedStates.map(\.rawValue), .state), .any(unproven)]),
      .all([.isIn(.draining), .isNotNull(.lastError)]),
    ])
    return try await session.select([.id], JournalQuery(.range, where: [isOpen], limit: 1)).isEmpty
  }

  /// Every id below it lies in a range whose rows were proven to stand in the extended table when they were copied, and of which
  /// nothing else was found since; 0 if there is no such range at the bottom. For ``HistoryRouter/provenBelow``.
  ///
  /// Of a range that is drained, or about to be, nothing is proven: a copy is all there is of its record there, and what stands under
  /// its id in the original table may have come later.
  package func provenBelow(_ migration: MigrationRecord, _ session: any HistorySession) async throws -> UInt64 {
    let bound = migration.upperBound.map { $0 == .max ? $0 : $0 + 1 } ?? 0
    let open = try await session.select(
      [.lowerID],
      JournalQuery(
        .range, where: [.isNone(of: [JournalRange.State.copied.rawValue], .state)], order: .lowerID, limit: 1)
    ).first?[0].unsignedValue
    return min(open ?? bound, migration.isFrontierEmpty ? bound : migration.nextLow ?? 0, migration.startingID)
  }

  /// Writes down what a range was proven to hold on both sides, where that is not what was copied.
  package func setManifest(_ entry: JournalRange, _ digest: RangeDigest, _ session: any HistorySession) async throws {
    try await session.update(.range, set: JournalChange.digest(digest), where: entry.isUnchanged(in: [entry.state]))
  }

  /// Writes down that a range was compared and found to differ; not where somebody else has changed it since it was read.
  package func markDiffering(
    _ entry: JournalRange, error: String, token: String, _ session: any HistorySession
  ) async throws {
    let changed = try await session.update(
      .range,
      set: [
        .state(.differs), JournalChange(.verifiedAt, .null), JournalChange(.lastError, .text(error)), .nextAttempt,
        JournalChange(.token, .text(token)),
      ], where: entry.isUnchanged(in: [.copied, .unconfirmed, .differs]))
    // It may have been drained or mended meanwhile, and that it looked different follows from it.
    if changed != 1 { guard try await carries(token, entry.id, session) else { return } }
    try await move(from: [.verified], to: .copied, session)
  }
}
