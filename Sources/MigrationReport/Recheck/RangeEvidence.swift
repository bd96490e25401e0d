internal import StudentModuleHistory

/// What is known of a range whose rows are not those of the manifest, and what follows from it. No I/O.
///
/// The manifest holds no ids: only how many rows there were, and the exclusive or of their hashes. Therefore the exclusive or of the
/// manifest's hash and the present one is that of the hashes of all rows that are gone, came, or were changed (with both contents).
/// Whatever set of rows has just that exclusive or, and just that number, is the answer, but for a chance of 2^-128.
struct RangeEvidence {
  typealias HashedRow = (id: UInt64, hash: RowHash)

  /// What the original table has to say.
  enum Original {
    /// It was not asked.
    case notAsked
    /// Rows of the range were drained: it is no measure any more.
    case drained
    case rows([HashedRow])
  }

  let range: IDRange
  let manifest: RangeDigest

  /// The rows that the extended table has now, by ascending id.
  let extended: [HashedRow]
  var original = Original.notAsked

  /// Rows of the extended table that are younger than the range's copy.
  var youngerIDs: [UInt64] = []

  var present: RangeDigest { RangeDigest(extended) }

  /// The exclusive or of the hashes of all rows that are not as they were.
  private var difference: RowHash {
    var hash = manifest.hash
    hash ^= present.hash
    return hash
  }

  /// What is to be told, or nil if the range is as the manifest says.
  var finding: RangeFinding.Verdict? {
    let present = present
    guard present != manifest else { return nil }
    if case .rows(let rows) = original, let verdict = verdict(by: rows, present) { return verdict }
    if present.rowCount < manifest.rowCount { return short(by: manifest.rowCount - present.rowCount) }
    if present.rowCount > manifest.rowCount { return extra(by: present.rowCount - manifest.rowCount) }
    return RangeFinding.Verdict(
      kind: .changed,
      sentence: "as many rows as the manifest says, with other content: rows were changed, or as many were removed as"
        + " added. Which ones cannot be told from the manifest alone" + originalHint)
  }

  // MARK: By the manifest alone

  private func short(by count: UInt64) -> RangeFinding.Verdict {
    let gone = "\(count) \(count == 1 ? "row is" : "rows are") gone"
    if extended.isEmpty { return RangeFinding.Verdict(kind: .short, sentence: "all \(count) rows are gone") }
    let rest = "whether the others are unchanged cannot be told from the manifest alone" + originalHint
    guard let absent = absentIDs, absent.count == count else {
      return RangeFinding.Verdict(kind: .short, sentence: "\(gone); which ones, and \(rest)")
    }
    return RangeFinding.Verdict(
      kind: .short, missingIDs: absent,
      sentence: "\(gone): \(absent.listed), as every id of the range had a row; \(rest)")
  }

  /// The ids that have no row, if the manifest says that every id of the range had one. The first range begins at 0, an id that no
  /// server hands out; a row that has it makes one id too many absent, and nothing is named.
  private var absentIDs: [UInt64]? {
    let isDense = range.idCount == manifest.rowCount
    let isDenseFromOne = range.lower == 0 && range.upper == manifest.rowCount
    guard isDense || isDenseFromOne else { return nil }
    let present = Set(extended.map(\.id))
    return (max(range.lower, isDenseFromOne ? 1 : 0)...range.upper).filter { !present.contains($0) }
  }

  private func extra(by count: UInt64) -> RangeFinding.Verdict {
    let more = "\(count) more \(count == 1 ? "row" : "rows") than the manifest says"
    if let ids = added(count) {
      return RangeFinding.Verdict(
        kind: .extra, addedIDs: ids, sentence: "\(more): \(ids.listed); without them the range is as it was")
    }
    if !youngerIDs.isEmpty {
      return RangeFinding.Verdict(
        kind: .extra, addedIDs: youngerIDs,
        sentence: "\(more); younger than the range's copy: \(youngerIDs.listed); these alone do not explain it")
    }
    return RangeFinding.Verdict(
      kind: .extra, sentence: "\(more); which ones cannot be told from the manifest alone" + originalHint)
  }

  /// The rows without which the range would be as it was: one or two are looked for among all, more among the younger ones.
  private func added(_ count: UInt64) -> [UInt64]? {
    let difference = difference
    if count == 1 { return extended.first { $0.hash == difference }.map { [$0.id] } }
    if count == 2 {
      var seen: [RowHash: UInt64] = [:]
      for row in extended {
        var wanted = difference
        wanted ^= row.hash
        if let other = seen[wanted] { return [other, row.id] }
        seen[row.hash] = row.id
      }
      return nil
    }
    let ids = Set(youngerIDs)
    return ids.count == count && RangeDigest(extended.filter { ids.contains($0.id) }).hash == difference
      ? youngerIDs : nil
  }

  private var originalHint: String {
    switch original {
    case .notAsked: ""
    case .drained: "; the original rows were drained"
    case .rows: "; the original table has other rows by now, too"
    }
  }

  // MARK: With the original table

  private func verdict(by rows: [HashedRow], _ present: RangeDigest) -> RangeFinding.Verdict? {
    let originals = RangeDigest(rows)
    if originals == present {
      guard present.rowCount < manifest.rowCount else {
        return RangeFinding.Verdict(
          kind: present.rowCount > manifest.rowCount ? .extra : .changed,
          sentence:
            "the original table has the very same rows: it has changed since the manifest, and the copies with it")
      }
      let count = manifest.rowCount - present.rowCount
      return RangeFinding.Verdict(
        kind: .short,
        sentence: "\(count) \(count == 1 ? "row is" : "rows are") gone from both tables; the others are equal in both")
    }
    let comparison = RowComparison(original: rows, extended: extended)
    if originals == manifest { return verdict(by: comparison) }
    // The original table is not what it was, but the rows that it has still may explain what the extended one lacks.
    let missing = Set(comparison.missing)
    guard present.rowCount + UInt64(missing.count) == manifest.rowCount,
      RangeDigest(rows.filter { missing.contains($0.id) }).hash == difference
    else { return nil }
    return short(proven: comparison.missing)
  }

  private func verdict(by comparison: RowComparison) -> RangeFinding.Verdict {
    guard !comparison.differing.isEmpty || !comparison.strangers.isEmpty else {
      return short(proven: comparison.missing)
    }
    let parts = [
      ("changed", comparison.differing), ("gone", comparison.missing), ("added", comparison.strangers),
    ].filter { !$0.1.isEmpty }.map { "\($0.0): \($0.1.listed)" }
    return RangeFinding.Verdict(
      kind: comparison.differing.isEmpty && comparison.missing.isEmpty ? .extra : .changed,
      missingIDs: comparison.missing, changedIDs: comparison.differing, addedIDs: comparison.strangers,
      sentence: parts.joined(separator: "; ") + "; all others are as they were")
  }

  private func short(proven ids: [UInt64]) -> RangeFinding.Verdict {
    RangeFinding.Verdict(
      kind: .short, missingIDs: ids,
      sentence: "\(ids.count) \(ids.count == 1 ? "row is" : "rows are") gone: \(ids.listed), which the original table"
        + " still has; all others are as they were")
  }
}

extension RangeDigest {
  fileprivate init(_ rows: [RangeEvidence.HashedRow]) {
    self.init()
    for row in rows { add(row.hash) }
  }
}

extension [UInt64] {
  /// The first ids, and how many there are more.
  fileprivate var listed: String {
    let shown = prefix(RangeFinding.listedIDCount).map { String($0) }.joined(separator: ", ")
    let rest = count - Swift.min(count, RangeFinding.listedIDCount)
    return "\(count == 1 ? "id" : "ids") \(shown)" + (rest > 0 ? " and \(rest) more" : "")
  }
}
