package import MigrationBase

/// How the journal and the original database's record stand to each other. No I/O.
///
/// Who begins to drain a range writes the journal first, then the record, then removes rows; when none is left, the record first, then the
/// journal. Who takes draining back, as the way back does when all rows stand again, writes the record first. So either is at most one
/// number ahead of the other, and only in the ways that are told here.
package enum RecordStanding: Sendable, Hashable {
  case agrees
  /// Ranges were begun to be drained, and whoever did it died before the record knew: no row of them was removed.
  case begun
  /// Draining was taken back, and the journal does not know yet: all rows of those ranges stand.
  case takenBack
  case mismatch(RecordMismatch)

  /// - Parameters:
  ///   - journal: nil where there is none.
  ///   - record: nil where there is none. A journal without a number knows of none: it was made by an older csmh, or drained nothing.
  package init(_ journal: DrainKnowledge?, _ record: DrainRecord?) {
    guard let record else {
      self = journal?.number ?? 0 == 0 ? .agrees : .mismatch(.originalWentBack)
      return
    }
    // Of a record without a range that was drained nothing can be lost.
    guard let journal else {
      self = record.liveCount == 0 ? .agrees : .mismatch(.journalGone)
      return
    }
    guard journal.identity == record.identity else {
      self =
        record.liveCount > 0
        ? .mismatch(.anotherMigration) : journal.number == 0 ? .agrees : .mismatch(.originalWentBack)
      return
    }
    switch (journal.number, record.number) {
    case (let own, let other) where own == other:
      self =
        journal.liveCount < record.liveCount
        ? .mismatch(.journalWentBack)
        : journal.liveCount > record.liveCount || journal.drainedCount > record.drainedCount
          ? .mismatch(.originalWentBack) : .agrees
    case (let own, let other) where own == other + 1:
      let others = journal.liveCount.subtractingReportingOverflow(journal.begunCount).partialValue
      self =
        others == record.liveCount && journal.drainedCount <= record.drainedCount
        ? .begun : .mismatch(.originalWentBack)
    case (let own, let other) where other == own + 1 && record.last == .returned: self = .takenBack
    case (let own, let other): self = .mismatch(own < other ? .journalWentBack : .originalWentBack)
    }
  }
}
