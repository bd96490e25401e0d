internal import MigrationBase
internal import MigrationProtocol
internal import Simulation
internal import StudentModuleHistory

/// What the operator does, and what an operator has to decide.
extension Campaign {
  func migrate() async throws {
    world.holdFaults(plan.faultsFrom != .copy)
    if !plan.isProvisioned || plan.hasOldJournal { try await provision() }
    if plan.isFlagFirst { try await moveWrites() }
    if plan.isHeadroomShort { try await moveNativeRows() }
    if plan.isSupervised { try await supervise() } else { try await copy() }
    for _ in 0..<plan.earlyPasses {
      try await command("catch-up") { lanes, stop in
        _ = try await catchUp(lanes, stop)
        return true
      }
    }
    if plan.forgetsCounter { try await forgetCounter() }
    if !plan.isFlagFirst { try await moveWrites() }
    if plan.forgetsCounter { try await moveReusedRows() }
    guard !plan.isCutShort else { return }
    try await removeCopies()
    try await removeOriginals()
    if plan.faultsFrom == .catchUp { world.holdFaults(false) }
    try await besideStragglers { try await command("catch-up") { try await catchUp($0, $1) } }
    guard !keepsDeleted else { return }
    compareFenced()
    guard plan.emptying != .no else { return }
    world.holdFaults(plan.faultsFrom == .wayBack)
    // Between the proof and the emptying, too.
    try await removeCopies()
    try await besideStragglers { try await command(plan.emptying.rawValue) { try await empty($0, $1) } }
  }

  /// Does something while a process of the LMS that nobody restarted serves its last requests.
  func besideStragglers(_ body: @escaping @Sendable () async throws -> Void) async throws {
    guard plan.stragglers > 0 else { return try await body() }
    // Its last transactions end as they would: what they commit late is looked at too.
    _ = try await concurrently {
      await lms.straggle(requestCount: plan.stragglers)
    } _: {
      // Before, while, or after it writes.
      try await world.scheduler.sleep(for: .milliseconds(chance.below(8_000)))
      try await body()
    }
  }

  /// Empties the original table. What it refuses, and what it leaves, is told to be mended by the pass back.
  func empty(_ lanes: SimulatedLanes, _ stop: StopSignal) async throws -> Bool {
    let drain = Drain(lanes: lanes, options: drainOptions, stop: stop, meter: ProgressMeter(phase: "drain"))
    let flags = HistoryFlags(extendedEnabled: true, readOnlyFromExtended: true)
    do {
      let before = original.records.map(\.id)
      let outcome = try await plan.emptying == .drain ? drain.run(flags: flags) : drain.truncate(flags: flags)
      // Its own work is recognised, also where the answer was lost. Learners may have deleted the rest.
      let gone = Set(before).subtracting(original.records.map(\.id)).count
      if plan.isForgetful {
        world.note("removed", "\(outcome.removedRowCount), of which a server may have forgotten some")
      } else if Int(outcome.removedRowCount) > gone || (plan.deletions == 0 && Int(outcome.removedRowCount) < gone) {
        findings.add(
          "\(plan.emptying.rawValue) says that it removed \(outcome.removedRowCount) rows, and \(gone) are gone")
      }
      if outcome.isComplete { return true }
      world.note(plan.emptying.rawValue, outcome.sentence)
    } catch MigrationError.drainRefused(let reason, _) {
      world.note("drain refused", reason)
    } catch MigrationError.recordMismatch(let mismatch, let seen) where plan.isForgetful {
      world.note(mismatch.rawValue, seen)
    }
    if plan.isForgetful { try await reconcile(lanes, stop) }
    _ = try await catchUp(lanes, stop)
    // A process that nobody restarted may have deleted the last original row of a range meanwhile.
    return keepsDeleted
  }

  /// Few rows at a time, where some of a range are to be gone when a server forgets.
  private var drainOptions: DrainOptions { DrainOptions(maximumRowsPerSecond: plan.isForgetful ? 6 : nil) }

  /// What `csmh reconcile` does. Servers that flushed the copies first have lost none of the rows.
  private func reconcile(_ lanes: SimulatedLanes, _ stop: StopSignal) async throws {
    let plan = try await Reconciliation(lanes: lanes, stop: stop).run()
    if plan.lostRowCount > 0 { findings.add("\(plan.lostRowCount) rows stand in neither table") }
  }

  func copy() async throws {
    // Where there are few rows, the first answers may be on their way: the copy begins at any time, or just when one is there.
    if plan.rowCount < 3, plan.hasLearners, chance.below(2) == 0 {
      let (before, deadline) = (original.nextID, world.now + .seconds(20))
      while original.records.last.map({ $0.id < before }) ?? true, world.now < deadline {
        try await world.scheduler.sleep(for: .milliseconds(10))
      }
    } else if plan.rowCount < 3 {
      try await world.scheduler.sleep(for: .milliseconds(chance.below(6_000)))
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<plan.processCount {
        group.addTask {
          try await command("copy-\(number)") { lanes, stop in
            let outcome = try await Copier(
              lanes: lanes, options: plan.copyOptions, stop: stop, meter: ProgressMeter(phase: "copy")
            ).run()
            return outcome.end == .finished || !outcome.stopped.isEmpty
          }
        }
      }
      try await group.waitForAll()
    }
  }

  /// Follows the flag for as long as the first migration takes; the pass back is the operator's.
  func supervise() async throws {
    let flags = HistoryFlags(extendedEnabled: true, readOnlyFromExtended: false)
    try await command("supervise") { lanes, stop in
      let (stream, send) = AsyncStream.makeStream(of: HistoryFlags.self)
      send.yield(flags)
      let isAtRest = Findings()
      let supervisor = Supervisor(
        lanes: lanes, options: Supervisor.Options(copy: plan.copyOptions), environment: stop.environment,
        didHappen: { event in
          switch event {
          case .failed(let error, _): world.note("supervise", "\(error)")
          case .fenced, .rests: isAtRest.add("")
          default: return
          }
          // A new look at the work that is left is another command's.
          send.finish()
        })
      _ = await alongside {
        await stop.wait()
        send.finish()
      } _: {
        await supervisor.run(stream)
      }
      // What was deleted by hand, as it has to look like, is removed by an operator's pass back only.
      return !isAtRest.all.isEmpty || !orphans.isEmpty
    }
  }

  /// Native rows stand among the original ids, or are about to: first the pass back finds that out, then they are moved.
  func moveNativeRows() async throws {
    try await command("catch-up") { lanes, stop in
      do {
        _ = try await catchUp(lanes, stop)
      } catch MigrationError.startingIDTooLow {}
      return true
    }
    try await command("offset") { lanes, stop in
      let outcome = try await Rekeyer(
        lanes: lanes, options: RekeyOptions(headroom: 1_000, settle: .seconds(10)), stop: stop,
        meter: ProgressMeter(phase: "re-key")
      ).run { _ in }
      return outcome?.isInterrupted != true
    }
  }

  /// Raises the counter above what the original table has handed out, as the refusal says.
  func repairStartingID() async throws {
    try await command("offset") { lanes, stop in
      _ = try await Provisioner(lanes: lanes, headroom: 1_000, stop: stop).repair()
      return true
    }
  }

  /// The pass back. It is done too where nothing is left but copies of ranges of which the original table has no row any more: whether
  /// these were deleted is for an operator to say.
  func catchUp(_ lanes: SimulatedLanes, _ stop: StopSignal) async throws -> Bool {
    let outcome = try await CatchUp(
      lanes: lanes, options: plan.copyOptions, removesDeleted: plan.asksForDeleted, stop: stop
    ).run { _, _, _ in }
    world.note("catch-up", outcome.sentence)
    return outcome.isComplete || (keepsDeleted && (outcome.fenceHolds || outcome.copy.end == .stoppedByProblems))
  }

  /// Copies whose original was deleted by a process that did not know of the extended table.
  var orphans: [UInt64] {
    let ids = Set(original.records.map(\.id))
    return extended.records.filter {
      lms.ledger.side(of: $0) == .original && !ids.contains($0.id) && lms.ledger.mayBeDeleted($0)
    }.map(\.id)
  }

  /// Whether csmh leaves copies without an original: where all are asked for, those of whose range the original table has no row any more;
  /// else those whose student module stands, or is newer than all that stand.
  var keepsDeleted: Bool {
    guard plan.asksForDeleted else {
      let modules = original.studentModuleIDs
      let ids = Set(original.records.map(\.id))
      let drained = extended.rows(of: .range).filter { ["draining", "drained"].contains($0[.state]?.textValue) }
        .compactMap(Self.ids)
      return extended.records.contains { row in
        lms.ledger.side(of: row) == .original && !ids.contains(row.id) && !drained.contains { $0.contains(row.id) }
          && (modules.contains(row.studentModuleID) || row.studentModuleID > modules.max() ?? 0)
      }
    }
    let (orphans, ids) = (orphans, original.records.map(\.id))
    return extended.rows(of: .range).contains { range in
      guard let lower = range[.lowerID]?.unsignedValue, let upper = range[.upperID]?.unsignedValue else { return false }
      let isInside = { (id: UInt64) in lower <= id && id <= upper }
      return orphans.contains(where: isInside) && !ids.contains(where: isInside)
    }
  }

  /// Somebody removes copies by hand.
  func removeCopies() async throws {
    let ids = extended.records.filter { lms.ledger.side(of: $0) == .original }.map(\.id)
    guard plan.handDeletions > 0, !ids.isEmpty else { return }
    let victims = (0..<plan.handDeletions).map { _ in ids[chance.below(ids.count)] }
    let hand = world.process("hand", hasFaults: false)
    try await hand.run { _ in
      // While the server is away nobody removes anything.
      guard let session = try? await SimulatedStore(extended, for: hand).openSession() else { return }
      _ = try? await session.delete(RowSelection(ids: Array(Set(victims)).sorted()))
      await session.close()
    }
  }

  /// Somebody removes originals by hand, and leaves their student modules.
  private func removeOriginals() async throws {
    let ids = original.records.map(\.id)
    guard plan.handRemovals > 0, !ids.isEmpty else { return }
    let victims = (0..<plan.handRemovals).map { _ in ids[chance.below(ids.count)] }
    let hand = world.process("hand", host: "hand", hasFaults: false)
    let copies = Set(extended.records.map(\.id))
    try await hand.run { _ in
      guard let session = try? await SimulatedStore(original, for: hand).openSession() else { return }
      // Only what was copied.
      let known = Array(Set(victims)).sorted().filter(copies.contains)
      if !known.isEmpty { _ = try? await session.delete(RowSelection(ids: known)) }
      await session.close()
    }
  }

  /// Somebody removes the newest copies, and the extended server, which has no native row yet, restarts: it hands out their ids.
  func forgetCounter() async throws {
    // At night: what is there is copied, and no new answer comes until the flag is on.
    lms.rests(true)
    try await world.scheduler.sleep(for: .seconds(10))
    try await copy()
    let hand = world.process("hand", hasFaults: false)
    let victims = extended.records.suffix(1 + chance.below(4)).map(\.id)
    try await hand.run { _ in
      guard let session = try? await SimulatedStore(extended, for: hand).openSession() else { return }
      _ = try? await session.delete(RowSelection(ids: victims))
      await session.close()
    }
    // Later than any copy by the clocks of both.
    try await world.scheduler.sleep(for: .seconds(10))
    extended.server.kill(for: .seconds(1))
    try await world.scheduler.sleep(for: .seconds(5))
  }

  /// As `csmh verify` says: native rows with ids of original rows are inserted anew, and the old ones deleted. First the pass back has to
  /// leave them alone.
  func moveReusedRows() async throws {
    lms.rests(false)
    try await world.scheduler.sleep(for: .seconds(20))
    try await command("catch-up") { lanes, stop in
      do {
        _ = try await catchUp(lanes, stop)
      } catch MigrationError.startingIDTooLow {}
      return true
    }
    try await world.process("provision", hasFaults: false).run { environment in
      let session = try await SimulatedStore(extended, for: world.process("hand", hasFaults: false)).openSession()
      try await session.raiseCounter(to: startingID)
      for row in extended.records where row.id < startingID && lms.ledger.side(of: row) == .extended {
        try await session.transaction {
          // Locked first: a learner may just be graded.
          _ = try await session.rowHashes(ids: [row.id], shiftedBy: .none, locking: .update)
          guard var moved = try await session.records(RowSelection(ids: [row.id])).first else { return }
          moved.id = 0
          _ = try await session.insert(moved)
          try await session.delete(RowSelection(ids: [row.id]))
        }
      }
      await session.close()
    }
  }

  /// Turns the flag on, and waits until every process of the LMS has restarted.
  func moveWrites() async throws {
    try await world.scheduler.sleep(for: .seconds(5))
    lms.turn(extendedEnabled: true, within: .seconds(20))
    try await world.scheduler.sleep(for: .seconds(40))
  }

  /// How long a command may still run when nothing goes wrong any more: the longest wait of csmh's is its retry budget.
  static let patience = Duration.seconds(20 * 60)

  /// Runs a process, which has to come to its end some time after the last fault.
  private func bounded<Value: Sendable>(
    _ name: String, _ process: SimulatedProcess, _ body: @escaping @Sendable (Environment) async throws -> Value
  ) async throws -> Value {
    try await alongside {
      let start = world.now
      while (try? await world.scheduler.sleep(for: .seconds(60))) != nil {
        guard world.now - max(start, world.lastFault) > Self.patience else { continue }
        findings.add("\(name) does not end: \(Self.patience) after the last fault it still runs")
        process.crash()
      }
    } _: {
      try await process.run(body)
    }
  }

  /// Runs a command until it says that it is done: again where its process died, and where it gave up.
  func command(
    _ name: String, _ body: @escaping @Sendable (SimulatedLanes, StopSignal) async throws -> Bool
  ) async throws {
    for attempt in 1...60 {
      // An operator who has tried for so long looks for what is wrong, and mends it.
      if attempt == 40 { world.ceaseFaults() }
      let process = world.process(
        "\(name).\(attempt)", host: "machine-\(attempt % 2)", clockOffset: .seconds(attempt % 3))
      do {
        let patience = attempt < 40 && chance.below(100) < plan.stops ? Duration.milliseconds(chance.below(4_000)) : nil
        let isDone = try await bounded(name, process) { environment in
          let lanes = SimulatedLanes(.there, original: original, extended: extended, for: process)
          let stop = StopSignal(environment)
          return try await alongside {
            guard let patience, (try? await environment.sleep(for: patience)) != nil else { return }
            world.note(name, "the operator stops it")
            stop.request()
          } _: {
            try await body(lanes, stop)
          }
        }
        if isDone { return }
      } catch is ProcessCrash {
      } catch let error as HistoryStoreError where error.isTransient {
      } catch MigrationError.retriesExhausted {
      } catch MigrationError.fenceNotTaken {
      } catch MigrationError.recordMismatch where plan.isForgetful {
      } catch is StoppedError {
      } catch MigrationError.startingIDTooLow where plan.isHeadroomShort && name != "offset" {
        // A process that stood still has written to the original table since it was looked at.
        try await repairStartingID()
      }
      if !findings.all.isEmpty { throw CancellationError() }
      try await world.scheduler.sleep(for: .seconds(10))
    }
    findings.add("\(name) does not come to its end")
    throw CancellationError()
  }
}
