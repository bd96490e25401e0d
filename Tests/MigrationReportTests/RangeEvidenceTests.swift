import StudentModuleHistory
import Testing

@testable import MigrationJournal
@testable import MigrationReport

/// What can be told of a range that is not as the manifest says, and what cannot.
@Suite struct RangeEvidenceTests {
  private typealias Row = RangeEvidence.HashedRow

  /// A row whose hash depends on its id and its content.
  private static func row(_ id: UInt64, _ content: UInt64 = 0) -> Row {
    (
      id,
      RowHash(high: (id &+ content &* 31) &* 0x9E37_79B9_7F4A_7C15, low: (id ^ content &* 77) &* 0xC2B2_AE3D_27D4_EB4F)
    )
  }

  private static func digest(_ rows: [Row]) -> RangeDigest {
    var digest = RangeDigest.empty
    for row in rows { digest.add(row.hash) }
    return digest
  }

  private static func rows(_ ids: ClosedRange<UInt64>, without gone: Set<UInt64> = []) -> [Row] {
    ids.filter { !gone.contains($0) }.map { row($0) }
  }

  private static func evidence(
    _ range: IDRange, was: [Row], is now: [Row], _ original: RangeEvidence.Original = .notAsked, younger: [UInt64] = []
  ) -> RangeFinding.Verdict? {
    RangeEvidence(
      range: range, manifest: digest(was), extended: now.sorted { $0.id < $1.id }, original: original,
      youngerIDs: younger
    ).finding
  }

  @Test("the same rows are no finding")
  func equal() {
    #expect(Self.evidence(IDRange(11, 20), was: Self.rows(11...20), is: Self.rows(11...20)) == nil)
  }

  @Test("missing rows of a range in which every id had one are named, also in the first range, which begins at 0")
  func dense() throws {
    for range in [IDRange(1, 20), IDRange(0, 20)] {
      let verdict = try #require(
        Self.evidence(range, was: Self.rows(1...20), is: Self.rows(1...20, without: [3, 17])))
      #expect(verdict.kind == .short && verdict.missingIDs == [3, 17])
      #expect(verdict.sentence.contains("2 rows are gone: ids 3, 17"))
      #expect(
        verdict.sentence.contains("cannot be told from the manifest alone"), "the others are not proven unchanged")
    }
  }

  @Test("missing rows of a range with gaps are counted, not guessed")
  func sparse() throws {
    let was = Self.rows(1...20, without: [9])
    let verdict = try #require(Self.evidence(IDRange(1, 20), was: was, is: was.filter { $0.id != 3 }))
    #expect(verdict.kind == .short && verdict.missingIDs.isEmpty)
    #expect(verdict.sentence.hasPrefix("1 row is gone; which ones"))
  }

  @Test("a first range that holds a row with the id 0 is not taken for one that never did")
  func zero() throws {
    let was = Self.rows(0...19)
    let verdict = try #require(Self.evidence(IDRange(0, 20), was: was, is: was.filter { $0.id != 3 }))
    #expect(verdict.missingIDs.isEmpty, "either 3 or 20 may be the one")
  }

  @Test("one or two rows too many are found among all, by the hash that the manifest lacks")
  func added() throws {
    let was = Self.rows(1...30, without: [4, 8, 9])
    for added in [[4], [4, 8]] as [[UInt64]] {
      let verdict = try #require(
        Self.evidence(IDRange(1, 30), was: was, is: was + added.map { Self.row($0, 5) }))
      #expect(verdict.kind == .extra && verdict.addedIDs == added)
      #expect(verdict.sentence.contains("without them the range is as it was"))
    }
  }

  @Test("more rows than two are named if they are the younger ones and explain everything, and else only suspected")
  func younger() throws {
    let was = Self.rows(1...30, without: [4, 8, 9])
    let more = [4, 8, 9].map { Self.row($0, 5) }
    let proven = try #require(Self.evidence(IDRange(1, 30), was: was, is: was + more, younger: [4, 8, 9]))
    #expect(proven.addedIDs == [4, 8, 9] && proven.sentence.contains("is as it was"))
    let changed = was.map { $0.id == 20 ? Self.row(20, 1) : $0 }
    let suspected = try #require(Self.evidence(IDRange(1, 30), was: was, is: changed + more, younger: [4, 8, 9]))
    #expect(suspected.kind == .extra && suspected.sentence.contains("do not explain it"))
  }

  @Test("another content with as many rows is a change, and names nothing")
  func changed() throws {
    let was = Self.rows(1...20)
    let verdict = try #require(
      Self.evidence(IDRange(1, 20), was: was, is: was.map { $0.id == 5 ? Self.row(5, 1) : $0 }))
    #expect(verdict.kind == .changed && verdict.changedIDs.isEmpty)
  }

  @Test("the original table, as long as it is as the manifest says, names every row")
  func original() throws {
    let was = Self.rows(1...20, without: [9])
    let short = try #require(
      Self.evidence(IDRange(1, 20), was: was, is: was.filter { $0.id != 3 }, .rows(was)))
    #expect(short.kind == .short && short.missingIDs == [3] && short.sentence.contains("all others are as they were"))
    let now = was.filter { $0.id != 3 }.map { $0.id == 5 ? Self.row(5, 1) : $0 } + [Self.row(9)]
    let all = try #require(Self.evidence(IDRange(1, 20), was: was, is: now, .rows(was)))
    #expect(all.kind == .changed && all.missingIDs == [3] && all.changedIDs == [5] && all.addedIDs == [9])
  }

  @Test("a range that is short and changed besides is not merely short once the original table is asked")
  func shortAndChanged() throws {
    let was = Self.rows(1...20, without: [9])
    let now = was.filter { $0.id != 3 }.map { $0.id == 5 ? Self.row(5, 1) : $0 }
    #expect(Self.evidence(IDRange(1, 20), was: was, is: now)?.kind == .short, "the manifest alone cannot tell")
    #expect(Self.evidence(IDRange(1, 20), was: was, is: now, .rows(was))?.kind == .changed)
  }

  @Test("an original table that has lost other rows still names those that only the extended one lacks")
  func originalLostOthers() throws {
    let was = Self.rows(1...20, without: [9])
    // 12 was changed there after the migration; that it explains the shortfall is proven by the hashes.
    let original = was.map { $0.id == 12 ? Self.row(12, 3) : $0 }
    let verdict = try #require(
      Self.evidence(IDRange(1, 20), was: was, is: was.filter { $0.id != 3 && $0.id != 4 }, .rows(original)))
    #expect(verdict.missingIDs == [3, 4])
    let both = was.filter { $0.id != 3 }
    let deleted = try #require(Self.evidence(IDRange(1, 20), was: was, is: both, .rows(both)))
    #expect(deleted.kind == .short && deleted.sentence.contains("gone from both tables"))
  }
}
