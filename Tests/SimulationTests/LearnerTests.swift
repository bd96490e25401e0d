import Simulation
import StudentModuleHistory
import Testing

@Suite struct LearnerTests {
  /// Learners at work for some minutes, in the middle of which the flag is turned on.
  private func atWork(
    seed: UInt64, faults: FaultPlan = .none, isOnOneServer: Bool = false, for half: Duration = .seconds(60)
  ) async throws -> (Bench, SimulatedLMS) {
    let bench = Bench(seed: seed, faults: faults, rowCount: 0, isOnOneServer: isOnOneServer)
    let lms = SimulatedLMS(bench.world, original: bench.original, extended: bench.extended)
    lms.fill(rowCount: 50)
    bench.extended.setCounter(to: 10_000)
    try await bench.run {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await lms.run() }
        try await bench.world.scheduler.sleep(for: half)
        lms.turn(extendedEnabled: true, within: .seconds(10))
        try await bench.world.scheduler.sleep(for: half)
        lms.stop()
        try await group.waitForAll()
      }
    }
    return (bench, lms)
  }

  @Test(arguments: 0..<6 as Range<UInt64>) func ledgerTellsTheTruth(seed: UInt64) async throws {
    let (bench, lms) = try await atWork(seed: seed)
    #expect(lms.followsFlag)
    #expect(lms.ledger.contradictions(original: bench.original.records, extended: bench.extended.records) == [])
    #expect(lms.ledger.writtenCount(.original) > 60 && lms.ledger.writtenCount(.extended) > 10)
    #expect(lms.ledger.deletedCount(.original) > 0)
    #expect(bench.extended.records.allSatisfy { $0.id >= 10_000 })
  }

  @Test(arguments: 0..<24 as Range<UInt64>) func ledgerTellsTheTruthOfFaults(seed: UInt64) async throws {
    let (bench, lms) = try await atWork(
      seed: seed, faults: .everything(budget: 40, frequency: 100), isOnOneServer: seed % 3 == 0)
    let contradictions = lms.ledger.contradictions(
      original: bench.original.records, extended: bench.extended.records)
    #expect(contradictions == [], "\(bench.world.faultCounts)")
  }

  @Test func sameSeedSameTrace() async throws {
    var fingerprints: Set<UInt64> = []
    for seed in 0..<4 as Range<UInt64> {
      // A process may stand still for minutes.
      let (first, _) = try await atWork(
        seed: seed, faults: .everything(budget: 40, frequency: 100), for: .seconds(200))
      let (second, _) = try await atWork(
        seed: seed, faults: .everything(budget: 40, frequency: 100), for: .seconds(200))
      #expect(first.world.trace.fingerprint == second.world.trace.fingerprint)
      #expect(first.world.trace.lines == second.world.trace.lines)
      #expect(first.world.trace.lineCount > 200)
      fingerprints.insert(first.world.trace.fingerprint)
    }
    #expect(fingerprints.count == 4)
  }

  @Test func ledgerSeesWhatIsWrong() async throws {
    let (bench, lms) = try await atWork(seed: 1)
    let (original, extended) = (bench.original.records, bench.extended.records)
    func contradictions(_ change: (inout [HistoryRecord]) -> Void) -> [String] {
      var rows = original
      change(&rows)
      return lms.ledger.contradictions(original: rows, extended: extended)
    }
    #expect(contradictions { _ in }.isEmpty)
    #expect(contradictions { $0.removeLast() }.count == 1)
    #expect(contradictions { $0.append($0[0]) }.count == 1)
    #expect(contradictions { $0[3].grade = 77.5 }.count == 1)
    #expect(contradictions { $0[3].id += 1_000_000 }.count == 1)
    #expect(contradictions { $0[3].state = "{}" }.count == 2)
    #expect(lms.ledger.contradictions(original: original, extended: extended, isComplete: true).count == original.count)
    #expect(lms.ledger.contradictions(original: original, extended: original + extended, isComplete: true).isEmpty)
  }
}
