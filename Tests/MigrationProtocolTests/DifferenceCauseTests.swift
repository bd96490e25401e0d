import MigrationJournal
import MigrationProtocol
import StudentModuleHistory
import Testing

/// The guess at the cause of a difference.
@Suite struct DifferenceCauseTests {
  private typealias Evidence = DifferenceCause.Evidence

  private static let copied = RangeDigest(rowCount: 100, hash: RowHash(high: 1, low: 1))
  private static let changed = RangeDigest(rowCount: 100, hash: RowHash(high: 2, low: 2))
  private static let other = RangeDigest(rowCount: 100, hash: RowHash(high: 3, low: 3))

  private static func evidence(
    original: RangeDigest = changed, extended: RangeDigest = other, copied: RangeDigest? = copied
  ) -> Evidence {
    Evidence(
      copied: copied, original: original, extended: extended, startingID: 1_000)
  }

  private static func record(
    _ id: UInt64 = 7, module: UInt64 = 5, version: String? = nil, created: String = "2015-10-13 12:00:00.123456",
    state: String? = "{}", grade: Double? = 0.5
  ) -> HistoryRecord {
    HistoryRecord(
      id: id, studentModuleID: module, version: version, created: HistoryTimestamp(created)!, state: state,
      grade: grade, maxGrade: 1)
  }

  private static func cause(
    _ original: HistoryRecord?, _ extended: HistoryRecord?, _ evidence: Evidence = evidence()
  ) -> DifferenceCause {
    let kind: RangeDifference.Kind = original == nil ? .stranger : extended == nil ? .missing : .differs
    return DifferenceCause(kind, id: (original ?? extended)!.id, original: original, extended: extended, evidence)
  }

  @Test("where one side is as it was copied, the other one has changed")
  func changedSide() {
    let onlyOriginal = Self.evidence(original: Self.changed, extended: Self.copied)
    #expect(Self.cause(Self.record(), nil, onlyOriginal) == .lateCommit)
    #expect(Self.cause(Self.record(), Self.record(grade: 1), onlyOriginal) == .updateAfterCopy)
    #expect(Self.cause(nil, Self.record(), onlyOriginal) == .deletedOriginal)
    let onlyExtended = Self.evidence(original: Self.copied, extended: Self.changed)
    #expect(Self.cause(Self.record(), nil, onlyExtended) == .removedCopy)
    #expect(Self.cause(Self.record(), Self.record(grade: 1), onlyExtended) == .changedCopy)
    #expect(Self.cause(nil, Self.record(), onlyExtended) == .lowNativeRow)
  }

  @Test("where both have changed, counts decide, or nothing does; times never do")
  func bothChanged() {
    func counts(_ original: UInt64, _ extended: UInt64) -> Evidence {
      Self.evidence(
        original: RangeDigest(rowCount: original, hash: Self.changed.hash),
        extended: RangeDigest(rowCount: extended, hash: Self.other.hash))
    }
    #expect(Self.cause(Self.record(), nil, counts(101, 100)) == .lateCommit)
    #expect(Self.cause(Self.record(), nil, counts(100, 99)) == .removedCopy)
    #expect(Self.cause(Self.record(), nil, counts(101, 99)) == .unknown)
    #expect(Self.cause(Self.record(created: "2036-03-02 00:00:00"), nil, counts(101, 99)) == .unknown)
    #expect(Self.cause(nil, Self.record(), counts(99, 100)) == .deletedOriginal)
    #expect(Self.cause(nil, Self.record(), counts(100, 101)) == .lowNativeRow)
    #expect(Self.cause(nil, Self.record(created: "2036-03-02 00:00:00"), counts(99, 100)) == .deletedOriginal)
    #expect(Self.cause(nil, Self.record(1_000), counts(99, 100)) == .lowNativeRow, "it has the starting id")
    #expect(Self.cause(nil, Self.record(), Self.evidence(copied: nil)) == .unknown)
    #expect(Self.cause(Self.record(created: "2036-03-02 00:00:00"), Self.record()) == .unknown)
    #expect(Self.cause(Self.record(), Self.record(created: "2036-03-02 00:00:00")) == .unknown)
    #expect(Self.cause(Self.record(), Self.record(grade: 1)) == .unknown)
  }

  @Test("the journal's digest tells of each row which side has changed, as long as no row has changed on both")
  func changedSides() throws {
    func hash(_ number: UInt64) -> RowHash {
      var hasher = RowHasher()
      return hasher.hash(Self.record(number))
    }
    func digest(_ hashes: [RowHash]) -> RangeDigest { hashes.reduce(into: .empty) { $0.add($1) } }
    // Copied were the rows 1 to 9. Since then the original has got 10, lost 2, and 3 was changed; the copies have lost 4, got 11, and
    // 5 was changed.
    let copied = digest((1...9).map { hash($0) })
    let original = digest([1, 103, 4, 5, 6, 7, 8, 9, 10].map { hash($0) })
    typealias Row = ChangedSides.Row
    let rows = [
      Row(id: 10, original: hash(10), extended: nil), Row(id: 2, original: nil, extended: hash(2)),
      Row(id: 3, original: hash(103), extended: hash(3)), Row(id: 4, original: hash(4), extended: nil),
      Row(id: 11, original: nil, extended: hash(11)), Row(id: 5, original: hash(5), extended: hash(105)),
    ]
    let sides = try #require(ChangedSides(copied: copied, original: original, rows: rows))
    #expect([10, 2, 3].allSatisfy { sides[$0] == .original })
    #expect([4, 11, 5].allSatisfy { sides[$0] == .extended })
    #expect(sides[1] == nil)
    // 5 has changed on both sides: no choice gives the digest.
    var both = rows
    both[5].original = hash(205)
    let changed = digest([1, 103, 4, 205, 6, 7, 8, 9, 10].map { hash($0) })
    #expect(ChangedSides(copied: copied, original: changed, rows: both) == nil)
    let alone = Row(id: 5, original: hash(205), extended: hash(105))
    #expect(ChangedSides(copied: digest([hash(5)]), original: digest([hash(205)]), rows: [alone]) == nil)
    let many = (0..<65 as Range<UInt64>).map { Row(id: 1_000 + $0, original: hash(1_000 + $0), extended: nil) }
    #expect(ChangedSides(copied: copied, original: digest(many.compactMap(\.original)), rows: many) == nil)

    let evidence = Evidence(
      copied: copied, original: original, extended: Self.other, startingID: 1_000, changedSides: sides)
    #expect(Self.cause(Self.record(10), nil, evidence) == .lateCommit)
    #expect(Self.cause(Self.record(4), nil, evidence) == .removedCopy)
    #expect(Self.cause(nil, Self.record(2), evidence) == .deletedOriginal)
    #expect(Self.cause(nil, Self.record(11), evidence) == .lowNativeRow)
    #expect(Self.cause(Self.record(3), Self.record(3, grade: 1), evidence) == .updateAfterCopy)
    #expect(Self.cause(Self.record(5), Self.record(5, grade: 1), evidence) == .changedCopy)
  }

  @Test("two student modules under one id are a collision, whatever else is known")
  func collision() {
    let onlyOriginal = Self.evidence(original: Self.changed, extended: Self.copied)
    #expect(Self.cause(Self.record(module: 5), Self.record(module: 6), onlyOriginal) == .collision)
  }

  @Test(
    "a text that has lost characters is told by its look",
    arguments: [
      ("später", "sp?ter"), ("später", "sp??ter"), ("a 🎓 b", "a ? b"), ("a 🎓 b", "a ???? b"), ("a 🎓 b", "a \u{FFFD} b"),
      ("é?ü", "???"), ("a 🎓 b", "a "), ("später", "spÃ¤ter"), ("€", "â‚¬"), ("ключ", "????"),
    ])
  func characterSet(original: String, extended: String) {
    #expect(Self.cause(Self.record(state: original), Self.record(state: extended)) == .characterSet)
    #expect(Self.cause(Self.record(version: original), Self.record(version: extended)) == .characterSet)
  }

  @Test(
    "a text that was changed in another way is not taken for it",
    arguments: [
      ("plain", "pl?in"), ("später", "später "), ("später", "sp"), ("später", "spater"), ("ä?", "?"), ("a 🎓 b", ""),
      ("é", "e"),
    ])
  func otherTexts(original: String, extended: String) {
    #expect(Self.cause(Self.record(state: original), Self.record(state: extended)) == .unknown)
  }

  @Test("lost digits of a time or a grade are told, if nothing else differs")
  func digits() {
    #expect(Self.cause(Self.record(), Self.record(created: "2015-10-13 12:00:00")) == .fractionLost)
    #expect(Self.cause(Self.record(), Self.record(created: "2015-10-13 12:00:00.123")) == .fractionLost)
    #expect(
      Self.cause(Self.record(created: "2015-10-13 12:00:00.9"), Self.record(created: "2015-10-13 12:00:01"))
        == .fractionLost, "rounded up")
    #expect(Self.cause(Self.record(), Self.record(created: "2015-10-13 12:00:05")) == .unknown)
    #expect(Self.cause(Self.record(), Self.record(created: "2015-10-13 12:00:00.123457")) == .unknown)
    #expect(Self.cause(Self.record(grade: 1.0 / 3), Self.record(grade: 0.333333333333333)) == .numberRounded)
    #expect(Self.cause(Self.record(grade: -0.0), Self.record(grade: 0)) == .numberRounded)
    #expect(Self.cause(Self.record(grade: 0.5), Self.record(grade: 0.51)) == .unknown)
    #expect(Self.cause(Self.record(grade: 0.5), Self.record(grade: nil)) == .unknown)
    #expect(
      Self.cause(Self.record(state: "ä", grade: -0.0), Self.record(state: "?", grade: 0)) == .characterSet,
      "both are losses")
    #expect(Self.cause(Self.record(state: "ä", grade: 0.5), Self.record(state: "?", grade: 0.6)) == .unknown)
  }
}
