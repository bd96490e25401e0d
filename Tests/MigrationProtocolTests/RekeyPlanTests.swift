import StudentModuleHistory
import Testing

@testable import MigrationJournal
@testable import MigrationProtocol

/// The decisions of re-keying and of the runway, as scripts.
@Suite struct RekeyPlanTests {
  private static func plan(
    low: IDRange, high: IDRange? = nil, floor: UInt64, nextID: UInt64, largest: UInt64 = UInt64(Int64.max)
  ) -> RekeyPlan? {
    RekeyPlan(
      low: low, lowCount: low.idCount, high: high, highCount: high?.idCount ?? 0, floor: floor, nextID: nextID,
      largestPossibleID: largest)
  }

  @Test(
    "low rows alone move where they fit between the headroom and the rows above the original ids, to right below these")
  func fits() throws {
    let plan = try #require(Self.plan(low: IDRange(5, 104), high: IDRange(5_000, 6_000), floor: 4_000, nextID: 6_001))
    #expect(plan.record == RekeyRecord(shift: 4_895, lowest: 5, limit: 5_000))
    #expect(plan.record.target == IDRange(4_900, 4_999))
    #expect(plan.record.sourceEnd == 105 && !plan.movesAll && !plan.raisesCounter && plan.rowCount == 100)
  }

  @Test("exactly fitting rows fit; with one id less of room all rows move")
  func edge() throws {
    let exact = try #require(Self.plan(low: IDRange(5, 104), high: IDRange(5_000, 6_000), floor: 4_900, nextID: 6_001))
    #expect(exact.record.target.lower == 4_900 && !exact.movesAll)
    let tight = try #require(Self.plan(low: IDRange(5, 104), high: IDRange(5_000, 6_000), floor: 4_901, nextID: 6_001))
    #expect(tight.movesAll && tight.raisesCounter && tight.rowCount == 1_101)
  }

  @Test("where all rows move, sources and targets are disjoint, new rows come above both, and the headroom stays free")
  func all() throws {
    for (floor, next) in [(1_000, 1_201), (4_000_000, 1_201), (4_000_000, 9_000_000)] as [(UInt64, UInt64)] {
      let plan = try #require(
        Self.plan(low: IDRange(1, 900), high: IDRange(1_000, 1_200), floor: floor, nextID: next))
      guard plan.raisesCounter else {
        #expect(plan.record.target.lower >= floor)
        continue
      }
      let record = plan.record
      #expect(record.sourceEnd >= next + RekeyPlan.slack && record.shift >= record.sourceEnd)
      #expect(record.target.lower > floor && record.target.lower >= record.sourceEnd)
      #expect(record.limit - 1 >= record.sourceEnd - 1 + record.shift)
      #expect(IDShift.up(record.shift).applied(to: 1_200)! < record.limit)
    }
  }

  @Test("a table whose ids do not suffice has no plan")
  func noRoom() {
    #expect(Self.plan(low: IDRange(1, 9), floor: 1_000, nextID: 10, largest: 100_000) == nil)
    #expect(Self.plan(low: IDRange(1, 9), floor: .max - 3, nextID: 10, largest: .max) == nil)
  }

  @Test("what a row is")
  func standings() {
    #expect(RowStanding(isEqual: true, cameLater: true, hasSameIdentity: true) == .copy)
    #expect(RowStanding(isEqual: false, cameLater: nil, hasSameIdentity: false) == .native)
    #expect(RowStanding(isEqual: false, cameLater: nil, hasSameIdentity: true) == .outdated)
    #expect(RowStanding(isEqual: false, cameLater: false, hasSameIdentity: false) == .mendable)
    #expect(RowStanding(isEqual: false, cameLater: true, hasSameIdentity: false) == .reused)
  }

  @Test("copied spans are left out of the walk, and windows are small")
  func walk() {
    #expect(RowWalk.gaps(between: [], below: 10) == [IDRange(0, 9)])
    #expect(RowWalk.gaps(between: [IDRange(0, 4), IDRange(7, 20)], below: 30) == [IDRange(5, 6), IDRange(21, 29)])
    #expect(RowWalk.gaps(between: [IDRange(0, 40)], below: 30).isEmpty)
    let page = (1...1_200).map { (id: UInt64($0), byteCount: $0 == 3 ? RowWalk.windowByteCount : 10) }
    let windows = RowWalk.windows(page)
    #expect(windows.map(\.count) == [2, 1, 500, 500, 197])
    #expect(windows.flatMap { $0 } == page.map(\.id))
  }

  @Test("a runway in ids or in time, and nothing else")
  func runway() {
    #expect(Runway("500000") == .ids(500_000))
    #expect(Runway("90m") == .seconds(5_400) && Runway("12h") == .seconds(43_200))
    #expect(Runway("30d") == .seconds(2_592_000) && Runway("2w") == .seconds(1_209_600))
    for text in ["", "d", "0d", "-3d", "3 d", "3y", "1.5h", "many"] { #expect(Runway(text) == nil, "\(text)") }
    #expect(Runway.ids(7).idCount(idsPerSecond: nil) == 7)
    #expect(Runway.seconds(3_600).idCount(idsPerSecond: 0.5) == 3_600)
    #expect(Runway.seconds(3_600).idCount(idsPerSecond: nil) == nil)
    #expect(Runway.seconds(3_600).idCount(idsPerSecond: 0) == nil)
  }
}
