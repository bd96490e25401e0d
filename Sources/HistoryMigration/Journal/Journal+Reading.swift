public import StudentModuleHistory

extension Journal {
  /// Ranges by ascending ids, from `lower` on, a page at a time.
  public func ranges(
    from lower: UInt64, limit: Int, states: [JournalRange.State] = JournalRange.State.allCases,
    notVerifiedSince time: String? = nil, _ session: any HistorySession
  ) async throws -> [JournalRange] {
    let names = states.map { "'\($0.rawValue)'" }.joined(separator: ", ")
    let condition = time.map { " AND (verified_at IS NULL OR verified_at < '\($0)')" } ?? ""
    return try await session.rows(
      "SELECT id, lower_id, upper_id, state, row_count, digest, attempts, holder, last_error, drained_count, drained_digest,"
        + " copied_at, verified_at, drained_at, byte_count FROM csmh_range"
        + " WHERE lower_id >= ? AND state IN (\(names))\(condition) ORDER BY lower_id LIMIT \(limit)",
      [.unsigned(lower)]
    ).map { row in
      JournalRange(
        id: row[0].unsignedValue!, range: IDRange(row[1].unsignedValue!, row[2].unsignedValue!),
        state: try Self.state(row[3]),
        digest: Self.digest(row[4], row[5]), byteCount: row[14].unsignedValue,
        attempts: Int(row[6].unsignedValue ?? 0), holder: row[7].textValue, lastError: row[8].textValue,
        drainedDigest: Self.digest(row[9], row[10]), copiedAt: row[11].textValue, verifiedAt: row[12].textValue,
        drainedAt: row[13].textValue)
    }
  }

  /// - Throws: ``MigrationError/unknownWord(_:in:)``.
  private static func state(_ value: SQLValue) throws(MigrationError) -> JournalRange.State {
    let word = value.textValue ?? ""
    guard let state = JournalRange.State(rawValue: word) else { throw .unknownWord(word, in: "csmh_range.state") }
    return state
  }

  private static func digest(_ count: SQLValue, _ hash: SQLValue) -> RangeDigest? {
    guard let count = count.unsignedValue, let hash = hash.textValue.flatMap({ RowHash(hexadecimal: $0) }) else {
      return nil
    }
    return RangeDigest(rowCount: count, hash: hash)
  }

  /// Sums over all ranges.
  public func totals(_ session: any HistorySession) async throws -> JournalTotals {
    var totals = JournalTotals()
    for row in try await session.rows(
      "SELECT state, COUNT(*), SUM(row_count), SUM(byte_count), SUM(adopted_count), COUNT(verified_at), SUM(attempts),"
        + " SUM(upper_id - lower_id + 1), SUM(drained_count), MAX(drained_at),"
        + " SUM(CASE WHEN last_error IS NULL THEN 0 ELSE 1 END)"
        + " FROM csmh_range GROUP BY state")
    {
      let state = try Self.state(row[0])
      totals.rangeCount[state] = row[1].unsignedValue ?? 0
      totals.attemptCount += row[6].unsignedValue ?? 0
      guard JournalRange.State.copiedStates.contains(state) else { continue }
      totals.rowCount += row[2].unsignedValue ?? 0
      totals.byteCount += row[3].unsignedValue ?? 0
      totals.adoptedRowCount += row[4].unsignedValue ?? 0
      totals.verifiedRangeCount += row[5].unsignedValue ?? 0
      totals.idsCovered += row[7].unsignedValue ?? 0
      if state == .drained { totals.drainedRowCount = row[8].unsignedValue ?? 0 }
      if state == .draining {
        totals.drainingRowCount = row[8].unsignedValue ?? 0
        totals.leftRangeCount = row[10].unsignedValue ?? 0
      }
      totals.lastDrainedAt = [totals.lastDrainedAt, row[9].textValue].compactMap { $0 }.max()
    }
    return totals
  }

  func seconds(from first: String, to last: String, _ session: any HistorySession) async throws -> Double? {
    try await session.rows("SELECT \(dialect.seconds(from: "?", to: "?"))", [.text(first), .text(last)]).first?[0]
      .realValue
  }

  /// How many rows all processes together copied in the last minute, a second; nil if none.
  public func recentRowsPerSecond(_ session: any HistorySession) async throws -> Double? {
    let row = try await session.rows(
      "SELECT SUM(row_count), \(dialect.seconds(from: "MIN(copied_at)", to: dialect.now)) FROM csmh_range"
        + " WHERE state IN ('copied', 'draining', 'drained') AND copied_at > \(dialect.now(plus: -60))")[0]
    guard let rows = row[0].realValue, let seconds = row[1].realValue, rows > 0, seconds > 0 else { return nil }
    return rows / seconds
  }

  /// The database's present time, for ``ranges(from:limit:states:notVerifiedSince:_:)``.
  public func now(_ session: any HistorySession) async throws -> String {
    try await session.rows("SELECT \(dialect.now)")[0][0].textValue ?? ""
  }

  /// Writes down that ranges were compared on both sides and found equal; those that were copied, mended or found to differ by others
  /// meanwhile are left out.
  ///
  /// - Parameter time: the database's time before the first of them was read.
  public func markVerified(_ ranges: [JournalRange], at time: String, _ session: any HistorySession) async throws {
    for state in [JournalRange.State.copied, .differs] {
      let tokens = ranges.filter { $0.state == state }.map { "(\($0.id), \($0.attempts))" }.joined(separator: ", ")
      guard !tokens.isEmpty else { continue }
      try await session.execute(
        "UPDATE csmh_range SET verified_at = ?, state = 'copied', last_error = NULL"
          + " WHERE state = ? AND (id, attempts) IN (\(dialect == .sqlite ? "VALUES " : "")\(tokens))",
        [.text(time), .text(state.rawValue)])
    }
  }

  /// Whether every id up to the bound lies in a range that was drained, or is copied and was compared after `time`; without one, at
  /// any time.
  func isProven(since time: String?, _ session: any HistorySession) async throws -> Bool {
    let migration = try await migration(session)
    guard migration.isFrontierEmpty else { return false }
    let late = time.map { " OR verified_at < '\($0)'" } ?? ""
    return try await session.rows(
      "SELECT id FROM csmh_range WHERE (state NOT IN ('draining', 'drained') AND (state <> 'copied' OR verified_at IS NULL\(late)))"
        + " OR (state = 'draining' AND last_error IS NOT NULL) LIMIT 1"
    ).isEmpty
  }

  /// Every id below it lies in a range whose rows were proven to stand in the extended table when they were copied, and of which
  /// nothing else was found since; 0 if there is no such range at the bottom. For ``HistoryRouter/provenBelow``.
  ///
  /// Of a range that is drained, or about to be, nothing is proven: a copy is all there is of its record there, and what stands under
  /// its id in the original table may have come later.
  public func provenBelow(_ migration: MigrationRecord, _ session: any HistorySession) async throws -> UInt64 {
    let bound = migration.upperBound.map { $0 == .max ? $0 : $0 + 1 } ?? 0
    let open = try await session.rows(
      "SELECT MIN(lower_id) FROM csmh_range WHERE state <> 'copied'")[0][0].unsignedValue
    return min(open ?? bound, migration.isFrontierEmpty ? bound : migration.nextLow ?? 0, migration.startingID)
  }

  /// Writes down what a range was proven to hold on both sides, where that is not what was copied.
  func setManifest(_ entry: JournalRange, _ digest: RangeDigest, _ session: any HistorySession) async throws {
    try await session.execute(
      "UPDATE csmh_range SET row_count = ?, digest = ? WHERE id = ? AND state = ? AND attempts = ?",
      [
        .unsigned(digest.rowCount), .text(digest.hash.description), .unsigned(entry.id), .text(entry.state.rawValue),
        .integer(Int64(entry.attempts)),
      ])
  }

  /// Writes down that a range was compared and found to differ; not where somebody else has changed it since it was read.
  func markDiffering(
    _ entry: JournalRange, error: String, token: String, _ session: any HistorySession
  ) async throws {
    let changed = try await session.execute(
      "UPDATE csmh_range SET state = 'differs', verified_at = NULL, last_error = ?, attempts = attempts + 1, token = ?"
        + " WHERE id = ? AND state IN ('copied', 'differs') AND attempts = ?",
      [.text(error), .text(token), .unsigned(entry.id), .integer(Int64(entry.attempts))])
    // It may have been drained or mended meanwhile, and that it looked different follows from it.
    if changed != 1 { guard try await carries(token, entry.id, session) else { return } }
    try await demote(from: [.verified], to: .copied, session)
  }

  /// Moves the migration back, as soon as something is known that its phase denies.
  func demote(from phases: [Phase], to phase: Phase, _ session: any HistorySession) async throws {
    let list = phases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
    try await session.execute(
      "UPDATE csmh_migration SET phase = ?, updated_at = \(dialect.now) WHERE id = 1 AND phase IN (\(list))",
      [.text(phase.rawValue)])
  }
}
