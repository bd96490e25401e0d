internal import StudentModuleHistory

/// The kinds of events that a report groups.
enum EventGroup {
  case runs
  case repairs
  case verifications
  case rechecks
  /// The fence, the flags, the draining, and the way back.
  case milestones

  /// The kinds, or the beginnings of kinds that end in `%`.
  var kinds: [String] {
    switch self {
    case .runs: [CopyRun.startKind, CopyRun.endKind]
    case .repairs: ["mended", "repair%", "rekey%", "range-stopped", "catch-up", "pass-back"]
    case .verifications: ["verified"]
    case .rechecks: ["rechecked"]
    case .milestones: ["fence", "flags", "drain%", "return%"]
    }
  }
}

extension Journal {
  /// How many events of a group a report lists at most.
  static let listedEventCount = 1_000

  /// The newest events of a group, the oldest first, and how many there are in all.
  func events(_ group: EventGroup, _ session: any HistorySession) async throws -> (list: [JournalEvent], count: UInt64)
  {
    let condition = group.kinds.map { "kind LIKE '\($0)'" }.joined(separator: " OR ")
    let count = try await session.rows("SELECT COUNT(*) FROM csmh_event WHERE \(condition)")[0][0].unsignedValue ?? 0
    let list = try await session.rows(
      "SELECT happened_at, kind, detail FROM csmh_event WHERE \(condition) ORDER BY id DESC LIMIT \(Self.listedEventCount)"
    ).map {
      JournalEvent(happenedAt: $0[0].textValue ?? "", kind: $0[1].textValue ?? "", detail: $0[2].textValue ?? "")
    }
    return (list.reversed(), count)
  }

  /// The newest event of a kind.
  func latestEvent(_ kind: String, _ session: any HistorySession) async throws -> JournalEvent? {
    try await session.rows(
      "SELECT happened_at, kind, detail FROM csmh_event WHERE kind = ? ORDER BY id DESC LIMIT 1", [.text(kind)]
    ).first.map {
      JournalEvent(happenedAt: $0[0].textValue ?? "", kind: $0[1].textValue ?? "", detail: $0[2].textValue ?? "")
    }
  }
}
