internal import MigrationBase
package import StudentModuleHistory

/// Writes what a reconciliation found.
extension Journal {
  /// A range as it is to be from now on.
  package struct Reconciled: Sendable, Hashable {
    package var range: IDRange
    package var state: ReconciledState

    /// What the extended table is to hold of it.
    package var digest: RangeDigest

    /// The number under which its draining began, or was taken back.
    package var number: UInt64

    /// What is wrong with it; nil if nothing.
    package var error: String?

    package init(range: IDRange, state: ReconciledState, digest: RangeDigest, number: UInt64, error: String? = nil) {
      self.range = range
      self.state = state
      self.digest = digest
      self.number = number
      self.error = error
    }

    /// As the original database records it.
    package var recorded: RecordedRange {
      RecordedRange(
        range: range, state: state == .copied ? .returned : state == .drained ? .drained : .draining, digest: digest,
        number: number)
    }
  }

  /// Brings the entries of ranges to what they are to be; what is copied has to be compared anew, and the fence taken anew.
  ///
  /// - Parameters:
  ///   - ranges: each with the bounds of an entry.
  ///   - number: of the journal from now on.
  package func reconcile(_ ranges: [Reconciled], number: UInt64, _ extended: any HistorySession) async throws {
    try await extended.transaction {
      let migration = try await migration(extended, locking: true)
      try await extended.update(
        .range, set: [JournalChange(.verifiedAt, .null), .nextAttempt], where: [.isIn(.copied)])
      for range in ranges where range.state != .untouched {
        try await extended.update(
          .range, set: Self.changes(range),
          where: [.equal(.lowerID, .number(range.range.lower)), .equal(.upperID, .number(range.range.upper))])
      }
      try await change(
        [
          JournalChange(.recordNumber, .number(max(number, migration.recordNumber))), JournalChange(.fenceID, .null),
          JournalChange(.fenceNextID, .null), JournalChange(.fencedAt, .null),
        ], extended)
      try await move(from: [.drained, .verified], to: .copied, extended)
    }
  }

  private static func changes(_ range: Reconciled) -> [JournalChange] {
    let count = JournalValue.number(range.digest.rowCount)
    let hash = JournalValue.text(range.digest.hash.description)
    var changes = [
      JournalChange(.recordNumber, .number(range.number)), JournalChange(.lastError, .text(range.error)),
      JournalChange(.leaseExpiresAt, .null), .nextAttempt,
    ]
    switch range.state {
    case .untouched: break
    case .copied:
      changes += [
        .state(.copied), JournalChange(.rowCount, count), JournalChange(.digest, hash),
        JournalChange(.drainedCount, .null), JournalChange(.drainedDigest, .null), JournalChange(.drainedAt, .null),
        JournalChange(.verifiedAt, .null),
      ]
    case .draining, .drained:
      changes += [
        .state(range.state == .drained ? .drained : .draining), JournalChange(.drainedCount, count),
        JournalChange(.drainedDigest, hash),
      ]
    }
    return changes
  }

  /// Fills a journal that was begun anew: the ranges that were drained, and what lies between them, which is to be copied.
  ///
  /// - Parameter ranges: by ascending ids; none overlaps another.
  package func fill(_ ranges: [Reconciled], number: UInt64, _ extended: any HistorySession) async throws {
    try await extended.transaction {
      _ = try await migration(extended, locking: true)
      var next: UInt64 = 0
      for range in ranges {
        if range.range.lower > next { try await insertOpen(IDRange(next, range.range.lower - 1), extended) }
        next = range.range.upper + 1
        guard range.state != .copied else {
          try await insertOpen(range.range, extended)
          continue
        }
        try await extended.insert(
          into: .range,
          [
            JournalChange(.lowerID, .number(range.range.lower)), JournalChange(.upperID, .number(range.range.upper)),
            JournalChange(.attempts, .number(UInt64(1))), JournalChange(.copiedAt, .now), .state(.draining),
            JournalChange(.drainedCount, .number(range.digest.rowCount)),
            JournalChange(.drainedDigest, .text(range.digest.hash.description)),
            JournalChange(.recordNumber, .number(range.number)), JournalChange(.lastError, .text(range.error)),
          ] + JournalChange.digest(range.digest), unless: [])
      }
      try await change(
        [
          JournalChange(.recordNumber, .number(number)), JournalChange(.phase, .text(Phase.copying.rawValue)),
          JournalChange(.upperBound, .number(ranges.last?.range.upper)),
        ], extended)
    }
  }

  private func insertOpen(_ range: IDRange, _ extended: any HistorySession) async throws {
    try await extended.insert(
      into: .range,
      [
        JournalChange(.lowerID, .number(range.lower)), JournalChange(.upperID, .number(range.upper)), .state(.pending),
        JournalChange(.attempts, .number(UInt64(0))),
      ], unless: [])
  }
}
