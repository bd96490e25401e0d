internal import StudentModuleHistory

/// Who has a turn when: the order of all attempts, as a pure function of the row's index that needs no table of rows.
///
/// Student modules come in cohorts of 64, and time goes in rounds. In round r cohort r opens its problems; an attempt
/// that lags g rounds behind its cohort's start falls into round r + g. The lags are the same for every cohort, so all
/// rounds but the first and last ones consist of the same 200 attempts of many cohorts, in an order of their own. That
/// makes counting rows arithmetic.
struct DemoSchedule: Sendable {
  /// An attempt of a cohort: which student module of the cohort, which of its attempts, how many rounds late.
  struct Slot: Sendable {
    var lane: Int
    var attempt: Int
    var lag: Int
  }

  /// A place in the order. Not every turn is taken in the first and last rounds.
  struct Turn: Sendable, Hashable {
    var round: Int
    var place: Int
  }

  /// How many of a cohort's 64 student modules have 1, 2, ... 8 records.
  private static let laneCounts = [10, 18, 14, 9, 6, 4, 2, 1]
  static let cohortSize = laneCounts.reduce(0, +)
  static let turnsPerRound = laneCounts.enumerated().reduce(0) { $0 + ($1.offset + 1) * $1.element }

  let moduleCount: Int
  private let seed: UInt64
  private let slots: [Slot]
  private let slotIndices: [[Int]]
  private let multipliers: [(factor: Int, inverse: Int)]

  init(seed: UInt64, moduleCount: Int) {
    self.seed = seed
    self.moduleCount = moduleCount
    var random = SplitMix64(seed: seed, 0x5c4e_d01e)
    var slots: [Slot] = []
    var lane = 0
    for (index, laneCount) in Self.laneCounts.enumerated() {
      for _ in 0..<laneCount {
        var lag = 0
        for attempt in 0...index {
          slots.append(Slot(lane: lane, attempt: attempt, lag: lag))
          // At least two rounds on: more than 200 turns, whatever the places, and the clock's jitter is three.
          lag += 2 + random.below(4)
          if random.oneIn(4) { lag += random.below(30) }
          if random.oneIn(12) { lag += random.below(200) }
        }
        lane += 1
      }
    }
    random.shuffle(&slots)
    var slotIndices = [[Int]](repeating: [], count: Self.cohortSize)
    for (index, slot) in slots.enumerated().sorted(by: { $0.element.attempt < $1.element.attempt }) {
      slotIndices[slot.lane].append(index)
    }
    self.slots = slots
    self.slotIndices = slotIndices
    let count = Self.turnsPerRound
    multipliers = (1..<count).compactMap { factor in
      (1..<count).first { factor * $0 % count == 1 }.map { (factor, $0) }
    }
  }

  /// The number of records of all student modules.
  var recordCount: Int {
    slots.reduce(0) { $0 + cohortCount(inLane: $1.lane) }
  }

  /// The turn of the record at `index`, found by halving: 10 microseconds, so ask once and go on with ``turn(after:)``.
  func turn(at index: Int) -> Turn {
    precondition(index >= 0 && index < recordCount, "no record at \(index)")
    var low = 0
    var high = moduleCount / Self.cohortSize + 1 + slots.reduce(0) { max($0, $1.lag) }
    while high - low > 1 {
      let middle = (low + high) / 2
      if recordCount(beforeRound: middle) <= index { low = middle } else { high = middle }
    }
    var turn = Turn(round: low, place: 0)
    var toSkip = index - recordCount(beforeRound: low)
    while true {
      if module(at: turn) != nil {
        if toSkip == 0 { return turn }
        toSkip -= 1
      }
      turn = self.turn(after: turn)
    }
  }

  func turn(after turn: Turn) -> Turn {
    turn.place + 1 < Self.turnsPerRound
      ? Turn(round: turn.round, place: turn.place + 1) : Turn(round: turn.round + 1, place: 0)
  }

  /// The student module whose turn it is and its attempt, both counted from zero, or nil if nobody takes the turn.
  func module(at turn: Turn) -> (module: Int, attempt: Int)? {
    let (multiplier, offset) = order(ofRound: turn.round)
    let slot = slots[(turn.place * multiplier.factor + offset) % Self.turnsPerRound]
    let cohort = turn.round - slot.lag
    guard cohort >= 0 else { return nil }
    let module = cohort * Self.cohortSize + (slot.lane ^ laneMask(ofCohort: cohort))
    return module < moduleCount ? (module, slot.attempt) : nil
  }

  /// The number of records that the student module has.
  func attemptCount(ofModule module: Int) -> Int {
    slotIndices[lane(ofModule: module)].count
  }

  /// The inverse of ``module(at:)``.
  func turn(ofModule module: Int, attempt: Int) -> Turn {
    let slotIndex = slotIndices[lane(ofModule: module)][attempt]
    let round = module / Self.cohortSize + slots[slotIndex].lag
    let (multiplier, offset) = order(ofRound: round)
    let count = Self.turnsPerRound
    return Turn(round: round, place: (slotIndex - offset + count) * multiplier.inverse % count)
  }

  private func recordCount(beforeRound round: Int) -> Int {
    slots.reduce(0) { $0 + max(0, min(round - $1.lag, cohortCount(inLane: $1.lane))) }
  }

  /// The number of cohorts whose lane is taken: the last cohort may not be full.
  private func cohortCount(inLane lane: Int) -> Int {
    let (full, rest) = moduleCount.quotientAndRemainder(dividingBy: Self.cohortSize)
    return full + ((lane ^ laneMask(ofCohort: full)) < rest ? 1 : 0)
  }

  private func lane(ofModule module: Int) -> Int {
    let (cohort, position) = module.quotientAndRemainder(dividingBy: Self.cohortSize)
    return position ^ laneMask(ofCohort: cohort)
  }

  /// Deals the lanes anew in each cohort, or every 64th student module would have equally many attempts.
  private func laneMask(ofCohort cohort: Int) -> Int {
    Int(truncatingIfNeeded: SplitMix64.mix(seed ^ UInt64(cohort)) & UInt64(Self.cohortSize - 1))
  }

  /// The order of a round: place p belongs to slot p * factor + offset, modulo the number of slots.
  private func order(ofRound round: Int) -> (multiplier: (factor: Int, inverse: Int), offset: Int) {
    let bits = SplitMix64.mix(~seed ^ UInt64(round))
    return (multipliers[Int(bits & 0xffff) % multipliers.count], Int(bits &>> 32) % Self.turnsPerRound)
  }
}
