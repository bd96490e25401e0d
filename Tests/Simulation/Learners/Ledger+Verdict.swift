package import StudentModuleHistory

extension Ledger {
  /// What contradicts the truth in what two tables hold.
  ///
  /// At any moment: no row that was surely written and not deleted is gone from both tables; no row of its own stands in a table that it
  /// was surely deleted from; every row is one that somebody wrote, as it was written, and stands once. A copy may be late: it has a
  /// grade that its original had, and stands until its deletion is caught up with.
  ///
  /// - Parameters:
  ///   - isComplete: whether everything was copied and caught up with: every row of the original table has an equal copy, and no copy
  ///     is late.
  ///   - isMoved: whether csmh may have given native rows other ids.
  ///   - isBack: whether a way back has begun: then native rows may stand in the original table too, and what stands there may be as late
  ///     as copies are.
  package func contradictions(
    original: [HistoryRecord], extended: [HistoryRecord], isComplete: Bool = false, isMoved: Bool = false,
    isBack: Bool = false
  ) -> [String] {
    var found: [String] = []
    var standing: [HistorySide: [Int: HistoryRecord]] = [:]
    for (side, rows) in [(HistorySide.original, original), (.extended, extended)] {
      for row in rows {
        guard let number = Self.number(of: row), entries.indices.contains(number - 1) else {
          found.append("\(side): nobody wrote the row \(row.id)")
          continue
        }
        let entry = entries[number - 1]
        let mayBeLate = (side != entry.side || (isBack && side == .original)) && !isComplete
        if let objection = objection(
          to: row, on: side, entry, mayBeLate: mayBeLate, isMoved: isMoved, isBack: isBack)
        {
          found.append("\(side): the row \(row.id) (number \(number)) \(objection)")
        }
        if standing[side, default: [:]].updateValue(row, forKey: number) != nil {
          found.append("\(side): number \(number) stands twice")
        }
      }
    }
    for entry in entries {
      let first = standing[.original]?[entry.number]
      let second = standing[.extended]?[entry.number]
      let name = "number \(entry.number) (\(entry.side), id \(entry.id.map(String.init) ?? "?"))"
      if first == nil, second == nil, entry.written.certainty == .surely, !entry.mayBeDeleted {
        found.append("\(name) is lost")
      }
      if isComplete, first != nil, first != second { found.append("\(name) has no equal copy") }
    }
    return found
  }

  private func objection(
    to row: HistoryRecord, on side: HistorySide, _ entry: Entry, mayBeLate: Bool, isMoved: Bool, isBack: Bool
  ) -> String? {
    if row.studentModuleID != entry.studentModuleID { return "has another student module" }
    let grades = mayBeLate ? entry.grades.map(\.value) : entry.possibleGrades
    if !grades.contains(row.grade ?? -1) { return "has the grade \(row.grade ?? -1), not one of \(grades)" }
    if entry.written.certainty == .no { return "was never written" }
    if side == .original, entry.side == .extended, !isBack { return "is a native row of the extended table" }
    if let id = entry.id, id != row.id, !(isMoved && entry.side == .extended) { return "was written with the id \(id)" }
    // A copy whose original may stand has come back rightly.
    let isDeleted =
      entry.deleted[side]?.certainty == .surely
      && (side == entry.side || entry.deleted[.original]?.certainty == .surely)
    return isDeleted && !mayBeLate ? "was deleted" : nil
  }

  /// Copies that stand although their original was surely deleted, by processes that did not know of the extended table.
  package func halfDeleted(extended: [HistoryRecord]) -> [UInt64] {
    extended.filter { row in
      guard let number = Self.number(of: row), entries.indices.contains(number - 1) else { return false }
      let deleted = entries[number - 1].deleted
      return deleted[.original]?.certainty == .surely && deleted[.extended] == nil
    }.map(\.id)
  }

  /// What contradicts the truth at the end of a way back, when nobody has written to the extended table for a while: every row of it
  /// stands in the original table, each as it was surely made last, and what was surely deleted stands there only where the extended
  /// table still holds it.
  package func contradictionsOfReturn(original: [HistoryRecord], extended: [HistoryRecord]) -> [String] {
    let (rows, held) = (Set(original.map(\.id)), Set(extended.map(\.id)))
    var found: [String] = []
    for row in extended where !rows.contains(row.id) && !mayBeDeleted(row) {
      found.append("the row \(row.id) of the extended table is not back")
    }
    for row in original {
      guard let number = Self.number(of: row), entries.indices.contains(number - 1) else { continue }
      let entry = entries[number - 1]
      if !entry.possibleGrades.contains(row.grade ?? -1) {
        found.append("the row \(row.id) has the grade \(row.grade ?? -1), not one of \(entry.possibleGrades)")
      }
      if entry.deleted[entry.side]?.certainty == .surely, !held.contains(row.id) {
        found.append("the row \(row.id) was deleted, and is back")
      }
    }
    return found
  }
}
