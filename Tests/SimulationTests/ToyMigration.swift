import Simulation
import StudentModuleHistory

/// A very small migration, right or wrong, for seeing whether the simulation tells the one from the other.
struct ToyMigration: Sendable {
  let bench: Bench

  /// What is done wrong: the journal's entry is committed before the rows.
  var writesEntryFirst = false

  static let rangeSize: UInt64 = 8

  /// Puts the ranges of everything that is there into the journal.
  func provision() {
    let last = bench.original.records.last?.id ?? 0
    for lower in stride(from: 1, through: last, by: UInt64.Stride(Self.rangeSize)) {
      bench.extended.fill(
        .range,
        [
          .lowerID: .unsigned(lower), .upperID: .unsigned(lower + Self.rangeSize - 1), .state: .text("pending"),
          .attempts: .unsigned(0),
        ])
    }
  }

  /// Copies all ranges with some processes; one that dies is replaced.
  func run(processCount: Int = 2) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<processCount {
        group.addTask { try await bench.world.persist("toy-\(number)") { try await copyAll($0, $1) } }
      }
      try await group.waitForAll()
    }
  }

  private func copyAll(_ process: SimulatedProcess, _ environment: Environment) async throws {
    let lanes = SimulatedLanes(.there, original: bench.original, extended: bench.extended, for: process)
    while true {
      do {
        let lane = try await lanes.openLane()
        do {
          while try await copyNext(lane, process.name, environment) {}
          await lane.close()
          return
        } catch {
          await lane.close()
          throw error
        }
      } catch let error as HistoryStoreError where error.isTransient || error.kind == .duplicateID {
        try await environment.sleep(for: .milliseconds(500))
      } catch is RangeProblem {
        // The lease was lost, and a row was deleted since another process has copied the range.
        try await environment.sleep(for: .milliseconds(500))
      }
    }
  }

  /// Returns false if nothing is left.
  private func copyNext(_ lane: Lane, _ holder: String, _ environment: Environment) async throws -> Bool {
    let open: [JournalCondition] = [.isNone(of: ["copied"], .state)]
    let free: [JournalCondition] = [
      .any([.equal(.state, .text("pending")), .below(.leaseExpiresAt, .now), .equal(.holder, .text(holder))])
    ]
    let rows = try await lane.target.select(
      [.id, .lowerID, .upperID, .attempts],
      JournalQuery(.range, where: open + free, order: .lowerID, limit: 1))
    guard let row = rows.first else {
      if try await lane.target.count(JournalQuery(.range, where: open)) == 0 { return false }
      try await environment.sleep(for: .seconds(1))
      return true
    }
    let taken: [JournalCondition] = [.equal(.id, .value(row[0])), .equal(.attempts, .value(row[3]))]
    let count = try await lane.target.update(
      .range,
      set: [
        JournalChange(.state, .text("leased")), JournalChange(.holder, .text(holder)),
        JournalChange(.leaseExpiresAt, .now(plus: 5)), JournalChange(.attempts, .successor(of: .attempts)),
      ], where: open + taken)
    guard count == 1 else { return true }
    environment.reach("leased")
    let attempt = row[3].unsignedValue! + 1
    try await copy(
      IDRange(row[1].unsignedValue!, row[2].unsignedValue!), lane, environment,
      lease: [.equal(.id, .value(row[0]))] + [.equal(.attempts, .number(attempt))])
    return true
  }

  private func copy(
    _ range: IDRange, _ lane: Lane, _ environment: Environment, lease: [JournalCondition]
  ) async throws {
    do {
      try await lane.target.begin()
      let digest = try await lane.transfer.transfer(range, byteLimit: .max).digest
      environment.reach("moved")
      if writesEntryFirst { await lane.target.rollback() }
      let count = try await lane.target.update(
        .range, set: [JournalChange(.state, .text("copied")), JournalChange(.digest, .text(digest.hash.description))],
        where: lease)
      guard count == 1 else { throw HistoryStoreError(.transient, "the lease is lost") }
      if writesEntryFirst {
        environment.reach("between")
        try await lane.target.begin()
        _ = try await lane.transfer.transfer(range, byteLimit: .max)
      }
      try await lane.target.commit()
      await lane.transfer.release()
    } catch {
      await lane.target.rollback()
      await lane.transfer.release()
      throw error
    }
  }
}
