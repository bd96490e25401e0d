internal import MigrationBase
internal import MigrationJournal
internal import StudentModuleHistory

/// Brings the copies of a range to the truth of the source: rows that are missing, that were changed after they were copied, and copies whose
/// original was deleted.
///
/// Only of a range that was copied once, below the ids of native rows: what differs in it are copies, unless the journal's digest or the
/// rows themselves say that the LMS wrote them.
struct RangeMender {
  /// What was mended, by rows.
  struct Mending: Sendable {
    var added = 0
    var changed = 0
    var removed = 0

    /// Of those that were removed, rows that went unasked, as learners' student modules were deleted.
    var orphans = 0

    /// Rows that only the target has, and that were left.
    var kept = KeptCopies()

    var count: Int { added + changed + removed }
  }

  let journal: Journal
  let environment: Environment

  /// Whether copies whose original is gone are removed whatever became of their student modules: only where an operator asks for it, and behind
  /// a fence that holds. A range of which the source has no row left is never taken for deleted then: the table is being emptied, and the
  /// copies are all there is.
  let removesStrangers: Bool

  /// Whether rows go whose student module was deleted: unless too many would (``DeletionLimits``).
  var removesOrphans = false

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
      // Where the source does not say that it held its locks until now, the range stays unconfirmed. What is removed at both ends goes from the
      // source with this, too: until then its rows are locked.
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
    var (wanted, byteCount) = try await lane.source.digest(of: range, locking: true, measuring: true)
    let limit = 1_000_000
    let originals = try await lane.source.rowHashes(in: range, limit: limit)
    let copies = try await lane.target.rowHashes(in: range, limit: limit)
    let comparison = RowComparison(original: originals, extended: copies)
    let sides = ChangedSides(copied: entry.digest, originals: originals, copies: copies)
    // Of a range that is being drained, a copy may be all there is of its row, and the original row under its id another one.
    let isDraining = entry.state == .draining
    var removal = Removal()
    if !isDraining { removal = try await self.removal(entry, comparison, sides, wanted, lane) }
    let replaced = isDraining ? [] : try await self.copies(among: comparison.differing, sides, lane)
    let inserted = comparison.missing.filter { !removal.fromSource.contains($0) } + replaced
    if entry.state == .copied, removal.fromTarget.isEmpty, comparison.isEqual { return Mending(kept: removal.kept) }
    // A row with the id 0 would get another one.
    guard !inserted.contains(0) else { return Mending() }
    if !removal.fromSource.isEmpty {
      try await delete(removal.fromSource.sorted(), lane.source)
      (wanted, byteCount) = try await lane.source.digest(of: range, locking: true, measuring: true)
    }
    try await delete(replaced + removal.fromTarget.sorted(), lane.target)
    try await insert(inserted, lane)

    let left =
      comparison.strangers.count { !removal.fromTarget.contains($0) } + comparison.differing.count - replaced.count
    if left == 0 {
      let stored = try await lane.target.digest(of: range, locking: false, measuring: false).digest
      guard stored == wanted else {
        throw MigrationError.digestMismatch(range, read: wanted, stored: stored, rows: [])
      }
      // A range that is being drained stays so, whoever else knows of it: what stands in both tables now can be removed.
      guard
        isDraining
          ? try await journal.beginDrainingAnew(entry, digest: wanted, token: token, lane.target)
          : try await journal.mended(
            entry, digest: wanted, byteCount: byteCount, token: token, isConfirmed: lane.hasOneTransaction, lane.target)
      else {
        throw MigrationError.leaseLost(range)
      }
    } else {
      try await proveTouched(inserted, range, wanted, lane)
      guard try await journal.touch(entry, token: token, lane.target) else { throw MigrationError.leaseLost(range) }
      if isDraining, comparison.differing.isEmpty { try await journal.clearDrainError(entry, lane.target) }
    }
    // In the same transaction: what was removed unasked is counted wherever it is gone.
    if removal.orphanCount > 0 { try await journal.recordDeleted(removal.orphanCount, range, lane.target) }
    return Mending(
      added: inserted.count - replaced.count, changed: replaced.count,
      removed: removal.fromSource.union(removal.fromTarget).count, orphans: removal.orphanCount, kept: removal.kept)
  }

  // MARK: What goes and what is replaced

  /// The rows that go, and those without an original that stay.
  private struct Removal {
    var fromTarget: Set<UInt64> = []
    var fromSource: Set<UInt64> = []
    var orphanCount = 0
    var kept = KeptCopies()
  }

  private func removal(
    _ entry: JournalRange, _ comparison: RowComparison, _ sides: ChangedSides, _ wanted: RangeDigest, _ lane: Lane
  ) async throws -> Removal {
    var removal = Removal()
    // What came to the target after the range was copied is no copy.
    let strangers = comparison.strangers.filter { sides[$0] != .extended }
    removal.kept.add(comparison.strangers.count - strangers.count, .native)
    let found = try await OrphanSearch.orphans(among: strangers, at: lane.target, locking: true, lane)
    var orphans = Set(found.orphans)
    var bereaved: Set<UInt64> = []
    if lane.direction == .back {
      // An LMS without the extended application deletes what came back, and not where it came from.
      let missing = try await OrphanSearch.orphans(among: comparison.missing, at: lane.source, locking: true, lane)
      let most = DeletionLimits.most(ofRange: wanted.rowCount) + 1
      let both = try await lane.target.idsWithoutStudentModule(in: entry.range, limit: most)
        .filter { !comparison.strangers.contains($0) }
      // Their student module may just be on its way: whoever begins one holds it locked.
      let standing = try await OrphanSearch.orphans(among: both, at: lane.target, locking: true, lane)
      bereaved = Set(missing.orphans).union(standing.orphans)
      orphans.formUnion(bereaved)
    }
    let isAllowed =
      removesOrphans
      && orphans.count <= DeletionLimits.most(ofRange: max(wanted.rowCount, entry.digest?.rowCount ?? 0))
    if isAllowed || removesStrangers {
      removal.orphanCount = orphans.count
      removal.fromTarget = orphans
      removal.fromSource = bereaved
    } else {
      removal.kept.add(orphans.count, .tooMany)
    }
    if removesStrangers, wanted.rowCount > 0 {
      removal.fromTarget.formUnion(strangers)
    } else {
      removal.kept.add(found.kept)
    }
    return removal
  }

  /// Those of the rows that differ that are copies: the source has changed since they were copied, or they are of its row's student module and
  /// second. All others the LMS has written, under an id that a server has handed out twice (up to MySQL 5.7 a restart forgets
  /// AUTO_INCREMENT).
  private func copies(among differing: [UInt64], _ sides: ChangedSides, _ lane: Lane) async throws -> [UInt64] {
    let doubtful = differing.filter { sides[$0] != .original }
    var natives: Set<UInt64> = []
    for batch in doubtful.batches(of: 500) {
      let selection = RowSelection(ids: Array(batch))
      let sources = StandingIDs.identities(try await lane.source.keys(selection))
      let targets = StandingIDs.identities(try await lane.target.keys(selection))
      natives.formUnion(batch.filter { sources[$0] != targets[$0] })
    }
    return differing.filter { !natives.contains($0) }
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
