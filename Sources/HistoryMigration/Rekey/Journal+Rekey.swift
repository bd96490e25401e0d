internal import StudentModuleHistory

/// What re-keying keeps in the journal.
extension Journal {
  /// The kinds of events that it writes.
  enum RekeyEvent: String, CaseIterable {
    /// No row gets a low id any more.
    case begun = "rekey-begun"
    case finished = "rekeyed"
    case undone = "rekey-undone"
  }

  /// Whether there is a journal, of whatever version.
  func exists(_ session: any HistorySession) async throws -> Bool {
    do {
      _ = try await migrationIfAny(session)
      return try await !session.rows("SELECT id FROM csmh_migration").isEmpty
    } catch MigrationError.journalTooOld, MigrationError.journalTooNew {
      return true
    } catch let error as HistoryStoreError {
      guard try await Self.isAbsent("csmh_migration", error, session) else { throw error }
      return false
    }
  }

  /// The re-key that was begun last and not undone, or nil.
  func rekey(_ session: any HistorySession) async throws -> RekeyRecord? {
    let row = try await session.rows(
      "SELECT rekey_shift, rekey_lowest, rekey_limit FROM csmh_migration WHERE id = 1"
    ).first
    guard let shift = row?[0].unsignedValue, let lowest = row?[1].unsignedValue, let limit = row?[2].unsignedValue
    else { return nil }
    return RekeyRecord(shift: shift, lowest: lowest, limit: limit)
  }

  func setRekey(_ rekey: RekeyRecord?, _ session: any HistorySession) async throws {
    try await session.execute(
      "UPDATE csmh_migration SET rekey_shift = ?, rekey_lowest = ?, rekey_limit = ?, updated_at = \(dialect.now) WHERE id = 1",
      [.optional(rekey?.shift), .optional(rekey?.lowest), .optional(rekey?.limit)])
  }

  /// Writes down, in the transaction that moves it, that a row with a lower id was moved.
  func lowerRekey(to lowest: UInt64, _ session: any HistorySession) async throws {
    try await session.execute(
      "UPDATE csmh_migration SET rekey_lowest = ? WHERE id = 1 AND rekey_lowest > ?",
      [.unsigned(lowest), .unsigned(lowest)])
  }

  /// Writes down where native rows begin now.
  func set(startingID: UInt64, _ session: any HistorySession) async throws {
    try await session.execute(
      "UPDATE csmh_migration SET starting_id = ?, updated_at = \(dialect.now) WHERE id = 1", [.unsigned(startingID)])
  }

  /// What happened last to a re-key, and how many seconds ago; nil if there was none.
  func lastRekeyEvent(_ session: any HistorySession) async throws -> (event: RekeyEvent, seconds: Double)? {
    let kinds = RekeyEvent.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
    let row = try await session.rows(
      "SELECT kind, \(dialect.seconds(from: "happened_at", to: dialect.now)) FROM csmh_event WHERE kind IN (\(kinds))"
        + " ORDER BY id DESC LIMIT 1"
    ).first
    guard let event = row?[0].textValue.flatMap({ RekeyEvent(rawValue: $0) }) else { return nil }
    return (event, row?[1].realValue ?? 0)
  }

  /// The ids of ranges that hold nothing but proven copies, adjacent ones put together, ascending.
  func copiedSpans(_ session: any HistorySession) async throws -> [IDRange] {
    let states = JournalRange.State.copiedStates.map { "'\($0.rawValue)'" }.joined(separator: ", ")
    var spans: [IDRange] = []
    for row in try await session.rows(
      "SELECT lower_id, upper_id FROM csmh_range WHERE state IN (\(states)) ORDER BY lower_id")
    {
      guard let lower = row[0].unsignedValue, let upper = row[1].unsignedValue else { continue }
      if let last = spans.last, last.upper + 1 == lower {
        spans[spans.count - 1] = IDRange(last.lower, upper)
      } else {
        spans.append(IDRange(lower, upper))
      }
    }
    return spans
  }

  /// Those of these ids that lie in a range that was copied once, whatever was found in it since; and whether the row that stands
  /// there is younger than the copy.
  func inCopiedRanges(_ ids: [UInt64], _ session: any HistorySession) async throws -> [UInt64: Bool] {
    guard !ids.isEmpty else { return [:] }
    let list = ids.map(String.init).joined(separator: ", ")
    let rows = try await session.rows(
      "SELECT e.id, CASE WHEN e.created > r.copied_at THEN 1 ELSE 0 END FROM \(session.tableSQL) e JOIN csmh_range r"
        + " ON r.lower_id = (SELECT MAX(lower_id) FROM csmh_range WHERE lower_id <= e.id)"
        + " WHERE e.id IN (\(list)) AND r.upper_id >= e.id AND r.digest IS NOT NULL")
    return Dictionary(
      rows.compactMap { row in row[0].unsignedValue.map { ($0, row[1].unsignedValue == 1) } },
      uniquingKeysWith: { first, _ in first })
  }

  /// Those of these ids that lie in a range that is copied, was once, or is being copied.
  func inRangesOfCopies(_ ids: [UInt64], _ session: any HistorySession) async throws -> Set<UInt64> {
    guard let lowest = ids.min(), let highest = ids.max() else { return [] }
    let ranges = try await session.rows(
      "SELECT lower_id, upper_id FROM csmh_range WHERE lower_id <= \(highest) AND upper_id >= \(lowest)"
        + " AND (digest IS NOT NULL OR state = 'leased') ORDER BY lower_id"
    ).compactMap { row -> IDRange? in
      guard let lower = row[0].unsignedValue, let upper = row[1].unsignedValue else { return nil }
      return IDRange(lower, upper)
    }
    return Set(ids.filter { id in ranges.contains { $0.contains(id) } })
  }

  /// Makes work again of ranges that were stopped before anything of them was copied.
  func reopenStopped(_ session: any HistorySession) async throws {
    try await session.execute("UPDATE csmh_range SET state = 'pending' WHERE state = 'stopped' AND digest IS NULL")
  }
}
