import Campaigns
import Foundation
import Simulation
import StudentModuleHistory
import Testing

/// One fault at a time, and one change of the order at a time.
struct SmallCaseTests {
  @Test("a single fault strikes at the moment that is asked for, and at no other")
  func singleFault() async throws {
    var faults = FaultPlan()
    faults.single = FaultPlan.Single(.lossBeforeEffect, 3)
    let bench = Bench(faults: faults)
    try await bench.run {
      let session = try await bench.session(bench.original)
      for _ in 0..<2 { #expect(try await session.rowCount(RowSelection()) == 10) }
      #expect(await kind { _ = try await session.rowCount(RowSelection()) } == .connectionLost)
      let next = try await bench.session(bench.original)
      for _ in 0..<5 { #expect(try await next.rowCount(RowSelection()) == 10) }
    }
    #expect(bench.world.faultCounts == [.lossBeforeEffect: 1])
  }

  @Test("an order differs from the first one in one choice")
  func order() async throws {
    func run(_ exception: Int) async throws -> [String] {
      let world = SimulatedWorld(seed: 1, order: .firstComeFirstServed(exception: exception))
      let notes = Notes()
      try await world.run {
        await withTaskGroup(of: Void.self) { group in
          for name in ["a", "b", "c"] {
            group.addTask { notes.add(name) }
          }
        }
      }
      return notes.all
    }
    #expect(try await run(0) == ["a", "b", "c"])
    #expect(try await run(1) == ["b", "a", "c"])
    #expect(try await run(2) == ["a", "c", "b"])
  }

  @Test("a process that stands still keeps its locks, and then goes on")
  func freeze() async throws {
    let bench = Bench()
    let other = bench.world.process("other")
    try await bench.run {
      let session = try await bench.session(bench.original)
      try await session.begin()
      _ = try await session.delete(RowSelection(ids: [1]))
      bench.process.freeze(for: .seconds(60))
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          let second = try await bench.session(bench.original, other)
          #expect(await kind { _ = try await second.delete(RowSelection(ids: [1])) } == .transient)
          #expect(bench.world.now < .seconds(55))
        }
        try await session.commit()
        #expect(bench.world.now >= .seconds(60))
        try await group.waitForAll()
      }
      #expect(try await session.rowCount(RowSelection()) == 9)
    }
  }

  @Test("a table lock that is granted to a connection which has just ended is not kept")
  func ghostLock() async throws {
    let bench = Bench()
    let other = bench.world.process("other")
    try await bench.run {
      let (writer, locker) = (
        try await bench.session(bench.original), try await bench.session(bench.original, other)
      )
      try await writer.begin()
      _ = try await writer.insert(Bench.record(0))
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          try? await locker.withTableLocked(.write, lockWait: 20) {
            try await bench.world.scheduler.sleep(for: .seconds(9))
          }
        }
        try await bench.world.scheduler.sleep(for: .seconds(1))
        // At the same moment: the lock is granted, and its connection ends.
        try await writer.commit()
        other.crash()
        try await group.waitForAll()
      }
      try await bench.world.scheduler.sleep(for: .seconds(30))
      let start = bench.world.now
      _ = try await writer.insert(Bench.record(0))
      #expect(bench.world.now - start < .seconds(1))
    }
  }

  @Test("no single fault and no single change of the order leads a small migration astray")
  func small() async {
    let seed = ProcessInfo.processInfo.environment["CSMH_SIMULATE_SEED"].flatMap(Int.init) ?? 1
    let small = await SmallCases.run(every: 200, from: seed % 200)
    #expect(small.caseCount > 5_000)
    #expect(small.search.failures.isEmpty, "\(small.search.failures.joined(separator: "\n\n"))")
  }
}
