package import MigrationBase
package import MigrationJournal
internal import StudentModuleHistory

/// What a reconciliation found, and what it does about it.
package struct ReconciliationPlan: Sendable {
  /// nil where journal and record agree.
  package internal(set) var mismatch: RecordMismatch?

  /// What both sides say.
  package internal(set) var seen = ""

  /// The migration's name, and the number that both sides get.
  var identity = ""
  var number: UInt64 = 0

  /// Whether the journal is built anew from the record.
  package internal(set) var isJournalNew = false

  /// What becomes of the ranges of which either side knows that they were drained, by ascending ids.
  package internal(set) var ranges: [Journal.Reconciled] = []

  /// How many of the rows that were drained stand in neither table.
  package internal(set) var lostRowCount: UInt64 = 0

  /// What is made in the extended database first.
  var changes: [SchemaChange] = []

  mutating func add(_ decided: (range: Journal.Reconciled, lost: UInt64)) {
    ranges.append(decided.range)
    lostRowCount += decided.lost
  }

  package func rangeCount(_ states: ReconciledState...) -> Int { ranges.count { states.contains($0.state) } }

  /// Whether both sides know the same, or will, and every row that was drained stands somewhere.
  package var isComplete: Bool { lostRowCount == 0 }

  /// In a sentence without a full stop.
  package var sentence: String {
    guard let mismatch else { return "the journal and the original database's record agree" }
    return mismatch.sentence + ": "
      + (isJournalNew ? "the journal is built anew from the original database's record, " : "")
      + "\(rangeCount(.draining, .drained)) ranges are drained or being drained, \(rangeCount(.copied)) are copied"
      + (lostRowCount > 0 ? ", and \(lostRowCount) rows that were drained stand in neither table" : "")
  }
}
