internal import MigrationBase
internal import MigrationJournal
internal import StudentModuleHistory

/// Moves the rows of a window to other ids, in one short transaction that proves itself.
struct RowMove {
  /// What became of a window.
  struct Result: Sendable {
    /// The moved rows, under their new ids.
    var digest = RangeDigest.empty

    /// Rows whose new id another row has, or may not be used; they stay where they are.
    var blocked: [UInt64] = []

    /// The old and new ids of the rows that were moved.
    var sources: [UInt64] = []
    var targets: [UInt64] = []
  }

  let journal: Journal
  let environment: Environment
  let shift: IDShift

  /// Moves those of these rows that are native, as the locked tables say.
  func up(_ ids: [UInt64], _ attempt: Attempt<Result>, _ lane: Lane) async throws -> Result {
    try await transaction(lane, attempt, lockingOriginal: true) {
      let standings = try await RowClassifier(journal: journal).standings(of: ids, locking: true, lane)
      let natives = ids.filter { standings[$0] == .native }
      // The original table may have grown since the plan was made.
      let floor = try await lane.source.ids(RowSelection(order: .descending, limit: 1)).first ?? 0
      let result = try await move(natives, lane.target) { $0.filter { $0 <= floor } }
      if let lowest = natives.min() { try await journal.lowerRekey(to: lowest, lane.target) }
      return result
    }
  }

  /// Moves these rows back.
  func down(_ ids: [UInt64], _ attempt: Attempt<Result>, _ lane: Lane) async throws -> Result {
    try await transaction(lane, attempt, lockingOriginal: false) {
      try await move(ids, lane.target) { Array(try await journal.inRangesOfCopies($0, lane.target)) }
    }
  }

  /// What an attempt did whose answer did not arrive; nil if it did not happen. Rows stand under the new ids, and
  /// none under the old ones: the new ids were free when it looked, and the LMS is given neither. (A copy may stand under the new id of a
  /// row that moves down and did not: then that row is still where it was.)
  func arrived(_ attempt: Attempt<Result>, _ lane: Lane) async throws -> Result? {
    guard let result = attempt.value, try await !standing(result.targets, lane.target).isEmpty,
      try await standing(result.sources, lane.target).isEmpty
    else { return nil }
    return result
  }

  private func transaction(
    _ lane: Lane, _ attempt: Attempt<Result>, lockingOriginal: Bool, _ body: () async throws -> Result
  ) async throws -> Result {
    let locksOriginal = lockingOriginal && !lane.hasOneTransaction
    do {
      if locksOriginal { try await lane.source.begin() }
      try await lane.target.begin()
      let result = try await body()
      environment.reach(.beforeRekeyCommit)
      // The original's locks may be gone by now, as its server ends silent sessions. What was native under them stays native, whatever
      // becomes of the original row.
      attempt.willCommit(result)
      try await lane.target.commit()
      environment.reach(.afterRekeyCommit)
      if locksOriginal { await lane.source.rollback() }
      return result
    } catch {
      await lane.target.rollback()
      if locksOriginal { await lane.source.rollback() }
      throw error
    }
  }

  private func move(
    _ ids: [UInt64], _ session: any HistorySession, forbidden: ([UInt64]) async throws -> [UInt64]
  ) async throws -> Result {
    var result = Result()
    let targets = ids.compactMap { shift.applied(to: $0) }
    guard !targets.isEmpty, targets.count == ids.count else { return result }
    var unusable = Set(try await forbidden(targets))
    unusable.formUnion(try await standing(targets, session))
    let movable = ids.filter { !unusable.contains(shift.applied(to: $0)!) }
    result.blocked = ids.filter { unusable.contains(shift.applied(to: $0)!) }
    guard !movable.isEmpty else { return result }
    let wanted = try await session.rowHashes(ids: movable, shiftedBy: shift, locking: .update)
    // Only what is there still: the LMS deletes when it likes.
    let present = wanted.map(\.id)
    guard !present.isEmpty else { return result }
    result.sources = present
    result.targets = present.map { shift.applied(to: $0)! }
    let changed = try await session.move(ids: present, by: shift)
    let arrived = try await session.rowHashes(
      ids: result.targets, shiftedBy: .none, locking: .none)
    for row in arrived { result.digest.add(row.hash) }
    guard changed == present.count, arrived.map(\.hash) == wanted.map(\.hash) else {
      var read = RangeDigest.empty
      for row in wanted { read.add(row.hash) }
      throw MigrationError.digestMismatch(
        IDRange(present.min()!, present.max()!), read: read, stored: result.digest, rows: [])
    }
    return result
  }

  /// Those of these ids that a row has.
  func standing(_ ids: [UInt64], _ session: any HistorySession) async throws -> [UInt64] {
    guard !ids.isEmpty else { return [] }
    return try await session.ids(RowSelection(ids: ids))
  }
}
