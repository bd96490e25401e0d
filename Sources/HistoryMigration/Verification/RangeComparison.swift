internal import HistoryStores
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

  /// - Returns: the digest of the original rows, and the difference if there is one.
  /// - Throws: ``StoppedError`` if a stop was asked for before a difference was to be believed; what the databases throw.
  func compare(
    _ entry: JournalRange, _ lane: StorePair.Lane
  ) async throws -> (original: RangeDigest, difference: RangeDifference?) {
    var sides = try await digests(of: entry.range, lane)
    for look in 1..<max(2, looks) where sides.original != sides.extended && look < looks {
      guard try await stop.sleep(for: .milliseconds(100 << look)) else {
        throw StoppedError(reason: "\(entry.range) differed, and was to be looked at again")
      }
      sides = try await digests(of: entry.range, lane)
    }
    guard sides.original != sides.extended else { return (sides.original, nil) }
    let difference = try await rows(of: entry, sides.original, sides.extended, lane)
    if difference.rowCount == 0 {
      // What had differed is gone.
      sides = try await digests(of: entry.range, lane)
      if sides.original == sides.extended { return (sides.original, nil) }
    }
    return (sides.original, difference)
  }

  private func digests(
    of range: IDRange, _ lane: StorePair.Lane
  ) async throws -> (original: RangeDigest, extended: RangeDigest) {
    try await concurrently {
      try await lane.original.digest(of: range, locking: false, measuring: false).digest
    } _: {
      try await lane.extended.digest(of: range, locking: false, measuring: false).digest
    }
  }

  // MARK: The rows that differ

  /// Names the rows that differ. All hashes of a side come from one statement; rows are read later, and one that has become equal
  /// meanwhile is left out.
  private func rows(
    of entry: JournalRange, _ original: RangeDigest, _ extended: RangeDigest, _ lane: StorePair.Lane
  ) async throws -> RangeDifference {
    let (originals, copies) = try await concurrently {
      try await lane.original.rowHashes(in: entry.range, limit: Self.hashLimit)
    } _: {
      try await lane.extended.rowHashes(in: entry.range, limit: Self.hashLimit)
    }
    let comparison = RowComparison(original: originals, extended: copies)
    var candidates = (comparison.missing + comparison.differing + comparison.strangers).sorted()[...]
    let evidence = DifferenceCause.Evidence(
      copied: entry.digest, copiedAt: entry.copiedAt, original: original, extended: extended, startingID: startingID,
      changedSides: entry.digest.flatMap { Self.changedSides($0, originals, copies, differing: Set(candidates)) })
    var rows: [RangeDifference.Row] = []
    while rows.count < RangeDifference.listedRowCount, !candidates.isEmpty {
      let ids = Array(candidates.prefix(RangeDifference.listedRowCount - rows.count))
      candidates = candidates.dropFirst(ids.count)
      rows += try await stillDiffering(ids, evidence, lane)
    }
    return RangeDifference(
      range: entry.range, target: lane.extended.side, rows: rows, rowCount: rows.count + candidates.count)
  }

  private static func changedSides(
    _ copied: RangeDigest, _ originals: [(id: UInt64, hash: RowHash)], _ copies: [(id: UInt64, hash: RowHash)],
    differing ids: Set<UInt64>
  ) -> ChangedSides? {
    guard ids.count <= ChangedSides.rowLimit else { return nil }
    var digest = RangeDigest.empty
    var rows: [UInt64: ChangedSides.Row] = [:]
    for row in originals {
      digest.add(row.hash)
      if ids.contains(row.id) { rows[row.id] = ChangedSides.Row(id: row.id, original: row.hash, extended: nil) }
    }
    for row in copies where ids.contains(row.id) {
      rows[row.id, default: ChangedSides.Row(id: row.id, original: nil, extended: nil)].extended = row.hash
    }
    return ChangedSides(copied: copied, original: digest, rows: Array(rows.values))
  }

  private func stillDiffering(
    _ ids: [UInt64], _ evidence: DifferenceCause.Evidence, _ lane: StorePair.Lane
  ) async throws -> [RangeDifference.Row] {
    let originals = try await Self.records(ids, lane.original)
    let copies = try await Self.records(ids, lane.extended)
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
          id: id, kind: kind, columns: columns, original: lane.isWayBack ? copy : original,
          extended: lane.isWayBack ? original : copy,
          cause: DifferenceCause(kind, id: id, original: original, extended: copy, evidence)))
    }
    return rows
  }

  /// The rows with these ids, in one statement; a nil record stands for a row that is none, with a negative student module say.
  private static func records(
    _ ids: [UInt64], _ session: any HistorySession
  ) async throws -> [UInt64: HistoryRecord?] {
    let list = ids.map { String($0) }.joined(separator: ", ")
    let rows = try await session.rows(
      "SELECT \(HistoryRecord.columnsSQL) FROM \(session.tableSQL) WHERE id IN (\(list))")
    return Dictionary(
      uniqueKeysWithValues: rows.compactMap { row in row[0].unsignedValue.map { ($0, HistoryRecord(columns: row)) } })
  }

  private static func isEqual(_ id: UInt64, _ lane: StorePair.Lane) async throws -> Bool {
    let range = IDRange(id, id)
    let original = try await lane.original.rowHashes(in: range, limit: 1)
    let copy = try await lane.extended.rowHashes(in: range, limit: 1)
    return original.map(\.hash) == copy.map(\.hash)
  }
}
