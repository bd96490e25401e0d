import Simulation
import StudentModuleHistory
import Testing

@Suite struct SchedulerTests {
  /// Several tasks that wait and note down when they woke.
  private func wander(_ seed: UInt64) async throws -> [String] {
    let (world, notes) = (SimulatedWorld(seed: seed), Notes())
    try await world.run {
      await withTaskGroup(of: Void.self) { group in
        for name in ["a", "b", "c", "d"] {
          group.addTask {
            for step in 0..<5 {
              try? await world.scheduler.sleep(for: .milliseconds(step % 2))
              notes.add(name)
            }
          }
        }
      }
    }
    return notes.all
  }

  @Test func seedDecidesOrder() async throws {
    var runs: Set<[String]> = []
    for seed in 0..<20 as Range<UInt64> {
      let run = try await wander(seed)
      #expect(try await wander(seed) == run)
      runs.insert(run)
    }
    #expect(runs.count > 10)
  }

  @Test func timeIsVirtual() async throws {
    let world = SimulatedWorld(seed: 1)
    try await world.run { try await world.scheduler.sleep(for: .seconds(80_000)) }
    #expect(world.now == .seconds(80_000))
  }

  @Test func cancelledSleepEndsAtOnce() async throws {
    let (world, notes) = (SimulatedWorld(seed: 1), Notes())
    try await world.run {
      await withTaskGroup(of: Void.self) { group in
        group.addTask {
          do {
            try await world.scheduler.sleep(for: .seconds(100))
          } catch {
            notes.add("\(type(of: error)) at \(world.now)")
          }
        }
        try? await world.scheduler.sleep(for: .seconds(1))
        group.cancelAll()
      }
    }
    #expect(notes.all == ["CancellationError at 1.0 seconds"])
    #expect(world.now == .seconds(1))
  }

  @Test func hangIsFound() async throws {
    let world = SimulatedWorld(seed: 1)
    let process = world.process("csmh")
    do {
      try await world.run {
        try await process.run { _ in
          let (stream, end) = AsyncStream.makeStream(of: Int.self)
          for await _ in stream {}
          end.finish()
        }
      }
      Issue.record("the hang was not found")
    } catch let SimulationFailure.hangs(_, waiting) {
      #expect(waiting == ["csmh has not ended"])
    }
  }

  @Test func whatDoesNotEndIsFound() async throws {
    let world = SimulatedWorld(seed: 1, timeLimit: .seconds(100))
    do {
      try await world.run { while true { try await world.scheduler.sleep(for: .seconds(1)) } }
    } catch let SimulationFailure.doesNotEnd(time, _, _) {
      #expect(time == .seconds(101))
    }
    let busy = SimulatedWorld(seed: 1, stepLimit: 1_000)
    await #expect(throws: SimulationFailure.self) {
      try await busy.run { while !Task.isCancelled { await Task.yield() } }
    }
  }

  @Test func escapeIsFound() async throws {
    let world = SimulatedWorld(seed: 1)
    do {
      try await world.run { _ = await Task.detached { 1 }.value }
      Issue.record("the escape was not found")
    } catch SimulationFailure.hasEscaped(let jobCount) {
      #expect(jobCount == 1)
    } catch SimulationFailure.hangs {
      // A busy machine has not let it come back in time.
    }
  }

  @Test func crashedProcessDoesNothing() async throws {
    let bench = Bench()
    try await bench.run {
      let session = try await bench.session(bench.original)
      do {
        try await bench.process.run { environment in
          let first = try await session.delete(RowSelection(ids: [1]))
          bench.process.crash(at: "here", count: 2)
          environment.reach("here")
          let second = try await session.delete(RowSelection(ids: [2]))
          #expect(first == 1 && second == 1)
          environment.reach("here")
          await session.rollback()
          #expect(await kind { try await environment.sleep(for: .seconds(1)) } == .other)
          #expect(await kind { _ = try await session.delete(RowSelection(ids: [3])) } == .cancelled)
          #expect(await kind { _ = try await bench.session(bench.original) } == .cancelled)
        }
        Issue.record("the process did not crash")
      } catch is ProcessCrash {}
    }
    #expect(bench.original.records.map(\.id) == Array(3...10))
  }
}
