import Simulation
import StudentModuleHistory
import Testing

@Suite struct TransactionTests {
  @Test func readCommitted() async throws {
    let bench = Bench()
    try await bench.run {
      let (one, other) = (try await bench.session(bench.original), try await bench.session(bench.original))
      try await one.begin()
      try await other.begin()
      #expect(try await one.insert(Bench.record(0)) == 11)
      #expect(try await one.rowCount(RowSelection()) == 11)
      #expect(try await other.rowCount(RowSelection()) == 10)
      try await one.commit()
      #expect(try await other.rowCount(RowSelection()) == 11)
      await other.rollback()
    }
  }

  @Test func rollbackLeavesTheCounter() async throws {
    let bench = Bench()
    try await bench.run {
      let session = try await bench.session(bench.original)
      try await session.begin()
      _ = try await session.insert(Bench.record(0))
      await session.rollback()
      #expect(try await session.insert(Bench.record(0)) == 12)
    }
    #expect(bench.original.records.map(\.id) == Array(1...10) + [12])
  }

  @Test func lowerIDIsCommittedLater() async throws {
    let bench = Bench()
    try await bench.run {
      let (slow, fast) = (try await bench.session(bench.original), try await bench.session(bench.original))
      try await slow.begin()
      #expect(try await slow.insert(Bench.record(0)) == 11)
      #expect(try await fast.insert(Bench.record(0)) == 12)
      #expect(bench.original.records.last?.id == 12)
      #expect(bench.original.records.count == 11)
      try await slow.commit()
      #expect(bench.original.records.count == 12)
    }
  }

  @Test func failedStatementChangesNothing() async throws {
    let bench = Bench()
    try await bench.run {
      let session = try await bench.session(bench.original)
      try await session.begin()
      #expect(await kind { try await session.insert([Bench.record(20), Bench.record(5)]) } == .duplicateID)
      try await session.insert([Bench.record(21)])
      try await session.commit()
    }
    #expect(bench.original.records.map(\.id) == Array(1...10) + [21])
  }

  @Test func lostAnswerOfCommit() async throws {
    var faults = FaultPlan()
    faults.budget = 1
    faults.lostCommitAnswers = 10_000
    let bench = Bench(faults: faults)
    try await bench.run {
      let session = try await bench.session(bench.original)
      try await session.begin()
      _ = try await session.insert(Bench.record(0))
      #expect(await kind { try await session.commit() } == .connectionLost)
      #expect(await kind { _ = try await session.ids(RowSelection()) } == .connectionLost)
      #expect(await session.mayBeClosed())
    }
    #expect(bench.original.records.count == 11)
    #expect(bench.world.faultCounts == [.lossAfterEffect: 1])
  }

  @Test func lostStatementDoesNothing() async throws {
    var faults = FaultPlan()
    faults.budget = 1
    faults.chances = [.lossBeforeEffect: 10_000]
    let bench = Bench(faults: faults)
    try await bench.run {
      let session = try await bench.session(bench.original)
      #expect(await kind { _ = try await session.insert(Bench.record(0)) } == .connectionLost)
    }
    #expect(bench.original.records.count == 10)
  }

  @Test func lastSecondIsForgotten() async throws {
    let bench = Bench()
    try await bench.run {
      let session = try await bench.session(bench.original)
      _ = try await session.insert(Bench.record(0))
      try await bench.world.scheduler.sleep(for: .seconds(3))
      _ = try await session.insert(Bench.record(0))
      _ = try await session.delete(RowSelection(ids: [1]))
      bench.original.server.kill(for: .seconds(5), forgetting: .seconds(1))
      #expect(bench.original.records.map(\.id) == Array(1...11))
      #expect(await kind { _ = try await session.ids(RowSelection()) } == .connectionLost)
      #expect(await kind { _ = try await bench.session(bench.original) } == .unreachable)
      try await bench.world.scheduler.sleep(for: .seconds(6))
      #expect(try await bench.session(bench.original).insert(Bench.record(0)) == 12)
    }
  }

  @Test(arguments: [true, false]) func counterAfterRestart(keepsCounters: Bool) async throws {
    let bench = Bench(keepsCounters: keepsCounters)
    try await bench.run {
      let session = try await bench.session(bench.original)
      _ = try await session.insert(Bench.record(0))
      _ = try await session.insert(Bench.record(0))
      _ = try await session.delete(RowSelection(from: 10))
      bench.original.server.kill(for: .seconds(1))
      try await bench.world.scheduler.sleep(for: .seconds(2))
      #expect(try await bench.session(bench.original).insert(Bench.record(0)) == (keepsCounters ? 13 : 10))
    }
  }
}
