internal import MigrationBase
internal import MigrationJournal
internal import StudentModuleHistory

extension Rekeyer {
  /// Does what a proposal says, worked out anew; nil if there is nothing to do.
  ///
  /// - Throws: as ``proposal()``; `MigrationError.digestMismatch` if a server did not move rows as they were.
  package func run(willBegin: (Step) async -> Void) async throws -> RekeyOutcome? {
    try await retrying(stop) { try await lanes.requirePrivileges(for: [.offset]) }
    return try await withLock { keeper in
      await willBegin(.search)
      guard var plan = try await proposal(keeper).plan else { return nil }
      if try await !isBegun(plan, keeper) { plan = try await begin(plan, keeper, willBegin) }
      try await settle(keeper, willBegin)
      let record = plan.record
      await willBegin(.move)
      let here = try await region(record, keeper)
      let before = try await walk(keeper).run(below: record.sourceEnd, shift: .up(record.shift))
      var expected = here
      expected.add(before.nativeDigest)
      meter.set(rowsElsewhere: here.rowCount, rowsLeft: before.nativeCount, isEstimate: false)
      let passes = try await passes(record, keeper)
      await willBegin(.prove)
      return try await finish(record, passes, expected: expected, keeper)
    }
  }

  /// Whether the counter was raised, and that was written down.
  private func isBegun(_ plan: RekeyPlan, _ keeper: ReconnectingLane) async throws -> Bool {
    guard plan.isContinued, !plan.raisesCounter else { return false }
    return try await keeper.read { try await journal.lastRekeyEvent($0.target)?.event == .begun }
  }

  /// Writes the numbers down, then raises the counter: after a crash in between the numbers are found, and the counter is raised then.
  private func begin(
    _ proposed: RekeyPlan, _ keeper: ReconnectingLane, _ willBegin: (Step) async -> Void
  ) async throws -> RekeyPlan {
    var plan = proposed
    for _ in 0..<3 {
      let (record, candidate) = (plan.record, plan)
      if !plan.isContinued { try await keeper.read { try await journal.setRekey(record, $0.target) } }
      stop.environment.reach(.afterRekeyBegin)
      if plan.raisesCounter {
        await willBegin(.raise)
        try await SchemaRunner(stop: stop).make([.raiseCounter(to: record.limit)], lanes.schema(lanes.target.side))
        let next = try await keeper.read { try await $0.target.summary().nextID }
        guard next >= record.limit else { throw MigrationError.startingIDTooLow(next: next, needed: record.limit - 1) }
      }
      stop.environment.reach(.afterRekeyRaise)
      // What the LMS wrote before the counter was raised lies below the place of the moved rows, unless it used up all of the slack.
      var isFree = plan.isContinued
      if !isFree { isFree = try await keeper.read { try await self.isFree(candidate, $0.target) } }
      if isFree {
        let token = stop.environment.word()
        try await keeper.read {
          try await journal.record(
            Journal.RekeyEvent.begun.rawValue,
            detail: "native rows below the id \(record.sourceEnd) move up by \(record.shift), below \(record.limit)",
            token: token, $0.target)
        }
        return plan
      }
      try await keeper.read { try await journal.setRekey(nil, $0.target) }
      guard let again = try await proposal(keeper).plan else { break }
      plan = again
    }
    throw MigrationError.rekeyRefused(
      "the LMS takes up ids faster than the extended table's counter can be raised", remedy: Remedy(.tryLater))
  }

  private func isFree(_ plan: RekeyPlan, _ session: any HistorySession) async throws -> Bool {
    let lower = plan.raisesCounter ? plan.record.sourceEnd : plan.record.target.lower
    return try await !session.hasRows(from: lower, through: plan.record.limit - 1)
  }

  /// Django changes a record that it wrote a moment ago by its id, and writes it anew under that id if it finds none: rows rest until the
  /// requests that wrote them have ended.
  private func settle(_ keeper: ReconnectingLane, _ willBegin: (Step) async -> Void) async throws {
    let seconds = try await keeper.read { try await journal.lastRekeyEvent($0.target)?.seconds ?? 0 }
    let rest = options.settle - .seconds(max(0, seconds))
    guard rest > .zero else { return }
    await willBegin(.settle(rest))
    try await stop.sleep(for: rest)
  }

  private struct Passes {
    var movedRowCount: UInt64 = 0
    var blocked: [UInt64] = []

    /// What the last pass found, and whether it went over everything and could move nothing.
    var left = RowSurvey()
    var isDone = false
  }

  /// Goes over the rows until a pass finds none that can be moved: the last one is the proof that none is left.
  private func passes(_ record: RekeyRecord, _ keeper: ReconnectingLane) async throws -> Passes {
    let move = RowMove(journal: journal, environment: stop.environment, shift: .up(record.shift))
    let pacer = RowPacer(rowsPerSecond: options.maximumRowsPerSecond)
    var passes = Passes()
    while !stop.isRequested, !passes.isDone {
      var moved: UInt64 = 0
      passes.blocked = []
      let walk = walk(keeper, windowRowCount: pacer.largestTurn)
      passes.left = try await walk.run(below: record.sourceEnd, shift: .up(record.shift)) { ids in
        guard try await pacer.turn(ids.count, unless: stop) else { return }
        let attempt = Attempt<RowMove.Result>(stop.environment)
        let result = try await keeper.commit {
          try await move.up(ids, attempt, $0)
        } arrived: {
          try await move.arrived(attempt, $0)
        }
        moved += result.digest.rowCount
        passes.blocked += result.blocked
        meter.finished(rows: result.digest.rowCount, bytes: 0)
        pacer.settle(ids.count, moved: result.digest.rowCount)
      }
      passes.movedRowCount += moved
      passes.isDone = moved == 0 && !stop.isRequested
    }
    return passes
  }

  /// The digest of what stands where moved rows go.
  func region(_ record: RekeyRecord, _ keeper: ReconnectingLane) async throws -> RangeDigest {
    var digest = RangeDigest.empty
    var lower = record.target.lower
    while lower <= record.target.upper {
      let from = lower
      let (part, upper) = try await keeper.read { lane in
        let upper = try await lane.target.upperBound(from: from, through: record.target.upper, rowCount: 20_000)
        return (
          try await lane.target.digest(of: IDRange(from, upper), locking: false, measuring: false).digest, upper
        )
      }
      digest.add(part)
      lower = upper + 1
    }
    return digest
  }

  private func finish(
    _ begun: RekeyRecord, _ passes: Passes, expected: RangeDigest, _ keeper: ReconnectingLane
  ) async throws -> RekeyOutcome {
    // A row with a lower id than the plan's may have been found.
    let record = try await keeper.read { try await journal.rekey($0.target) } ?? begun
    let found = try await region(record, keeper)
    if passes.isDone, passes.left.nativeCount == 0 {
      let token = stop.environment.word()
      try await keeper.read { lane in
        try await lane.target.transaction {
          // All native rows stand from here on.
          try await journal.set(startingID: record.target.lower, lane.target)
          try await journal.reopenStopped(lane.target)
          try await journal.record(
            Journal.RekeyEvent.finished.rawValue,
            detail:
              "\(found.rowCount) native rows moved up by \(record.shift), to the ids \(record.target): digest \(found.hash)",
            token: token, lane.target)
        }
      }
    }
    return RekeyOutcome(
      record: record, isInterrupted: !passes.isDone, movedRowCount: passes.movedRowCount, expected: expected,
      found: found, left: passes.left, blocked: passes.blocked,
      report: try await StartingIDReport(lanes: lanes, stop: stop))
  }
}
