import HistoryStores
import MigrationBase
import MigrationJournal
import MigrationProtocol
import StudentModuleHistory
import TestSupport
import Testing

/// Repair, samples and going on, on two SQLite files.
@Suite struct EmbeddedVerificationTests {
  private static let table = "coursewarehistoryextended_studentmodulehistoryextended"

  private func migrated(_ body: (StorePair) async throws -> Void) async throws {
    try await EmbeddedPair.with(rows: EmbeddedPair.records(2_000)) { pair in
      let options = CopyOptions(sizer: RangeSizer(maximumRowCount: 50))
      let outcome = try await Migration(lanes: pair, headroom: 10_000, options: options, stop: StopSignal()).run {
        _, _ in
      }
      try #require(outcome.isComplete)
      try await body(pair)
    }
  }

  private func execute(_ statements: String..., on store: any HistoryStore) async throws {
    let session = try await store.openSession()
    for sql in statements { try await session.execute(sql) }
    await session.close()
  }

  private func verify(_ pair: StorePair, _ scope: Verifier.Scope) async throws -> VerificationOutcome {
    try await Verifier(lanes: pair, scope: scope, stop: StopSignal(), meter: ProgressMeter(phase: "verify")).run()
  }

  @Test("a repair mends what differs, and leaves nothing to mend")
  func repair() async throws {
    try await migrated { pair in
      try await execute(
        "DELETE FROM \(Self.table) WHERE id = 7", "UPDATE \(Self.table) SET state = 'x' WHERE id = 1900",
        on: pair.extended)
      let first = try await Repair(lanes: pair, stop: StopSignal()).run { _, _ in }
      #expect(first.isEqual && first.addedRows == 1 && first.changedRows == 1 && first.removedRows == 0)
      #expect(first.first.differingRowCount == 2)
      #expect(first.sentence.hasPrefix("2 rows in 2 ranges differed; 1 added, 1 changed, 0 removed; all 2000 rows"))
      let second = try await Repair(lanes: pair, stop: StopSignal()).run { _, _ in }
      #expect(second.isEqual && second.second == nil && second.sentence.hasPrefix("nothing to mend"))
    }
  }

  @Test("a sample of everything is no full verification; a stopped one says nothing about the others")
  func sample() async throws {
    try await migrated { pair in
      let all = try await verify(pair, .sample(percent: 100, seed: 1))
      #expect(!all.isEqual && all.confidence?.fewerThan == 1 && all.rowCount == 2_000)
      let stop = StopSignal()
      stop.request()
      let stopped = try await Verifier(
        lanes: pair, scope: .sample(percent: 50, seed: 1), stop: stop, meter: ProgressMeter(phase: "verify")
      ).run()
      #expect(stopped.isInterrupted && stopped.confidence == nil)
    }
  }

  @Test("copies are proven up to the first range that is open, differs, or is drained, and below the starting id")
  func proven() async throws {
    try await migrated { pair in
      let session = try await pair.extended.openSession()
      let journal = Journal()
      func proven() async throws -> UInt64 {
        try await journal.provenBelow(try await journal.migration(session), session)
      }
      let ranges = try await journal.ranges(from: 0, limit: 10, session)
      try #require(ranges.count > 4)
      #expect(try await proven() == 2_001)
      for (state, error, isProven) in [
        ("copied", nil, true), ("pending", nil, false), ("leased", nil, false), ("stopped", "x", false),
        ("differs", "x", false), ("draining", nil, false), ("drained", nil, false), ("copied", nil, true),
      ] as [(String, String?, Bool)] {
        try await session.execute(
          "UPDATE csmh_range SET state = ?, last_error = ? WHERE id = ?",
          [.text(state), error.map { .text($0) } ?? .null, .unsigned(ranges[3].id)])
        #expect(try await proven() == (isProven ? 2_001 : ranges[3].range.lower), "\(state) \(error ?? "")")
      }
      try await session.execute("UPDATE csmh_migration SET starting_id = 1500")
      #expect(try await proven() == 1_500)
      try await session.execute("UPDATE csmh_migration SET next_low = 1001, next_high = 2000")
      #expect(try await proven() == 1_001)
      try await session.execute("DELETE FROM csmh_range")
      try await session.execute("UPDATE csmh_migration SET next_low = NULL, next_high = NULL, upper_bound = NULL")
      #expect(try await proven() == 0)
      await session.close()
    }
  }

  @Test("a comparison that was begun and not ended is gone on with, once")
  func goingOn() async throws {
    try await migrated { pair in
      let session = try await pair.extended.openSession()
      let journal = Journal()
      try await journal.record("verify-started", detail: "", session)
      let began = try #require(try await journal.events(session, limit: 1).first).happenedAt
      try await session.execute(
        "UPDATE csmh_range SET verified_at = CASE WHEN lower_id < 1001 THEN '\(began)' ELSE '2015-01-01 00:00:00' END")
      await session.close()
      let outcome = try await verify(pair, .resumable(anew: false))
      #expect(outcome.isEqual && outcome.beganAt == began)
      let earlier = try #require(outcome.resumption)
      #expect(earlier.digest.rowCount >= 1_000 && earlier.digest.rowCount + outcome.rowCount == 2_000)
      let digest = outcome.wholeDigest
      let again = try await verify(pair, .resumable(anew: false))
      #expect(again.resumption == nil && again.rowCount == 2_000 && again.digest == digest)
    }
  }
}
