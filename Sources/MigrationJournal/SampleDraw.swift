internal import StudentModuleHistory

/// Draws a random sample of a known number of things that come one after the other, every sample of that size with the same
/// probability. The same seed draws the same places again. No I/O, and no memory that grows.
///
/// Knuth, The Art of Computer Programming, volume 2, 3.4.2, algorithm S.
package struct SampleDraw: Sendable {
  private var unseen: Int
  private var wanted: Int
  private var generator: SplitMix64

  /// - Parameters:
  ///   - count: how many there are.
  ///   - sampleCount: how many of them are drawn; all if it is not smaller.
  package init(of count: Int, sampleCount: Int, seed: UInt64) {
    unseen = max(0, count)
    wanted = min(max(0, sampleCount), unseen)
    generator = SplitMix64(seed: seed, 0x5a3b_1e00)
  }

  /// Whether the next one is drawn. Beyond the number of things nothing is.
  package mutating func takesNext() -> Bool {
    guard unseen > 0, wanted > 0 else { return false }
    let isTaken = generator.below(unseen) < wanted
    unseen -= 1
    if isTaken { wanted -= 1 }
    return isTaken
  }

  /// How many of `count` are `percent` of them: rounded up, at least one if there are any.
  ///
  /// - Parameter percent: above 0, at most 100; fractions are allowed.
  package static func size(percent: Double, of count: Int) -> Int {
    min(count, max(1, Int((Double(count) * percent / 100).rounded(.up))))
  }
}
