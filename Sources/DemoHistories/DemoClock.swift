internal import StudentModuleHistory

/// When a turn takes place: roughly in the order of the turns, quicker in the evening than at night.
struct DemoClock: Sendable {
  private let seed: UInt64
  private let start: Int64
  private let interval: Int64

  /// How many minutes each 24th of a day's attempts takes, from midnight on; 1,440 in all.
  private static let minutes: [Int64] = [
    95, 120, 150, 110, 80, 65, 60, 55, 50, 50, 48, 45, 45, 42, 40, 38, 36, 35, 35, 36, 38, 42, 50, 75,
  ]
  private static let minutesBefore: [Int64] = minutes.indices.map { minutes[..<$0].reduce(0, +) }
  private static let microsecondsPerMinute: Int64 = 60_000_000

  init(seed: UInt64, startMicrosecondsSince1970: Int64, meanInterval: Duration) {
    self.seed = seed
    start = startMicrosecondsSince1970
    let (seconds, attoseconds) = meanInterval.components
    interval = max(1, seconds * 1_000_000 + attoseconds / 1_000_000_000_000)
  }

  /// The time of a turn. It rises with the turn but for a jitter of up to three turns, as requests overtake each other.
  func time(of turn: DemoSchedule.Turn) -> HistoryTimestamp {
    let index = turn.round * DemoSchedule.turnsPerRound + turn.place
    var random = SplitMix64(seed: seed, 0xc10c, UInt64(index))
    let even = Int64(index) * interval + Int64(random.below(Int(3 * interval)))
    return HistoryTimestamp(microsecondsSince1970: start + Self.waved(even))
  }

  /// Bends an even flow of time into one with days and nights. Monotone, and the same at every midnight.
  private static func waved(_ microseconds: Int64) -> Int64 {
    let hour = 60 * microsecondsPerMinute
    let (hours, rest) = microseconds.quotientAndRemainder(dividingBy: hour)
    let (day, part) = hours.quotientAndRemainder(dividingBy: 24)
    return (day * 1_440 + minutesBefore[Int(part)]) * microsecondsPerMinute + rest * minutes[Int(part)] / 60
  }
}
