import Simulation
import StudentModuleHistory
import Testing

@Suite struct TransferTests {
  @Test(arguments: [false, true]) func movesARange(isInside: Bool) async throws {
    let bench = Bench(rowCount: 30, isOnOneServer: isInside)
    bench.extended.fill([Bench.record(4)])
    try await bench.run {
      let lane = try await SimulatedLanes(
        .there, original: bench.original, extended: bench.extended, for: bench.process
      ).openLane()
      #expect(lane.route == (isInside ? .insideServer : .betweenServers))
      try await lane.target.begin()
      let moved = try await lane.transfer.transfer(IDRange(1, 25), byteLimit: 1_000_000)
      #expect(moved.range == IDRange(1, 25) && moved.digest.rowCount == 25 && moved.adoptedRowCount == 1)
      let stored = try await lane.target.digest(of: moved.range, locking: false, measuring: false).digest
      #expect(stored == moved.digest)
      try await lane.target.commit()
      await lane.transfer.release()
      await lane.close()
    }
    #expect(bench.extended.records == Array(bench.original.records.prefix(25)))
  }

  @Test(arguments: [false, true]) func cutsWhatIsTooLarge(isInside: Bool) async throws {
    let bench = Bench(rowCount: 30, isOnOneServer: isInside)
    try await bench.run {
      let lane = try await SimulatedLanes(
        .there, original: bench.original, extended: bench.extended, for: bench.process
      ).openLane()
      try await lane.target.begin()
      let moved = try await lane.transfer.transfer(IDRange(1, 25), byteLimit: 1_000)
      #expect(moved.range.upper < 20 && moved.digest.rowCount == moved.range.upper)
      try await lane.target.commit()
      await lane.close()
    }
    #expect(!bench.extended.records.isEmpty)
  }

  @Test(arguments: [false, true]) func refusesCollisionsAndStrangers(isInside: Bool) async throws {
    let bench = Bench(isOnOneServer: isInside)
    bench.extended.fill([Bench.record(4, grade: 7), Bench.record(12)])
    try await bench.run {
      let lane = try await SimulatedLanes(
        .there, original: bench.original, extended: bench.extended, for: bench.process
      ).openLane()
      for (range, expected) in [(IDRange(1, 10), "collisions([4])"), (IDRange(5, 20), "strangers([12])")] {
        try await lane.target.begin()
        do {
          _ = try await lane.transfer.transfer(range, byteLimit: 1_000_000)
          Issue.record("the range \(range) was not refused")
        } catch let problem as RangeProblem {
          #expect("\(problem)" == expected)
        }
        await lane.target.rollback()
        await lane.transfer.release()
      }
    }
  }

  @Test func cutResultIsSeen() async throws {
    var faults = FaultPlan()
    faults.budget = 1
    faults.chances = [.cutResult: 10_000]
    let bench = Bench(faults: faults)
    try await bench.run {
      let lane = try await SimulatedLanes(
        .there, original: bench.original, extended: bench.extended, for: bench.process
      ).openLane()
      try await lane.target.begin()
      #expect(await kind { _ = try await lane.transfer.transfer(IDRange(1, 10), byteLimit: 100_000) } == .transient)
    }
  }
}
