import MigrationBase
import MigrationProtocol
import Testing

/// Decisions without I/O, told as scripts.
@Suite struct DecisionTests {
  @Test("ranges grow towards the time and the bytes that they should take, at most fourfold")
  func growth() {
    var sizer = RangeSizer()
    #expect(sizer.rowCount == 1_000)
    sizer.measured(rowCount: 1_000, idCount: 1_000, byteCount: 900_000, duration: .milliseconds(20))
    #expect(sizer.rowCount == 4_000)
    for _ in 0..<10 {
      sizer.measured(
        rowCount: UInt64(sizer.rowCount), idCount: 1, byteCount: UInt64(sizer.rowCount) * 900,
        duration: .milliseconds(1))
    }
    #expect((18_000...18_700).contains(sizer.rowCount), "16 MiB of 900 bytes: \(sizer.rowCount)")
    for _ in 0..<5 {
      sizer.measured(
        rowCount: UInt64(sizer.rowCount), idCount: 1, byteCount: 1, duration: .milliseconds(sizer.rowCount))
    }
    #expect(sizer.rowCount == 500, "half a second at a row a millisecond")
  }

  @Test("one huge row does not make ranges collapse at once, and ranges never become empty")
  func shrinking() {
    var sizer = RangeSizer()
    sizer.measured(rowCount: 1, idCount: 1, byteCount: 20 << 20, duration: .seconds(2))
    #expect(sizer.rowCount == 250)
    for _ in 0..<20 { sizer.measured(rowCount: 1, idCount: 1, byteCount: 20 << 20, duration: .seconds(2)) }
    #expect(sizer.rowCount == 1)
    for _ in 0..<20 { sizer.backOff() }
    #expect(sizer.rowCount == 1)
    sizer.measured(rowCount: 0, idCount: 1, byteCount: 0, duration: .zero)
    #expect(sizer.rowCount == 1)
  }

  @Test(
    "where at least half of the ids are in use, a range is told by its ids, and holds at most twice the rows asked for")
  func density() throws {
    var sizer = RangeSizer()
    #expect(sizer.idCount == nil, "nothing is known yet")
    sizer.measured(rowCount: 1_000, idCount: 1_250, byteCount: 900_000, duration: .milliseconds(20))
    #expect(sizer.idCount == 5_000, "4000 rows, four ids of five in use")
    sizer.measured(rowCount: 1_000, idCount: 2_001, byteCount: 900_000, duration: .milliseconds(20))
    #expect(sizer.idCount == nil, "fewer than half")
    sizer.measured(rowCount: 0, idCount: 1_000_000_000, byteCount: 0, duration: .zero)
    #expect(sizer.idCount == nil, "a gap")
  }

  @Test("a range that was too large for a transaction is asked for in halves, and never grows to that size again")
  func refusedSize() {
    var sizer = RangeSizer()
    sizer.refused(byteCount: 1 << 20)
    #expect(sizer.byteLimit == 1 << 19)
    for _ in 0..<20 {
      sizer.measured(
        rowCount: UInt64(sizer.rowCount), idCount: 1, byteCount: UInt64(sizer.rowCount) * 1_000,
        duration: .milliseconds(1))
    }
    #expect(sizer.rowCount <= (1 << 19) / 1_000 + 1, "\(sizer.rowCount) rows of 1000 bytes")
    #expect(sizer.byteLimit == 1 << 19)
    // What is allowed already was refused: half of that, down to a row alone.
    for _ in 0..<30 { sizer.refused(byteCount: 64 << 20) }
    #expect(sizer.byteLimit == 1)
    sizer = RangeSizer()
    sizer.refused(rowCount: 1_000)
    for _ in 0..<5 { sizer.measured(rowCount: 400, idCount: 400, byteCount: 1, duration: .milliseconds(1)) }
    #expect(sizer.rowCount == 500)
  }

  @Test("waiting doubles with a jitter up to ten seconds, and ends with the budget")
  func backoff() throws {
    var backoff = Backoff(budget: .seconds(60))
    var generator = SystemRandomNumberGenerator()
    var now = ContinuousClock.now
    var delays: [Duration] = []
    while let delay = backoff.failed(at: now, using: &generator) {
      delays.append(delay)
      now += delay
    }
    #expect(delays[0] >= .milliseconds(50) && delays[0] <= .milliseconds(100))
    #expect(delays.allSatisfy { $0 <= .seconds(10) })
    let total = delays.reduce(.zero, +)
    #expect(total >= .seconds(60) && total < .seconds(71))
    backoff.succeeded()
    #expect(backoff.failed(at: now, using: &generator) != nil, "a success starts a new budget")
  }

  @Test("no budget means no second try")
  func noBudget() {
    var backoff = Backoff(budget: .zero)
    var generator = SystemRandomNumberGenerator()
    #expect(backoff.failed(at: .now, using: &generator) == nil)
  }

  @Test("without a rate the ETA has a reason")
  func progress() {
    let meter = ProgressMeter(phase: "copy")
    #expect(meter.snapshot(at: .now).eta == nil)
    #expect(meter.snapshot(at: .now).etaUnknownBecause != nil)
  }
}
