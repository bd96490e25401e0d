internal import MigrationJournal
internal import StudentModuleHistory

/// Tells rows of the extended table that came into a range after it was copied from copies, by ids and the journal's digest: the LMS wrote them
/// itself, under ids that a server has handed out twice.
struct LateRows {
  let journal: Journal

  /// How many rows of a range are hashed at most.
  private static let hashLimit = 1_000_000

  /// Those of these ids that lie in a range that was copied once, whatever was found in it since; and whether what stands there came
  /// later.
  ///
  /// - Parameter ids: of rows that are not equal to their originals, or have none.
  func among(_ ids: [UInt64], _ lane: Lane) async throws -> [UInt64: Bool] {
    var answers: [UInt64: Bool] = [:]
    for range in try await journal.copiedRanges(of: ids, lane.target) {
      let inside = ids.filter(range.ids.contains)
      guard let copied = range.copied else {
        for id in inside { answers[id] = false }
        continue
      }
      let sides = ChangedSides(
        copied: copied, originals: try await lane.source.rowHashes(in: range.ids, limit: Self.hashLimit),
        copies: try await lane.target.rowHashes(in: range.ids, limit: Self.hashLimit))
      let doubtful = inside.filter { sides[$0] == .extended }
      // Of the same student module and second as its original: a copy that was changed.
      let sources = StandingIDs.identities(try await keys(doubtful, lane.source))
      let targets = StandingIDs.identities(try await keys(doubtful, lane.target))
      for id in inside { answers[id] = sides[id] == .extended && sources[id] != targets[id] }
      guard sides.isContradictory else { continue }
      // A row whose id was handed out again after both the original and its copy were deleted; what is only an orphan is none.
      let standing = Set(try await keys(inside, lane.source).map(\.id))
      let strangers = inside.filter { !standing.contains($0) }
      let orphans = try await OrphanSearch.orphans(among: strangers, at: lane.target, locking: false, lane).orphans
      for id in strangers where !orphans.contains(id) { answers[id] = true }
    }
    return answers
  }

  private func keys(_ ids: [UInt64], _ session: any HistorySession) async throws -> [RowKey] {
    ids.isEmpty ? [] : try await session.keys(RowSelection(ids: ids))
  }
}
