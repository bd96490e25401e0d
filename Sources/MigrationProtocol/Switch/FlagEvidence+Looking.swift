internal import MigrationBase
internal import MigrationJournal
package import StudentModuleHistory

extension FlagEvidence {
  /// For how long csmh looks at most. An LMS at work writes several records in that time; of one that rests nothing can be seen.
  package static let usualPatience = Duration.seconds(5)

  private static let rhythm = Duration.milliseconds(250)

  /// How far apart the two halves of one save may come: the record in the one table, and its twin in the other.
  private static let halves = Duration.milliseconds(500)

  /// Looks at both tables: at first at what came since the journal noted their counters down, then, if that does not tell, for a
  /// while at what comes now. Changes nothing.
  ///
  /// - Throws: `HistoryStoreError`, `CancellationError`.
  package init(
    lanes: any LaneProvider, patience: Duration = usualPatience, environment: Environment = .process
  ) async throws {
    self = try await retrying(StopSignal(environment)) {
      try await FlagEvidence(lookingAt: lanes, patience: patience, environment)
    }
  }

  private init(lookingAt lanes: any LaneProvider, patience: Duration, _ environment: Environment) async throws {
    guard try await lanes.isTargetThere() else {
      self = try await withSession(lanes.source) { session in
        let first = try await session.summary().firstFreeID
        let grew = try await Self.watch(patience, environment) { () -> Bool? in
          try await session.summary().firstFreeID > first ? true : nil
        }
        return FlagEvidence(
          .watched(seconds: patience / .seconds(1)), hasExtendedTable: false, originalGrew: grew ?? false,
          extendedGrew: false)
      }
      return
    }
    self = try await withClosing(try await lanes.openLane()) { lane in
      let journal = Journal()
      if let noted = try await journal.notedCounters(lane.target),
        let evidence = try await Self.since(noted.counters, .sinceNoted(noted.at), lane), evidence.verdict != .none
      {
        return evidence
      }
      let first = try await TableCounters(lane)
      let period = Period.watched(seconds: patience / .seconds(1))
      let evidence = try await Self.watch(patience, environment) { () -> FlagEvidence? in
        guard try await TableCounters(lane) != first else { return nil }
        try await environment.sleep(for: Self.halves)
        let evidence = try await Self.since(first, period, lane)
        return evidence?.verdict == Verdict.none ? nil : evidence
      }
      if let evidence { return evidence }
      // What was seen all the same.
      let last = try await Self.since(first, period, lane)
      return last ?? FlagEvidence(period, originalGrew: false, extendedGrew: false)
    }
  }

  /// Asks again and again until there is an answer, or the time is over.
  private static func watch<Value>(
    _ patience: Duration, _ environment: Environment, _ ask: () async throws -> Value?
  ) async throws -> Value? {
    let end = environment.now() + patience
    while environment.now() < end {
      try await environment.sleep(for: min(rhythm, end - environment.now()))
      if let value = try await ask() { return value }
    }
    return nil
  }

  /// What came since the counters were these; nil if the original table was emptied meanwhile, which takes its counter back.
  private static func since(
    _ counters: TableCounters, _ period: Period, _ lane: Lane
  ) async throws -> FlagEvidence? {
    let original = try await lane.source.summary().firstFreeID
    guard original >= counters.original else { return nil }
    // Rows and not the counter: a repair of the starting id raises it without any.
    let newest = try await lane.target.keys(
      RowSelection(from: counters.extended, order: .descending, limit: sampleSize))
    let isWrittenTwice =
      original > counters.original && !newest.isEmpty
      ? try await areTwins(newest, in: lane.source, from: counters.original) : false
    return FlagEvidence(
      period, originalGrew: original > counters.original, extendedGrew: !newest.isEmpty, isWrittenTwice: isWrittenTwice)
  }

  private static let sampleSize = 20

  /// Whether the original table has these rows of the extended one under ids from `first` on. One of many may be missing: its request
  /// has not committed yet.
  private static func areTwins(
    _ rows: [RowKey], in session: any HistorySession, from first: UInt64
  ) async throws -> Bool {
    let wanted = Set(rows.map(\.identity))
    let modules = Set(rows.compactMap { UInt64($0.studentModuleID) }).sorted()
    let found = try await session.keys(RowSelection(from: first, studentModuleIDs: modules))
    let missing = wanted.subtracting(found.map(\.identity)).count
    return missing == 0 || (missing == 1 && wanted.count >= 5)
  }
}
