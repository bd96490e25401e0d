import MigrationProtocol
import Testing

/// What a sample says.
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
}
