internal import StudentModuleHistory

/// How long the free texts are: mostly short, some of kilobytes, a few of tens of kilobytes.
struct ProseLength: Sendable {
  /// The mean of the ordinary lengths, or nil for no text at all.
  private var ordinaryMean: Double?

  /// Eight equally frequent multiples of the mean, in hundredths. Their mean is one.
  private static let spread = [10, 20, 35, 50, 75, 110, 180, 320]
  private static let largeOneIn = 200
  private static let hugeOneIn = 20_000
  private static let largeMean = 6_000
  private static let hugeMean = 60_000

  static let none = ProseLength(ordinaryMean: nil)

  private init(ordinaryMean: Double?) {
    self.ordinaryMean = ordinaryMean
  }

  /// What the rare large ones contribute to the mean: no mean is less.
  static let leastMean = Double(largeMean) / Double(largeOneIn) + Double(hugeMean) / Double(hugeOneIn)

  /// Lengths with the given mean, the rare large ones included.
  init(mean: Double) {
    let ordinaryShare = 1 - 1 / Double(Self.largeOneIn) - 1 / Double(Self.hugeOneIn)
    ordinaryMean = max(0, (mean - Self.leastMean) / ordinaryShare)
  }

  func draw(_ random: inout SplitMix64) -> Int {
    guard let ordinaryMean else { return 0 }
    switch random.below(Self.hugeOneIn) {
    case 0: return Self.hugeMean - 5_000 + random.below(10_000)
    case ...(Self.hugeOneIn / Self.largeOneIn): return Self.largeMean - 4_000 + random.below(8_000)
    default: return Int(ordinaryMean * Double(Self.spread[random.below(Self.spread.count)]) / 100)
    }
  }
}
