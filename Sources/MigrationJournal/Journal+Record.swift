internal import MigrationBase
package import StudentModuleHistory

/// The record of what is drained, in the original database: a second witness, beside the rows that are removed.
extension Journal {
  /// What the original database has recorded; nil if nothing.
  package func recorded(_ original: any HistorySession) async throws -> DrainRecord? {
    let head: [SQLValue]?
    do {
      head = try await original.select(
        [.identity, .recordNumber, .state], JournalQuery(.record, where: Self.only)
      ).first
    } catch let error as HistoryStoreError {
      guard try await Self.isAbsent(.record, error, original) else { throw error }
      return nil
    }
    guard let head else { return nil }
    return DrainRecord(
      identity: head[0].textValue ?? "", number: head[1].unsignedValue ?? 0,
      last: try Self.recordState(head[2].textValue ?? ""),
      liveCount: try await original.count(
        JournalQuery(.record, where: [Self.isRange, .isRecorded(.draining, .drained)])),
      drainedCount: try await original.count(JournalQuery(.record, where: [Self.isRange, .isRecorded(.drained)])))
  }

  /// What the journal knows of the same; nil without a journal.
  ///
  /// - Throws: ``MigrationError`` `journalTooNew`, `journalTooOld`.
  package func drainKnowledge(_ extended: any HistorySession) async throws -> DrainKnowledge? {
    guard let migration = try await migrationIfAny(extended) else { return nil }
    // Without one of its tables it is no journal.
    guard try await !extended.presentColumns(of: .range).isEmpty else { return nil }
    let number = migration.recordNumber
    return DrainKnowledge(
      identity: migration.identity, number: number,
      liveCount: try await extended.count(JournalQuery(.range, where: [.isIn(.draining, .drained)])),
      drainedCount: try await extended.count(JournalQuery(.range, where: [.isIn(.drained)])),
      begunCount: number == 0
        ? 0
        : try await extended.count(
          JournalQuery(.range, where: [.isIn(.draining), .equal(.recordNumber, .number(number))])))
  }

  /// How the two stand to each other. The record is read first: a drain in progress is never behind it then, but for one number.
  package func recordStanding(
    original: any HistorySession, extended: any HistorySession
  ) async throws -> (standing: RecordStanding, journal: DrainKnowledge?, record: DrainRecord?) {
    var record: DrainRecord?
    var refusal: HistoryStoreError?
    do {
      record = try await recorded(original)
    } catch let error as HistoryStoreError where error.kind == .notPermitted {
      refusal = error
    }
    let journal = try await drainKnowledge(extended)
    // Who may not read a table is told the same where there is none. Nobody has drained anything here who could not write one.
    if let refusal, journal?.number ?? 0 > 0 { throw refusal }
    return (RecordStanding(journal, record), journal, record)
  }

  /// The ranges of the record, by ascending ids.
  package func recordedRanges(_ original: any HistorySession) async throws -> [RecordedRange] {
    try await original.select(
      [.lowerID, .upperID, .state, .rowCount, .digest, .recordNumber],
      JournalQuery(.record, where: [Self.isRange], order: .lowerID)
    ).map { row in
      RecordedRange(
        range: IDRange(row[0].unsignedValue ?? 0, row[1].unsignedValue ?? 0),
        state: try Self.recordState(row[2].textValue ?? ""), digest: Self.digest(row[3], row[4]) ?? .empty,
        number: row[5].unsignedValue ?? 0)
    }
  }

  /// The starting id that was recorded last.
  package func recordedStartingID(_ original: any HistorySession) async throws -> UInt64? {
    try await original.select([.startingID], JournalQuery(.record, where: Self.only)).first?[0].unsignedValue
  }

  // MARK: Writing it

  /// Records, before the first row is removed, that ranges are being drained.
  ///
  /// - Parameter isOwnTransaction: false where the session is in one already.
  package func record(
    _ ranges: [RecordedRange], number: UInt64, of migration: MigrationRecord, isOwnTransaction: Bool = true,
    _ original: any HistorySession
  ) async throws {
    let write = {
      try await recordHead(number, .draining, of: migration, original)
      let known = Set(
        try await original.select([.lowerID], JournalQuery(.record, where: [Self.isRange] + Self.among(ranges)))
          .compactMap { $0[0].unsignedValue })
      for range in ranges {
        let values =
          [
            JournalChange(.upperID, .number(range.range.upper)), .recorded(range.state),
          ] + JournalChange.digest(range.digest) + [
            JournalChange(.recordNumber, .number(range.number)), JournalChange(.identity, .text(migration.identity)),
            JournalChange(.updatedAt, .now),
          ]
        if known.contains(range.range.lower) {
          try await original.update(.record, set: values, where: [.equal(.lowerID, .number(range.range.lower))])
        } else {
          try await original.insert(
            into: .record, [JournalChange(.lowerID, .number(range.range.lower))] + values, unless: [])
        }
      }
    }
    if isOwnTransaction { try await original.transaction(write) } else { try await write() }
  }

  /// Records that no row of a range is left; of all ranges that are being drained without one.
  package func recordDrained(_ range: IDRange?, _ original: any HistorySession) async throws {
    try await original.update(
      .record, set: [.recorded(.drained), JournalChange(.updatedAt, .now)],
      where: [Self.isRange, .isRecorded(.draining)] + (range.map { [.equal(.lowerID, .number($0.lower))] } ?? []))
  }

  /// Records that all rows of ranges stand again, or still.
  ///
  /// - Parameter begun: only those that were begun under this number; nil for all.
  package func recordTakenBack(
    number: UInt64, begun: UInt64? = nil, of migration: MigrationRecord, _ original: any HistorySession
  ) async throws {
    try await original.transaction {
      try await recordHead(number, .returned, of: migration, original)
      try await original.update(
        .record,
        set: [.recorded(.returned), JournalChange(.recordNumber, .number(number)), JournalChange(.updatedAt, .now)],
        where: [Self.isRange, .isRecorded(.draining, .drained)]
          + (begun.map { [.equal(.recordNumber, .number($0))] } ?? []))
    }
  }

  /// Writes the row about all ranges, anew where it is that of another migration.
  private func recordHead(
    _ number: UInt64, _ state: DrainRecord.State, of migration: MigrationRecord, _ original: any HistorySession
  ) async throws {
    let values = [
      JournalChange(.identity, .text(migration.identity)), JournalChange(.recordNumber, .number(number)),
      .recorded(state), JournalChange(.startingID, .number(migration.startingID)), JournalChange(.updatedAt, .now),
    ]
    try await original.insert(
      into: .record, [JournalChange(.id, .number(UInt64(1)))] + values, unless: [.equal(.id, .number(UInt64(1)))])
    try await original.update(.record, set: values, where: Self.only)
  }

  private static let isRange = JournalCondition.isNotNull(.lowerID)

  /// What selects the rows that may be among some ranges: one, or all.
  private static func among(_ ranges: [RecordedRange]) -> [JournalCondition] {
    ranges.count == 1 ? [.equal(.lowerID, .number(ranges[0].range.lower))] : []
  }

  /// - Throws: ``MigrationError/unknownWord(_:in:)``.
  private static func recordState(_ word: String) throws(MigrationError) -> DrainRecord.State {
    guard let state = DrainRecord.State(rawValue: word) else { throw .unknownWord(word, in: "csmh_record.state") }
    return state
  }
}

/// What the original database has recorded of a range.
package struct RecordedRange: Sendable, Hashable {
  package let range: IDRange
  package let state: DrainRecord.State

  /// Its rows when draining began.
  package let digest: RangeDigest

  /// The number under which that was, or under which it was taken back.
  package let number: UInt64

  package init(range: IDRange, state: DrainRecord.State, digest: RangeDigest, number: UInt64) {
    self.range = range
    self.state = state
    self.digest = digest
    self.number = number
  }

  /// Whether copies may be all there is of its rows.
  package var isLive: Bool { state != .returned }
}

extension JournalChange {
  fileprivate static func recorded(_ state: DrainRecord.State) -> JournalChange {
    JournalChange(.state, .text(state.rawValue))
  }
}

extension JournalCondition {
  fileprivate static func isRecorded(_ states: DrainRecord.State...) -> JournalCondition {
    .isOne(of: states.map(\.rawValue), .state)
  }
}
