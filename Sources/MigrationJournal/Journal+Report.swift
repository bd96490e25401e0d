package import StudentModuleHistory

/// The kinds of events that a report groups.
package enum EventGroup {
  case runs
  case repairs
  case verifications
  case rechecks
  /// The fence, the flags, the passes back, the draining, and the way back.
  case milestones

  /// The kinds, or the beginnings of kinds that end in `%`.
  package var kinds: [String] {
    switch self {
    case .runs: [CopyRun.startKind, CopyRun.endKind]
    // What was found to be right needs no repair: a pass that mended nothing is none.
    case .repairs: ["mended", "deleted", "repair%", "rekey%", "offset-repaired", "range-stopped", "reconciled"]
    case .verifications: ["verified"]
    case .rechecks: ["rechecked"]
    case .milestones: ["fence", "flags", "drain%", "catch-up", "pass-back", "return%"]
    }
  }
}

extension Journal {
  /// How many events of a group a report lists at most.
  static let listedEventCount = 1_000

  /// The newest events of a group, the oldest first, and how many there are in all.
  package func events(
    _ group: EventGroup, _ session: any HistorySession
  ) async throws -> (list: [JournalEvent], count: UInt64) {
    let conditions: [JournalCondition] = [
      .any(group.kinds.map { $0.hasSuffix("%") ? .hasPrefix(String($0.dropLast()), .kind) : .equal(.kind, .text($0)) })
    ]
    let count = try await session.count(JournalQuery(.event, where: conditions))
    return (try await newestEvents(where: conditions, limit: Self.listedEventCount, session).reversed(), count)
  }

  private static let deletedKind = "deleted"

  /// Writes down, in the transaction that removes them, that rows go unasked, as the LMS would have deleted them.
  package func recordDeleted(_ rowCount: Int, _ range: IDRange, _ session: any HistorySession) async throws {
    try await record(
      Self.deletedKind, detail: "\(rowCount) rows of the ids \(range): their student modules were deleted", session)
  }

  /// How many rows were removed unasked.
  package func deletedRowCount(_ session: any HistorySession) async throws -> UInt64 {
    try await session.select([.detail], JournalQuery(.event, where: [.equal(.kind, .text(Self.deletedKind))]))
      .reduce(0) { $0 + ($1[0].textValue?.split(separator: " ").first.flatMap { UInt64($0) } ?? 0) }
  }

  /// The newest event of a kind.
  package func latestEvent(_ kind: String, _ session: any HistorySession) async throws -> JournalEvent? {
    try await latest([kind], session)
  }
}
