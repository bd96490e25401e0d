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

  /// The ranges in which some ids lie and that were copied once, whatever was found in them since; each with the digest of its copy, but for
  /// those whose originals were drained, which are no measure any more.
  package func copiedRanges(
    of ids: [UInt64], _ session: any HistorySession
  ) async throws -> [(ids: IDRange, copied: RangeDigest?)] {
    var ranges: [(ids: IDRange, copied: RangeDigest?)] = []
    var last: IDRange?
    for id in ids.sorted() where last?.contains(id) != true {
      guard
        let entry = try await session.select(
          [.lowerID, .upperID, .rowCount, .digest, .state],
          JournalQuery(.range, where: [.atMost(.lowerID, .number(id))], order: .lowerID, descending: true, limit: 1)
        ).first, let lower = entry[0].unsignedValue, let upper = entry[1].unsignedValue, upper >= id
      else { continue }
      last = IDRange(lower, upper)
      guard let copied = Self.digest(entry[2], entry[3]) else { continue }
      let isDrained = JournalRange.State.drainedStates.contains { $0.rawValue == entry[4].textValue }
      ranges.append((IDRange(lower, upper), isDrained ? nil : copied))
    }
    return ranges
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
