internal import MigrationBase
internal import MigrationJournal
internal import StudentModuleHistory

/// Brings the copies of a range to the truth of the original: rows that are missing, that were changed after they were copied, and,
/// where that is allowed, copies whose original is gone.
///
/// Only of a range that was copied once. At that time it held no row but copies, and native rows have larger ids: what differs in it
/// now are copies.
struct RangeMender {
  /// What was mended, by rows.
  struct Mending: Sendable {
    var added = 0
    var changed = 0
    var removed = 0

    /// Copies whose original is gone, and that were left.
    var kept = 0

    var count: Int { added + changed + removed }
  }

  let journal: Journal
  let environment: Environment

  /// Whether copies whose original is gone are removed: only where an operator asks for it, and behind a fence that holds. A range of
  /// which the original table has no row left is never taken for deleted: the table is being emptied, and the copies are all there is.
  let removesStrangers: Bool

  /// How many bytes of rows are inserted at once, about.
  private static let batchByteCount = 1 << 20

  /// Mends one range in a transaction that holds the original rows locked, with its journal entry, and proves the result before it is
  /// committed.
  ///
  /// - Throws: ``MigrationError/digestMismatch(_:read:stored:rows:)``, ``MigrationError/leaseLost(_:)`` if another process has taken
  ///   the range, `HistoryStoreError`. Nothing is changed then.
  func mend(_ entry: JournalRange, _ attempt: Attempt<Mending>, _ lane: Lane) async throws -> Mending {
    do {
      try await lane.target.begin()
      if !lane.hasOneTransaction { try await lane.source.begin() }
      let mending = try await mendLocked(entry, attempt.token, lane)
      attempt.willCommit(mending)
      environment.reach(.beforeMendCommit)
      try await lane.target.commit()
      // Where the source does not say that it held its locks until now, the range stays unconfirmed.
      if !lane.hasOneTransaction, await lane.source.endHeld() {
        try await journal.confirmMended(entry, token: attempt.token, lane.target)
      }
      return mending
    } catch {
      await lane.target.rollback()
      if !lane.hasOneTransaction { await lane.source.rollback() }
      throw error
    }
  }

  private func mendLocked(
    _ entry: JournalRange, _ token: String, _ lane: Lane
  ) async throws -> Mending {
    let range = entry.range
    // The locks first: what is compared from here on stays as it is until the commit.
    let (wanted, byteCount) = try await lane.source.digest(of: range, locking: true, measuring: true)
    let limit = 1_000_000
    let comparison = RowComparison(
      original: try await lane.source.rowHashes(in: range, limit: limit),
      extended: try await lane.target.rowHashes(in: range, limit: limit))
    // Of a range that is being drained, a copy may be all there is of its row, and the original row under its id another one.
    let isDraining = entry.state == .draining
    let strangers = removesStrangers && !isDraining && wanted.rowCount > 0 ? comparison.strangers : []
    let replaced = isDraining ? [] : comparison.differing
    let inserted = comparison.missing + replaced
    // A row with the id 0 would get another one.
    guard !inserted.contains(0), try await areCopies(replaced + strangers, of: entry, lane.target) else {
      return Mending()
    }
    try await delete(replaced + strangers, lane.target)
    try await insert(inserted, lane)

    let kept = comparison.strangers.count - strangers.count
    let left = kept + comparison.differing.count - replaced.count
    if left == 0 {
      let stored = try await lane.target.digest(of: range, locking: false, measuring: false).digest
      guard stored == wanted else {
        throw MigrationError.digestMismatch(range, read: wanted, stored: stored, rows: [])
      }
      guard
        try await journal.mended(
          entry, digest: wanted, byteCount: byteCount, token: token, isConfirmed: lane.hasOneTransaction, lane.target)
      else {
        throw MigrationError.leaseLost(range)
      }
    } else {
      try await proveTouched(inserted, range, wanted, lane)
      guard try await journal.touch(entry, token: token, lane.target) else { throw MigrationError.leaseLost(range) }
      if isDraining, comparison.differing.isEmpty { try await journal.clearDrainError(entry, lane.target) }
    }
    return Mending(added: comparison.missing.count, changed: replaced.count, removed: strangers.count, kept: kept)
  }

  /// Proves the rows that were inserted where others of the range stay as they are.
  private func proveTouched(
    _ ids: [UInt64], _ range: IDRange, _ wanted: RangeDigest, _ lane: Lane
  ) async throws {
    guard !ids.isEmpty else { return }
    let limit = 1_000_000
    let after = RowComparison(
      original: try await lane.source.rowHashes(in: range, limit: limit),
      extended: try await lane.target.rowHashes(in: range, limit: limit))
    let touched = Set(ids)
    guard after.missing.isEmpty, after.differing.allSatisfy({ !touched.contains($0) }) else {
      throw MigrationError.digestMismatch(range, read: wanted, stored: .empty, rows: [])
    }
  }

  /// Whether all of these rows can be copies: a row that is younger than the range's copy was written by the LMS itself, under an id
  /// that a server has handed out twice (up to MySQL 5.7 a restart forgets AUTO_INCREMENT).
  private func areCopies(_ ids: [UInt64], of entry: JournalRange, _ session: any HistorySession) async throws -> Bool {
    guard let copiedAt = entry.copiedAt else { return true }
    for batch in ids.batches(of: 500) {
      let younger = try await session.ids(RowSelection(ids: Array(batch), createdAfter: copiedAt, limit: 1))
      if !younger.isEmpty { return false }
    }
    return true
  }

  private func delete(_ ids: [UInt64], _ session: any HistorySession) async throws {
    for batch in ids.batches(of: 500) {
      try await session.delete(RowSelection(ids: Array(batch)))
    }
  }

  private func insert(_ ids: [UInt64], _ lane: Lane) async throws {
    for batch in ids.sorted().batches(of: 200) {
      var records: [HistoryRecord] = []
      var byteCount = 0
      for record in try await lane.source.records(ids: Array(batch)).reversed() {
        let size = 200 + (record.state?.utf8.count ?? 0)
        if byteCount + size > Self.batchByteCount, !records.isEmpty {
          try await lane.target.insert(records)
          records.removeAll()
          byteCount = 0
        }
        records.append(record)
        byteCount += size
      }
      try await lane.target.insert(records)
    }
  }
}

extension Array {
  fileprivate func batches(of size: Int) -> [ArraySlice<Element>] {
    stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
  }
}
