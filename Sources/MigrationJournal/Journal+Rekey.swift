internal import MigrationBase
package import StudentModuleHistory

/// What re-keying keeps in the journal.
extension Journal {
  /// The kinds of events that it writes.
  package enum RekeyEvent: String, CaseIterable {
    /// No row gets a low id any more.
    case begun = "rekey-begun"
    case finished = "rekeyed"
    case undone = "rekey-undone"
  }

  /// Whether there is a journal, of whatever version.
  package func exists(_ session: any HistorySession) async throws -> Bool {
    do {
      _ = try await migrationIfAny(session)
      return try await !session.select([.id], JournalQuery(.migration)).isEmpty
    } catch MigrationError.journalTooOld, MigrationError.journalTooNew {
      return true
    } catch let error as HistoryStoreError {
      guard try await Self.isAbsent(.migration, error, session) else { throw error }
      return false
    }
  }

  /// The re-key that was begun last and not undone, or nil.
  package func rekey(_ session: any HistorySession) async throws -> RekeyRecord? {
    let row = try await session.select(
      [.rekeyShift, .rekeyLowest, .rekeyLimit], JournalQuery(.migration, where: Self.only)
    ).first
    guard let shift = row?[0].unsignedValue, let lowest = row?[1].unsignedValue, let limit = row?[2].unsignedValue
    else { return nil }
    return RekeyRecord(shift: shift, lowest: lowest, limit: limit)
  }

  package func setRekey(_ rekey: RekeyRecord?, _ session: any HistorySession) async throws {
    try await change(
      [
        JournalChange(.rekeyShift, .number(rekey?.shift)), JournalChange(.rekeyLowest, .number(rekey?.lowest)),
        JournalChange(.rekeyLimit, .number(rekey?.limit)),
      ], session)
  }

  /// Writes down, in the transaction that moves it, that a row with a lower id was moved.
  package func lowerRekey(to lowest: UInt64, _ session: any HistorySession) async throws {
    try await change(
      [JournalChange(.rekeyLowest, .number(lowest))], where: [.above(.rekeyLowest, .number(lowest))], session)
  }

  /// Writes down where native rows begin now.
  package func set(startingID: UInt64, _ session: any HistorySession) async throws {
    try await change([JournalChange(.startingID, .number(startingID))], session)
  }

  /// What happened last to a re-key, and how many seconds ago; nil if there was none.
  package func lastRekeyEvent(_ session: any HistorySession) async throws -> (event: RekeyEvent, seconds: Double)? {
    let last = try await latest(RekeyEvent.allCases.map(\.rawValue), session)
    guard let last, let event = RekeyEvent(rawValue: last.kind) else { return nil }
    return (event, try await session.seconds(from: last.happenedAt, to: try await session.now()) ?? 0)
  }

  /// The ids of ranges that hold nothing but proven copies, adjacent ones put together, ascending.
  package func copiedSpans(_ session: any HistorySession) async throws -> [IDRange] {
    let states = JournalRange.State.copiedStates.map(\.rawValue)
    var spans: [IDRange] = []
    for row in try await session.select(
      [.lowerID, .upperID], JournalQuery(.range, where: [.isOne(of: states, .state)], order: .lowerID))
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
  package func inCopiedRanges(_ ids: [UInt64], _ session: any HistorySession) async throws -> [UInt64: Bool] {
    guard !ids.isEmpty else { return [:] }
    var isYounger: [UInt64: Bool] = [:]
    var range: (ids: IDRange, copiedAt: String?, wasCopied: Bool)?
    for row in try await session.keys(RowSelection(ids: ids, order: .ascending)) {
      if range.map({ !$0.ids.contains(row.id) }) ?? true {
        range = try await session.select(
          [.lowerID, .upperID, .copiedAt, .digest],
          JournalQuery(
            .range, where: [.atMost(.lowerID, .number(row.id))], order: .lowerID, descending: true, limit: 1)
        ).first.flatMap { entry in
          guard let lower = entry[0].unsignedValue, let upper = entry[1].unsignedValue else { return nil }
          return (IDRange(lower, upper), entry[2].textValue, entry[3] != .null)
        }
      }
      guard let range, range.ids.contains(row.id), range.wasCopied else { continue }
      isYounger[row.id] = range.copiedAt.map { row.created > $0 } ?? false
    }
    return isYounger
  }

  /// Those of these ids that lie in a range that is copied, was once, or is being copied.
  package func inRangesOfCopies(_ ids: [UInt64], _ session: any HistorySession) async throws -> Set<UInt64> {
    guard let lowest = ids.min(), let highest = ids.max() else { return [] }
    let ranges = try await session.select(
      [.lowerID, .upperID],
      JournalQuery(
        .range,
        where: [
          .atMost(.lowerID, .number(highest)), .atLeast(.upperID, .number(lowest)),
          .any([.isNotNull(.digest), .isIn(.leased)]),
        ], order: .lowerID)
    ).compactMap { row -> IDRange? in
      guard let lower = row[0].unsignedValue, let upper = row[1].unsignedValue else { return nil }
      return IDRange(lower, upper)
    }
    return Set(ids.filter { id in ranges.contains { $0.contains(id) } })
  }

  /// Makes work again of ranges that were stopped before anything of them was copied.
  package func reopenStopped(_ session: any HistorySession) async throws {
    try await session.update(.range, set: [.state(.pending)], where: [.isIn(.stopped), .isNull(.digest)])
  }
}
