import MigrationJournal
import StudentModuleHistory
import Testing

/// What becomes of a range of which journal and record say different things.
struct ReconciledStateTests {
  private static func digest(_ count: UInt64) -> RangeDigest {
    RangeDigest(rowCount: count, hash: RowHash(high: count, low: 0))
  }

  private typealias Word = ReconciledState.Word

  @Test("the side with the larger number is believed")
  func newerSide() {
    let cases: [(Word?, Word?, original: UInt64, extended: UInt64, ReconciledState)] = [
      // The record knows, and the journal forgot: as copied, as drained, or altogether.
      (Word(isLive: false, number: 0), Word(isLive: true, number: 4), 3, 10, .draining),
      (nil, Word(isLive: true, number: 4), 0, 10, .draining),
      (nil, Word(isLive: true, number: 0), 0, 10, .draining),
      // It came back since.
      (Word(isLive: true, isDrained: true, number: 4), Word(isLive: false, number: 7), 10, 10, .copied),
      (Word(isLive: true, isDrained: true, number: 4), Word(isLive: false, number: 7), 9, 10, .copied),
      // The journal knows, and the record forgot.
      (Word(isLive: true, isDrained: true, number: 4), nil, 10, 10, .draining),
      (Word(isLive: true, isDrained: true, number: 4), Word(isLive: true, number: 4), 0, 10, .drained),
      (Word(isLive: true, number: 4), Word(isLive: false, number: 3), 0, 10, .draining),
      (Word(isLive: false, number: 0), nil, 10, 10, .untouched),
      (Word(isLive: false, number: 7), Word(isLive: true, number: 4), 10, 10, .copied),
    ]
    for (journal, record, original, extended, expected) in cases {
      let state = ReconciledState(
        journal: journal, record: record, original: Self.digest(original), extended: Self.digest(extended))
      #expect(state == expected, "\(String(describing: journal)) \(String(describing: record)) \(original) \(extended)")
    }
  }

  @Test(
    "a range of which either side ever knew that it was drained, and whose rows the original table lacks, is never copied"
  )
  func neverCopiedWithoutRows() {
    for journalNumber in [nil, UInt64(0), 3, 4, 5] {
      for record in [Word(isLive: true, number: 4), Word(isLive: false, number: 4)] {
        for isLive in [true, false] where isLive || record.isLive {
          let journal = journalNumber.map { Word(isLive: isLive, isDrained: isLive, number: $0) }
          let state = ReconciledState(
            journal: journal, record: record, original: .empty, extended: Self.digest(10))
          guard journal != nil || record.isLive else { continue }
          #expect(state != .copied, "\(String(describing: journal)) \(record)")
          #expect(state != .untouched, "\(String(describing: journal)) \(record)")
        }
      }
    }
  }
}
