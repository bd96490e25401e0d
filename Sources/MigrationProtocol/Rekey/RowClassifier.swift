internal import MigrationJournal
internal import StudentModuleHistory

/// Finds out what rows of the extended table are, by their originals and the journal.
struct RowClassifier {
  let journal: Journal

  /// What the rows with these ids are. Rows that are gone meanwhile are left out.
  ///
  /// With locks: the originals share-locked first and the rows after them, in the order in which the LMS deletes from the two tables.
  /// What was found holds until the transactions end.
  ///
  /// - Parameter look: how rows are looked at again that look native because they have no original; not with locks, behind which
  ///   a deletion would wait. Default: they are not.
  func standings(
    of ids: [UInt64], locking: Bool, again look: SecondLook? = nil, _ lane: Lane
  ) async throws -> [UInt64: RowStanding] {
    let original = try await lane.source.rowHashes(ids: ids, shiftedBy: .none, locking: locking ? .share : .none)
    let extended = try await lane.target.rowHashes(ids: ids, shiftedBy: .none, locking: locking ? .update : .none)
    let comparison = RowComparison(original: original, extended: extended)
    var standings = Dictionary(uniqueKeysWithValues: extended.map { ($0.id, RowStanding.copy) })
    let suspects = comparison.differing + comparison.strangers
    // After the locks: a range that was copied before them is seen.
    let cameLater = try await LateRows(journal: journal).among(suspects, lane)
    let known = try await identities(comparison.differing, lane.source)
    let standing = try await identities(comparison.differing, lane.target)
    for id in suspects {
      standings[id] = RowStanding(
        isEqual: false, cameLater: cameLater[id], hasSameIdentity: known[id] != nil && known[id] == standing[id])
    }
    let natives = comparison.strangers.filter { standings[$0] == .native }
    let staying = Set(try await look?.staying(natives, lane) ?? natives)
    for id in natives where !staying.contains(id) { standings[id] = nil }
    return standings
  }

  /// Student module and time, to the second: two different answers hardly share both, and neither changes with a column's precision.
  private func identities(_ ids: [UInt64], _ session: any HistorySession) async throws -> [UInt64: String] {
    guard !ids.isEmpty else { return [:] }
    return StandingIDs.identities(try await session.keys(RowSelection(ids: ids)))
  }
}
