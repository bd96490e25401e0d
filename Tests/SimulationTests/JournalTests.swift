import Simulation
import StudentModuleHistory
import Testing

@Suite struct JournalTests {
  private func range(
    _ lower: UInt64, state: String, holder: String? = nil
  ) -> [JournalChange] {
    [
      JournalChange(.lowerID, .number(lower)), JournalChange(.upperID, .number(lower + 9)),
      JournalChange(.state, .text(state)), JournalChange(.holder, .text(holder)), JournalChange(.attempts, .number(1)),
    ]
  }

  private func lowerIDs(_ session: SimulatedSession, _ conditions: JournalCondition...) async throws -> [UInt64?] {
    try await session.select([.lowerID], JournalQuery(.range, where: conditions, order: .lowerID)).map {
      $0[0].unsignedValue
    }
  }

  @Test func nullMeetsNoComparison() async throws {
    let bench = Bench()
    try await bench.run {
      let session = try await bench.session(bench.extended)
      for row in [range(1, state: "leased", holder: "a"), range(11, state: "pending"), range(21, state: "copied")] {
        try await session.insert(into: .range, row, unless: [])
      }
      #expect(try await lowerIDs(session, .equal(.holder, .text("a"))) == [1])
      #expect(try await lowerIDs(session, .equal(.holder, .null)) == [])
      #expect(try await lowerIDs(session, .isNone(of: ["a"], .holder)) == [])
      #expect(try await lowerIDs(session, .isNone(of: ["leased"], .state)) == [11, 21])
      #expect(try await lowerIDs(session, .isNull(.holder)) == [11, 21])
      #expect(try await lowerIDs(session, .any([.isNull(.holder), .below(.holder, .text("b"))])) == [1, 11, 21])
      #expect(
        try await lowerIDs(session, .atLeast(.lowerID, .number(11 as UInt64)), .below(.upperID, .column(.lowerID)))
          == [])
      #expect(
        try await lowerIDs(session, .isPair(of: [IDPair(id: 1, value: 1), IDPair(id: 2, value: 2)], .attempts)) == [1])
      #expect(try await lowerIDs(session, .hasPrefix("co", .state)) == [21])
    }
  }

  @Test func changes() async throws {
    let bench = Bench()
    try await bench.run {
      let session = try await bench.session(bench.extended)
      try await session.insert(into: .range, range(1, state: "pending"), unless: [])
      #expect(await kind { try await session.insert(into: .range, range(1, state: "x"), unless: []) } == .duplicateID)
      let changed = try await session.update(
        .range,
        set: [
          JournalChange(.attempts, .successor(of: .attempts)), JournalChange(.leaseExpiresAt, .now(plus: 60)),
          JournalChange(.holder, .column(.state)),
        ], where: [.equal(.id, .number(1)), .equal(.state, .text("pending"))])
      #expect(changed == 1)
      let now = try await session.now()
      let row = try await session.select(
        [.attempts, .holder, .leaseExpiresAt], JournalQuery(.range, where: [.above(.leaseExpiresAt, .now)])
      )[0]
      #expect(row[0].unsignedValue == 2)
      #expect(row[1].textValue == "pending")
      // The second server's clock is ahead.
      #expect(now > "2026-01-01 00:00:07" && now < "2026-01-01 00:00:08")
      #expect(try await session.seconds(from: now, to: row[2].textValue!)! > 59)
      try await session.insert(into: .event, [JournalChange(.token, .text("t"))], unless: [.equal(.token, .text("t"))])
      try await session.insert(into: .event, [JournalChange(.token, .text("t"))], unless: [.equal(.token, .text("t"))])
      #expect(try await session.count(JournalQuery(.event)) == 1)
      let sums = try await session.rangeSums()
      #expect(sums.map(\.state) == ["pending"])
      #expect(sums[0].idCount == 10 && sums[0].attempts == 2)
    }
  }

  @Test func updateTakesTheRowAsItIsThen() async throws {
    let (bench, notes) = (Bench(), Notes())
    try await bench.run {
      let session = try await bench.session(bench.extended)
      try await session.insert(into: .range, range(1, state: "pending"), unless: [])
      try await withThrowingTaskGroup(of: Void.self) { group in
        for name in ["a", "b", "c"] {
          group.addTask {
            let session = try await bench.session(bench.extended)
            try await session.begin()
            let count = try await session.update(
              .range, set: [JournalChange(.state, .text("leased")), JournalChange(.holder, .text(name))],
              where: [.equal(.id, .number(1)), .equal(.state, .text("pending"))])
            notes.add("\(count)")
            try await bench.world.scheduler.sleep(for: .seconds(1))
            try await session.commit()
          }
        }
        try await group.waitForAll()
      }
    }
    #expect(notes.all == ["1", "0", "0"])
  }

  @Test func journalOfAnotherDatabaseIsAbsent() async throws {
    let bench = Bench()
    try await bench.run {
      let session = try await bench.session(bench.original)
      #expect(await kind { _ = try await session.rangeSums() } == .misconfigured)
      #expect(try await session.presentColumns(of: .range).isEmpty)
    }
  }

  @Test func namesAreWaitedFor() async throws {
    let bench = Bench()
    try await bench.run {
      let (one, other) = (try await bench.session(bench.extended), try await bench.session(bench.extended))
      #expect(try await one.hold("lock", wait: 0))
      #expect(try await one.hold("lock", wait: 0))
      #expect(try await !other.hold("lock", wait: 0))
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          let isHeld = try await other.hold("lock", wait: 5)
          #expect(isHeld)
        }
        try await bench.world.scheduler.sleep(for: .seconds(2))
        await one.close()
        try await group.waitForAll()
      }
    }
  }
}
