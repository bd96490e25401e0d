import Simulation
import StudentModuleHistory
import Testing

@Suite struct LockTests {
  @Test func shareLockStopsDelete() async throws {
    let (bench, notes) = (Bench(), Notes())
    try await bench.run {
      let (reader, other) = (try await bench.session(bench.original), try await bench.session(bench.original))
      try await reader.begin()
      let digest = try await reader.digest(of: IDRange(1, 5), locking: true, measuring: false).digest
      #expect(digest.rowCount == 5)
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          // Others may read the rows, and change those beside them.
          let count = try await other.rowCount(RowSelection())
          #expect(count == 10)
          let free = try await other.delete(RowSelection(ids: [6]))
          #expect(free == 1)
          let locked = try await other.delete(RowSelection(ids: [5]))
          #expect(locked == 1)
          notes.add("deleted")
        }
        try await bench.world.scheduler.sleep(for: .seconds(10))
        notes.add("rolled back")
        await reader.rollback()
        try await group.waitForAll()
      }
    }
    #expect(notes.all == ["rolled back", "deleted"])
  }

  @Test func waitForLockIsLimited() async throws {
    let bench = Bench()
    try await bench.run {
      let (holder, other) = (try await bench.session(bench.original), try await bench.session(bench.original))
      try await holder.begin()
      _ = try await holder.delete(RowSelection(ids: [1]))
      try await other.begin()
      _ = try await other.delete(RowSelection(ids: [2]))
      let start = bench.world.now
      #expect(await kind { _ = try await other.delete(RowSelection(ids: [1])) } == .transient)
      #expect(bench.world.now - start > .seconds(50) && bench.world.now - start < .seconds(51))
      try await other.limitLockWait(to: 2)
      let second = bench.world.now
      #expect(await kind { _ = try await other.delete(RowSelection(ids: [1])) } == .transient)
      #expect(bench.world.now - second < .seconds(3))
      // Only the statement has failed.
      try await other.commit()
      await holder.rollback()
    }
    #expect(bench.original.records.map(\.id) == [1] + Array(3...10))
  }

  @Test func deadlockGivesOneUp() async throws {
    let (bench, notes) = (Bench(), Notes())
    try await bench.run {
      await withTaskGroup(of: Void.self) { group in
        for (first, second) in [(1, 2), (2, 1)] as [(UInt64, UInt64)] {
          group.addTask {
            do {
              let session = try await bench.session(bench.original)
              try await session.begin()
              _ = try await session.delete(RowSelection(ids: [first]))
              try await bench.world.scheduler.sleep(for: .seconds(1))
              do {
                _ = try await session.delete(RowSelection(ids: [second]))
                try await session.commit()
                notes.add("committed")
              } catch let error as HistoryStoreError {
                notes.add(error.kind.rawValue)
                // The server has rolled back: what comes now is a transaction of its own.
                _ = try await session.delete(RowSelection(ids: [10]))
              }
            } catch {
              notes.add("\(error)")
            }
          }
        }
      }
    }
    #expect(notes.all.sorted() == ["committed", "transient"])
    #expect(bench.world.now < .seconds(2))
    #expect(bench.original.records.map(\.id) == Array(3...9))
  }

  @Test func tableLockWaitsForWritersAndWritersQueue() async throws {
    let (bench, notes) = (Bench(), Notes())
    try await bench.run {
      let writer = try await bench.session(bench.original)
      let late = try await bench.session(bench.original)
      let locker = try await bench.session(bench.original)
      try await writer.begin()
      _ = try await writer.insert(Bench.record(0))
      #expect(await kind { try await locker.withTableLocked(.read, lockWait: 2) {} } == .transient)
      #expect(try await locker.openTransactions().map(\.connectionID) == [writer.connectionID])
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          try await locker.withTableLocked(.read, lockWait: 60) {
            notes.add("locked with \(try await locker.summary().nextID)")
            try await bench.world.scheduler.sleep(for: .seconds(5))
            notes.add("unlocking")
          }
        }
        group.addTask {
          try await bench.world.scheduler.sleep(for: .seconds(3))
          let count = try await late.rowCount(RowSelection())
          #expect(count == 10)
          _ = try await late.insert(Bench.record(0))
          notes.add("inserted")
        }
        try await bench.world.scheduler.sleep(for: .seconds(10))
        notes.add("committing")
        try await writer.commit()
        try await group.waitForAll()
      }
    }
    #expect(notes.all == ["committing", "locked with 12", "unlocking", "inserted"])
  }

  @Test func crashFreesLocksLate() async throws {
    var faults = FaultPlan()
    faults.longestLateRollback = .seconds(20)
    let bench = Bench(seed: 3, faults: faults)
    let other = bench.world.process("lms")
    try await bench.run {
      let session = try await bench.session(bench.original)
      try await session.begin()
      _ = try await session.delete(RowSelection(ids: [1]))
      #expect(try await session.hold("name", wait: 0))
      bench.process.crash()
      let start = bench.world.now
      let second = try await bench.session(bench.original, other)
      #expect(try await second.isHeld("name") == true)
      #expect(try await second.delete(RowSelection(ids: [1])) == 1)
      #expect(bench.world.now - start > .milliseconds(200))
      #expect(try await second.isHeld("name") == false)
    }
  }

  @Test func scanWaitsForWhatOthersInsert() async throws {
    let bench = Bench()
    try await bench.run {
      let (writer, reader) = (try await bench.session(bench.original), try await bench.session(bench.original))
      try await writer.begin()
      _ = try await writer.insert(Bench.record(0))
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          try await bench.world.scheduler.sleep(for: .seconds(5))
          try await writer.commit()
        }
        try await reader.begin()
        #expect(try await reader.digest(of: IDRange(1, 20), locking: false, measuring: false).digest.rowCount == 10)
        #expect(try await reader.digest(of: IDRange(1, 20), locking: true, measuring: false).digest.rowCount == 11)
        // No gap is locked: rows may come in.
        #expect(try await writer.insert(Bench.record(0)) == 12)
        await reader.rollback()
        try await group.waitForAll()
      }
    }
  }
}
