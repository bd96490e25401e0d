import MigrationJournal
import Testing

/// Which ranges a sample takes.
@Suite struct SampleDrawTests {
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
