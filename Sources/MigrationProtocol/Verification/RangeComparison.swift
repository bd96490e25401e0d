internal import MigrationBase
internal import MigrationJournal
internal import StudentModuleHistory

/// Compares one range, both sides read from the databases at the same time, without locks.
///
/// The digest of a side comes from one statement, and so from one snapshot of its server. The two servers have no snapshot in common:
/// while the LMS writes, a difference may be no more than the moment between two statements.
struct RangeComparison {
  let startingID: UInt64

  /// How often a difference is looked at before it is believed. The LMS deletes a student module's rows from both tables one after the
  /// other, and a comparison may fall in between.
  let looks: Int

  /// Wakes it between two looks.
  var stop = StopSignal()

  /// How many rows of a side are hashed at most, to name those that differ. A copied range has fewer.
  private static let hashLimit = 200_000

  /// - Returns: the digest of the source's rows, and the difference if there is one.
  /// - Throws: ``StoppedError`` if a stop was asked for before a difference was to be believed; what the databases throw.
  func compare(
    _ entry: JournalRange, _ lane: Lane
  ) async throws -> (source: RangeDigest, difference: RangeDifference?) {
    var sides = try await lane.digests(of: entry.range)
    for look in 1..<max(2, looks) where sides.source != sides.target && look < looks {
      guard try await stop.sleep(for: .milliseconds(100 << look)) else {
        throw StoppedError(reason: "\(entry.range) differed, and was to be looked at again")
      }
      sides = try await lane.digests(of: entry.range)
    }
    guard sides.source != sides.target else { return (sides.source, nil) }
    let difference = try await rows(of: entry, sides.source, sides.target, lane)
    if difference.rowCount == 0 {
      // What had differed is gone.
      sides = try await lane.digests(of: entry.range)
      if sides.source == sides.target { return (sides.source, nil) }
    }
    return (sides.source, difference)
  }

  // MARK: The rows that differ

  /// Names the rows that differ. All hashes of a side come from one statement; rows are read later, and one that has become equal
  /// meanwhile is left out.
  private func rows(
    of entry: JournalRange, _ original: RangeDigest, _ extended: RangeDigest, _ lane: Lane
  ) async throws -> RangeDifference {
    let (originals, copies) = try await concurrently {
      try await lane.source.rowHashes(in: entry.range, limit: Self.hashLimit)
    } _: {
      try await lane.target.rowHashes(in: entry.range, limit: Self.hashLimit)
    }
    let comparison = RowComparison(original: originals, extended: copies)
    var candidates = (comparison.missing + comparison.differing + comparison.strangers).sorted()[...]
    let evidence = DifferenceCause.Evidence(
      copied: entry.digest, original: original, extended: extended, startingID: startingID,
      changedSides: ChangedSides(
        copied: entry.digest, originals: originals, copies: copies, differing: Set(candidates)))
    var rows: [RangeDifference.Row] = []
    while rows.count < RangeDifference.listedRowCount, !candidates.isEmpty {
      let ids = Array(candidates.prefix(RangeDifference.listedRowCount - rows.count))
      candidates = candidates.dropFirst(ids.count)
      rows += try await stillDiffering(ids, evidence, lane)
    }
    return RangeDifference(
      range: entry.range, target: lane.target.side, rows: rows, rowCount: rows.count + candidates.count)
  }

  private func stillDiffering(
    _ ids: [UInt64], _ evidence: DifferenceCause.Evidence, _ lane: Lane
  ) async throws -> [RangeDifference.Row] {
    let originals = try await lane.source.recordsIfReadable(ids: ids)
    let copies = try await lane.target.recordsIfReadable(ids: ids)
    var rows: [RangeDifference.Row] = []
    for id in ids {
      let kind: RangeDifference.Kind
      var columns: [String] = []
      switch (originals[id], copies[id]) {
      case (nil, nil): continue
      case (_?, nil): kind = .missing
      case (nil, _?): kind = .stranger
      case (let original?, let copy?):
        kind = .differs
        if let original, let copy { columns = original.differingColumns(from: copy) }
        // What looks equal here may differ in bytes that a connection does not show: the servers have the last word.
        if columns.isEmpty, try await Self.isEqual(id, lane) { continue }
      }
      let (original, copy) = (originals[id] ?? nil, copies[id] ?? nil)
      rows.append(
        RangeDifference.Row(
          id: id, kind: kind, columns: columns, original: lane.direction == .back ? copy : original,
          extended: lane.direction == .back ? original : copy,
          cause: DifferenceCause(kind, id: id, original: original, extended: copy, evidence)))
    }
    return rows
  }

  private static func isEqual(_ id: UInt64, _ lane: Lane) async throws -> Bool {
    let range = IDRange(id, id)
    let original = try await lane.source.rowHashes(in: range, limit: 1)
    let copy = try await lane.target.rowHashes(in: range, limit: 1)
    return original.map(\.hash) == copy.map(\.hash)
  }
}
