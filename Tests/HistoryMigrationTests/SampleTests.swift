import HistoryMigration
import Testing

/// What a sample is, and what it says.
@Suite struct SampleTests {
  private static func bound(_ rangeCount: UInt64, _ sampleCount: UInt64, _ confidence: Double = 0.95) -> UInt64 {
    SampleConfidence(rangeCount: rangeCount, sampleCount: sampleCount, confidence: confidence).fewerThan
  }

  @Test("the bound is that of the hypergeometric distribution, by numbers that were worked out by hand")
  func byHand() {
    // C(17, 10) / C(20, 10) = 19448 / 184756 = 0.105; C(16, 10) / C(20, 10) = 8008 / 184756 = 0.043.
    #expect(Self.bound(20, 10) == 4)
    // One of ten: (10 - k) / 10 is above 0.05 up to k = 9.
    #expect(Self.bound(10, 1) == 10)
    // All but one of twenty: one differing range is missed with exactly 1 / 20.
    #expect(Self.bound(20, 19) == 1)
    // All but one of nineteen: 1 / 19 is more than 0.05, two cannot be missed.
    #expect(Self.bound(19, 18) == 2)
    // C(96, 50) / C(100, 50) = 0.0587; C(95, 50) / C(100, 50) = 0.0281.
    #expect(Self.bound(100, 50) == 5)
    // At 99 %: C(93, 50) / C(100, 50) = 0.0062, C(94, 50) / C(100, 50) = 0.0133.
    #expect(Self.bound(100, 50, 0.99) == 7)
    #expect(Self.bound(100, 100) == 1, "all were compared")
    #expect(Self.bound(7, 0) == 8, "nothing was compared: nothing is said")
  }

  @Test("the bound is exact for every sample of up to 40 ranges, by whole numbers")
  func exact() {
    /// C(n, k)
    func choose(_ n: UInt64, _ k: UInt64) -> UInt64 {
      guard k <= n else { return 0 }
      return (0..<k).reduce(1) { $0 * (n - $1) / ($1 + 1) }
    }
    for all in 1...40 as ClosedRange<UInt64> {
      for drawn in 1...all {
        let smallest = (0...all).first { 20 * choose(all - $0, drawn) <= choose(all, drawn) }
        #expect(Self.bound(all, drawn) == smallest, "\(drawn) of \(all)")
      }
    }
  }

  @Test("it is said in words")
  func sentence() {
    #expect(
      SampleConfidence(rangeCount: 100, sampleCount: 50).sentence
        == "with 95 % confidence fewer than 5 of the 100 ranges differ")
    #expect(
      SampleConfidence(rangeCount: 20, sampleCount: 19).sentence
        == "with 95 % confidence none of the 20 ranges differs")
    #expect(SampleConfidence(rangeCount: 3, sampleCount: 3).sentence.contains("all 3 ranges"))
  }

  private static func places(of count: Int, _ sampleCount: Int, seed: UInt64) -> [Int] {
    var draw = SampleDraw(of: count, sampleCount: sampleCount, seed: seed)
    return (0..<count).filter { _ in draw.takesNext() }
  }

  @Test("a sample has exactly its size, the same seed draws it again, another one draws another")
  func drawing() {
    for seed in 0..<50 as Range<UInt64> {
      #expect(Self.places(of: 200, 17, seed: seed).count == 17)
      #expect(Self.places(of: 200, 17, seed: seed) == Self.places(of: 200, 17, seed: seed))
    }
    #expect(Set((0..<50).map { Self.places(of: 200, 17, seed: $0) }).count == 50)
    #expect(Self.places(of: 5, 9, seed: 1) == [0, 1, 2, 3, 4])
    var beyond = SampleDraw(of: 2, sampleCount: 2, seed: 1)
    #expect([beyond.takesNext(), beyond.takesNext(), beyond.takesNext()] == [true, true, false])
  }

  @Test("every place is drawn as often as every other one")
  func fairness() {
    var counts = Array(repeating: 0, count: 10)
    for seed in 0..<5_000 as Range<UInt64> {
      for place in Self.places(of: 10, 3, seed: seed) { counts[place] += 1 }
    }
    // 1500 each, with a standard deviation of 32: the seeds are fixed, and so is the result.
    #expect(counts.allSatisfy { (1_350...1_650).contains($0) }, "\(counts)")
  }

  @Test(
    "percent are rounded up, to at least one range", arguments: [(0.001, 1), (1, 3), (10, 30), (33.4, 101), (100, 300)])
  func size(percent: Double, count: Int) {
    #expect(SampleDraw.size(percent: percent, of: 300) == count)
    #expect(SampleDraw.size(percent: percent, of: 0) == 0)
  }
}
