package import StudentModuleHistory

/// What comparing keeps in the journal's events, so that it goes on after an interruption.
extension Journal {
  /// A comparison of everything began; its time is the event's.
  static let verificationStartedKind = "verify-started"

  /// A comparison was stopped before its end.
  package static let verificationInterruptedKind = "verify-interrupted"

  /// A comparison ended, whatever it found.
  package static let verifiedKind = "verified"

  /// Writes down that a comparison of everything begins; returns the time from which on it counts.
  package func beginVerification(_ session: any HistorySession) async throws -> String {
    try await record(Self.verificationStartedKind, detail: "a comparison of every copied range", session)
    return try await latest([Self.verificationStartedKind], session)?.happenedAt ?? ""
  }

  /// The comparison of everything that began last, if it did not come to its end, and the seconds since then.
  package func unfinishedVerification(_ session: any HistorySession) async throws -> (beganAt: String, seconds: Double)?
  {
    guard let event = try await latest([Self.verificationStartedKind, Self.verifiedKind], session),
      event.kind == Self.verificationStartedKind,
      let seconds = try await session.seconds(from: event.happenedAt, to: try await session.now())
    else { return nil }
    return (event.happenedAt, seconds)
  }

  /// Moves the migration from `copying` to `copied` if mending has closed the last open range.
  package func settleCopied(_ session: any HistorySession) async throws {
    try await session.transaction {
      let migration = try await self.migration(session, locking: true)
      guard migration.phase == .copying, migration.isFrontierEmpty, try await totals(session).openRangeCount == 0 else {
        return
      }
      try await set(.copied, session)
    }
  }

  /// How many ranges were compared since `time`, and their rows as the journal counts them.
  package func compared(
    since time: String, _ session: any HistorySession
  ) async throws -> (rangeCount: UInt64, digest: RangeDigest) {
    var rangeCount: UInt64 = 0
    var digest = RangeDigest.empty
    var lower: UInt64? = 0
    while let from = lower {
      let page = try await ranges(from: from, limit: 1_000, states: [.copied], session)
      for entry in page where entry.verifiedAt.map({ $0 >= time }) ?? false {
        rangeCount += 1
        if let part = entry.digest { digest.add(part) }
      }
      lower = page.last.flatMap { $0.range.upper == .max ? nil : $0.range.upper + 1 }
    }
    return (rangeCount, digest)
  }
}
