internal import MigrationBase
package import StudentModuleHistory

/// Steps over both databases, of which a crash may have left the first half.
extension Journal {
  /// Makes up for what a crash left between the two databases, and begins the record where there is none. Only for the process that drains.
  ///
  /// - Parameter standing: as it was found on the same sessions.
  package func settle(
    _ standing: RecordStanding, _ record: DrainRecord?, original: any HistorySession, extended: any HistorySession
  ) async throws {
    let migration = try await migration(extended)
    switch standing {
    case .mismatch: return
    case .agrees:
      if record?.identity != migration.identity { try await beginRecord(of: migration, original, extended) }
    case .begun:
      let begun = try await drainedRanges(extended).filter { $0.number == migration.recordNumber }
      try await self.record(begun, number: migration.recordNumber, of: migration, original)
    case .takenBack:
      // Either all of them were, or those that were begun last.
      try await takeBack(
        number: record?.number ?? 0, begun: record?.liveCount == 0 ? nil : migration.recordNumber, extended)
    }
  }

  /// What an older csmh has drained without a record is recorded first of all.
  private func beginRecord(
    of migration: MigrationRecord, _ original: any HistorySession, _ extended: any HistorySession
  ) async throws {
    try await record(try await drainedRanges(extended), number: migration.recordNumber, of: migration, original)
  }

  /// The ranges that are being drained or are drained, as the record has them.
  package func drainedRanges(_ extended: any HistorySession) async throws -> [RecordedRange] {
    var ranges: [RecordedRange] = []
    var lower: UInt64? = 0
    let limit = 1_000
    while let from = lower {
      let page = try await self.ranges(
        from: from, limit: limit, states: JournalRange.State.drainedStates, extended)
      ranges += page.map { entry in
        RecordedRange(
          range: entry.range, state: entry.state == .drained ? .drained : .draining, digest: entry.manifest ?? .empty,
          number: entry.recordNumber)
      }
      lower = page.count < limit ? nil : page.last.flatMap { $0.range.upper == .max ? nil : $0.range.upper + 1 }
    }
    return ranges
  }

  /// Lets ranges whose rows all stand in the original table count as copied again, and their rows as they were when draining began.
  ///
  /// - Parameters:
  ///   - number: that under which the record has it; nil where there is no record.
  ///   - begun: only those that were begun under this number; nil for all.
  package func takeBack(number: UInt64?, begun: UInt64? = nil, _ extended: any HistorySession) async throws {
    try await extended.transaction {
      var changes = [
        JournalChange.state(.copied), JournalChange(.rowCount, .column(.drainedCount)),
        JournalChange(.digest, .column(.drainedDigest)), JournalChange(.drainedCount, .null),
        JournalChange(.drainedDigest, .null), JournalChange(.drainedAt, .null), JournalChange(.verifiedAt, .null),
        .nextAttempt,
      ]
      if let number { changes.append(JournalChange(.recordNumber, .number(number))) }
      try await extended.update(
        .range, set: changes,
        where: [.isIn(.draining, .drained)] + (begun.map { [.equal(.recordNumber, .number($0))] } ?? []))
      if let number { try await change([JournalChange(.recordNumber, .number(number))], extended) }
      try await move(from: [.drained, .verified], to: .copied, extended)
    }
  }

  /// Takes draining back in both databases: the record first, so that the journal never says of rows that are not known to stand that they
  /// do.
  ///
  /// - Parameter begun: only what was begun under this number; nil for all.
  package func takeBackBoth(
    begun: UInt64? = nil, original: any HistorySession, extended: any HistorySession
  ) async throws {
    let migration = try await migration(extended)
    guard let record = try await recorded(original), record.identity == migration.identity else {
      // Nothing was drained, or by an older csmh alone.
      return try await takeBack(number: nil, begun: begun, extended)
    }
    let isHalf = record.number == migration.recordNumber + 1 && record.last == .returned
    let number = isHalf ? record.number : max(record.number, migration.recordNumber) + 1
    if !isHalf {
      try await recordTakenBack(number: number, begun: begun, of: migration, original)
    }
    try await takeBack(number: number, begun: begun, extended)
  }
}
