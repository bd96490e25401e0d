import MigrationBase
import MigrationJournal
import Testing

/// Which side went back in time, from what both say: a table of (journal, record) and verdict.
struct RecordStandingTests {
  private static func journal(
    _ number: UInt64, live: UInt64 = 0, drained: UInt64 = 0, begun: UInt64 = 0, _ identity: String = "own"
  ) -> DrainKnowledge {
    DrainKnowledge(identity: identity, number: number, liveCount: live, drainedCount: drained, begunCount: begun)
  }

  private static func record(
    _ number: UInt64, live: UInt64 = 0, drained: UInt64 = 0, last: DrainRecord.State = .draining,
    _ identity: String = "own"
  ) -> DrainRecord {
    DrainRecord(identity: identity, number: number, last: last, liveCount: live, drainedCount: drained)
  }

  @Test(
    "nothing that csmh itself leaves behind, also where it dies between the two databases, is called a contradiction")
  func agreement() {
    let cases: [(DrainKnowledge?, DrainRecord?, RecordStanding)] = [
      (nil, nil, .agrees),
      (Self.journal(0), nil, .agrees),
      // An older csmh drained without a record.
      (Self.journal(0, live: 3, drained: 2), nil, .agrees),
      (Self.journal(0, live: 3, drained: 2), Self.record(0, live: 3, drained: 2), .agrees),
      (Self.journal(4, live: 4, drained: 3, begun: 1), Self.record(4, live: 4, drained: 3), .agrees),
      // The last range's end stands in the record alone.
      (Self.journal(4, live: 4, drained: 3, begun: 1), Self.record(4, live: 4, drained: 4), .agrees),
      // Begun in the journal alone: one range, many, and none yet.
      (Self.journal(5, live: 5, drained: 4, begun: 1), Self.record(4, live: 4, drained: 4), .begun),
      (Self.journal(1, live: 7, begun: 7), Self.record(0), .begun),
      (Self.journal(1, live: 0), Self.record(0), .begun),
      // All of it came back; the journal does not know yet, and then it does.
      (Self.journal(5, live: 5, drained: 5), Self.record(6, last: .returned), .takenBack),
      (Self.journal(6), Self.record(6, last: .returned), .agrees),
      // What is left of another migration that drained nothing, or brought all back.
      (nil, Self.record(6, last: .returned), .agrees),
      (Self.journal(0), Self.record(6, last: .returned, "other"), .agrees),
    ]
    for (journal, record, expected) in cases {
      #expect(
        RecordStanding(journal, record) == expected, "\(String(describing: journal)) \(String(describing: record))")
    }
  }

  @Test("each side that went back in time is told from the other, and from a crash")
  func mismatches() {
    let cases: [(DrainKnowledge?, DrainRecord?, RecordMismatch)] = [
      // The journal forgot that a range was begun, or all of it.
      (Self.journal(4, live: 4, drained: 3), Self.record(5, live: 5, drained: 4), .journalWentBack),
      (Self.journal(0), Self.record(5, live: 5, drained: 4), .journalWentBack),
      // More than one step behind, whatever came last.
      (Self.journal(3, live: 3), Self.record(5, live: 0, last: .returned), .journalWentBack),
      // The ranges were emptied, and the number is right.
      (Self.journal(5), Self.record(5, live: 5, drained: 5), .journalWentBack),
      (Self.journal(5, live: 4, drained: 4), Self.record(5, live: 5, drained: 4), .journalWentBack),
      // The record is gone, or that of an earlier moment.
      (Self.journal(5, live: 5, drained: 5), nil, .originalWentBack),
      (Self.journal(5, live: 5, drained: 4, begun: 1), Self.record(2, live: 2, drained: 1), .originalWentBack),
      (Self.journal(5, live: 5, drained: 5), Self.record(4, live: 4, drained: 4), .originalWentBack),
      // The end of a range was forgotten: rows of it may stand again.
      (Self.journal(5, live: 5, drained: 5), Self.record(5, live: 5, drained: 4), .originalWentBack),
      (Self.journal(5, live: 5, drained: 4, begun: 1), Self.record(4, live: 4, drained: 3), .originalWentBack),
      // What came back was forgotten.
      (Self.journal(6), Self.record(5, live: 5, drained: 5), .originalWentBack),
      (nil, Self.record(5, live: 5), .journalGone),
      (Self.journal(0, "other"), Self.record(5, live: 5), .anotherMigration),
      (Self.journal(3, live: 3, "other"), Self.record(5, live: 5), .anotherMigration),
      (Self.journal(3, live: 3, "other"), Self.record(5, last: .returned), .originalWentBack),
    ]
    for (journal, record, expected) in cases {
      #expect(
        RecordStanding(journal, record) == .mismatch(expected),
        "\(String(describing: journal)) \(String(describing: record))")
    }
  }
}
