import Simulation
import StudentModuleHistory
import Testing

@Suite struct MigrationTests {
  /// Copies with faults while learners work; returns what contradicts the truth. Rows that stay as they are have to have copies.
  private func contradictions(
    seed: UInt64, writesEntryFirst: Bool = false, hasLearners: Bool
  ) async throws -> [String] {
    let bench = Bench(
      seed: seed, faults: .everything(budget: 30, frequency: 150).without(.forgetfulOutage), rowCount: 0,
      isOnOneServer: seed % 4 == 0)
    var options = LearnerOptions()
    options.longestPause = .seconds(1)
    options.deletions = 15
    let lms = SimulatedLMS(bench.world, original: bench.original, extended: bench.extended, options: options)
    lms.fill(rowCount: 80)
    bench.extended.setCounter(to: 10_000)
    let migration = ToyMigration(bench: bench, writesEntryFirst: writesEntryFirst)
    migration.provision()
    try await bench.run {
      try await withThrowingTaskGroup(of: Void.self) { group in
        if hasLearners { group.addTask { try await lms.run() } }
        try await migration.run()
        lms.stop()
        try await group.waitForAll()
      }
    }
    return lms.ledger.contradictions(
      original: bench.original.records, extended: bench.extended.records, isComplete: !hasLearners)
  }

  @Test(arguments: 0..<16 as Range<UInt64>) func rightMigrationIsFoundRight(seed: UInt64) async throws {
    #expect(try await contradictions(seed: seed, hasLearners: false) == [])
    #expect(try await contradictions(seed: seed, hasLearners: true) == [])
  }

  @Test func wrongMigrationIsFoundWrong() async throws {
    for seed in 0..<100 as Range<UInt64> {
      if try await !contradictions(seed: seed, writesEntryFirst: true, hasLearners: false).isEmpty { return }
    }
    Issue.record("rows that were lost were not missed")
  }

  @Test func worldsLeaveTheMemory() async throws {
    weak var world: SimulatedWorld?
    for seed in 0..<3 as Range<UInt64> {
      let bench = Bench(seed: seed, faults: .everything(budget: 10))
      try await bench.run {
        let session = try await bench.session(bench.original, bench.world.process("quiet", hasFaults: false))
        try await session.begin()
        _ = try? await session.delete(RowSelection(ids: [1]))
      }
      world = bench.world
    }
    #expect(world == nil)
  }
}
