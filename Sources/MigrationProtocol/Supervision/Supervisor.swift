package import MigrationBase
package import MigrationJournal
package import StudentModuleHistory

/// Drives the migration by the two flags, for as long as it runs: `ENABLE_CSMH_EXTENDED` turned on starts it, `READ_ONLY_FROM_CSMHE`
/// turned on starts the pass back, a flag turned off pauses.
///
/// What it has done stands in the journal alone: it may be killed at any moment, and goes on when it is started again.
package struct Supervisor: Sendable {
  package struct Options: Sendable {
    /// The gap above the original ids; see ``Provisioner``.
    package var headroom: UInt64

    package var copy: CopyOptions

    /// For how long a server that went away is waited for before the work counts as failed. Default: 5 minutes.
    package var retryBudget: Duration

    /// How often the original table is looked at when nothing is left to do. Default: 30 seconds.
    package var recheckInterval: Duration

    /// How long to wait before work that an error stopped is tried again. Default: 1 minute.
    package var retryInterval: Duration

    package init(
      headroom: UInt64 = Provisioner.usualHeadroom, copy: CopyOptions = CopyOptions(),
      retryBudget: Duration = StopSignal.usualRetryBudget, recheckInterval: Duration = .seconds(30),
      retryInterval: Duration = .seconds(60)
    ) {
      self.headroom = headroom
      self.copy = copy
      self.retryBudget = retryBudget
      self.recheckInterval = recheckInterval
      self.retryInterval = retryInterval
    }
  }

  /// What whoever watches is told.
  package enum Event: Sendable {
    /// The flags, at the beginning and whenever they change.
    case flags(HistoryFlags)
    /// A step begins; the meter shows its progress.
    case began(Migration.Step, isPassBack: Bool, ProgressMeter)
    /// A table whose definition is to be changed is in use, and is waited for.
    case waits(String)
    case provisioned(Provisioner.Plan)
    case copied(CopyOutcome)
    case compared(VerificationOutcome)
    /// A step of a pass back begins; the meter shows its progress.
    case caughtUp(CatchUp.Step, pass: Int, ProgressMeter)
    /// The fence stands: nobody was writing to the original table.
    case fenced(FenceRecord)
    /// There is nothing to do.
    case rests(SupervisionDuty.Rest)
    /// A pass back ended. It is verified if all original rows compared equal and none came since.
    case verdict(isVerified: Bool, String)
    /// Something stopped the work, which is tried again after a while.
    case failed(any Error, retryAfter: Duration)
  }

  private let lanes: any LaneProvider
  private let options: Options
  private let journal: Journal
  private let pacer: RowPacer
  private let environment: Environment
  private let didHappen: @Sendable (Event) -> Void

  /// - Parameter didHappen: is told everything; called from one task at a time.
  package init(
    lanes: any LaneProvider, options: Options = Options(), environment: Environment = .process,
    didHappen: @escaping @Sendable (Event) -> Void
  ) {
    self.environment = environment
    self.lanes = lanes
    self.options = options
    self.didHappen = didHappen
    journal = Journal()
    pacer = RowPacer(options.copy)
  }

  /// Follows the flags until they end: the ranges in hand are finished first.
  ///
  /// - Parameters:
  ///   - flags: the flags as they are, and then every change.
  ///   - endsWhenVerified: whether to end as soon as a pass back ended well.
  /// - Returns: whether it ended because of that.
  package func run(
    _ flags: some AsyncSequence<HistoryFlags, Never> & Sendable, endsWhenVerified: Bool = false
  ) async -> Bool {
    let (inputs, send) = AsyncStream.makeStream(of: Input.self)
    return await withTaskGroup(of: Void.self) { group in
      group.addTask {
        for await value in flags { send.yield(.flags(value)) }
        send.yield(.ended)
      }
      let isVerified = await follow(inputs, send, endsWhenVerified: endsWhenVerified)
      group.cancelAll()
      return isVerified
    }
  }

  /// The flags, and what became of the work that they asked for, come in one stream.
  private enum Input: Sendable {
    case flags(HistoryFlags), ended, verified, workEnded
  }

  private func follow(
    _ inputs: AsyncStream<Input>, _ send: AsyncStream<Input>.Continuation, endsWhenVerified: Bool
  ) async -> Bool {
    await withTaskGroup(of: Void.self) { group in
      var waiting: [HistoryFlags] = []
      var stop: StopSignal?
      var isVerified = false
      // Work for one state of the flags ends before that for the next one begins.
      inputs: for await input in inputs {
        switch input {
        case .flags(let flags): waiting.append(flags)
        case .workEnded: stop = nil
        case .ended: break inputs
        case .verified:
          isVerified = true
          break inputs
        }
        guard !waiting.isEmpty else { continue }
        guard stop == nil else {
          stop?.request()
          continue
        }
        let flags = waiting.removeFirst()
        didHappen(.flags(flags))
        let own = StopSignal(environment, retryBudget: options.retryBudget)
        stop = own
        group.addTask {
          await pursue(flags, own) { if endsWhenVerified { send.yield(.verified) } }
          send.yield(.workEnded)
        }
        if !waiting.isEmpty { own.request() }
      }
      // Cancelling the task, as a second Ctrl-C does, stops what runs on the servers too.
      stop?.request()
      await group.waitForAll()
      return isVerified
    }
  }

  /// Does what the flags ask for until it is told to stop.
  private func pursue(_ flags: HistoryFlags, _ stop: StopSignal, didVerify: () -> Void) async {
    var told: SupervisionDuty.Rest?
    var isAgain = false
    while !stop.isRequested, !Task.isCancelled {
      var pause = options.recheckInterval
      do {
        switch SupervisionDuty(flags, try await knowledge(flags, stop)) {
        case .rest(let rest):
          if rest != told { didHappen(.rests(rest)) }
          told = rest
          isAgain = false
          if rest == .switched { didVerify() }
        case .migrate:
          told = nil
          try await migrate(flags, stop)
          // A process that goes on writing to the original table is followed at leisure.
          if !isAgain { pause = .zero }
          isAgain = true
        case .passBack:
          told = nil
          // What is not verified is tried again: rows may have been mended.
          if !(try await passBack(flags, stop)) { pause = options.retryInterval } else { pause = .zero }
        }
      } catch is CancellationError {
        return
      } catch {
        if stop.isRequested { return }
        told = nil
        pause = options.retryInterval
        didHappen(.failed(error, retryAfter: pause))
      }
      _ = try? await stop.sleep(for: pause)
    }
  }

  private func knowledge(_ flags: HistoryFlags, _ stop: StopSignal) async throws -> SupervisionDuty.Knowledge? {
    guard try await retrying(stop, { try await lanes.isTargetThere() }) else { return nil }
    return try await lanes.withLane(stop) { lane in
      guard try await journal.migrationIfAny(lane.target) != nil else { return nil }
      try await journal.recordFlags(flags, lane.target)
      return try await journal.knowledge(of: lane)
    }
  }

  /// Copies what is not copied yet, and compares what was not compared yet.
  ///
  /// - Throws: ``SupervisionError/notComplete(_:)`` besides what the steps throw.
  private func migrate(_ flags: HistoryFlags, _ stop: StopSignal) async throws {
    try await provision(isPassBack: false, stop)
    // So that a pass back of an earlier time does not count for these flags.
    _ = try await knowledge(flags, stop)
    // Copying them anew would stop at every row that was changed since.
    _ = try await Mending(lanes: lanes, stop: stop, removesDeleted: false, pacer: pacer).run { _ in }
    guard try await copy(stop), !stop.isRequested else { return }
    guard try await settle(.neverCompared, stop) else { return }
    // So that turning on the second flag is safe; a process that still writes to the original table makes it move.
    guard let fence = try await Fence(lanes: lanes, stop: stop).take(), !stop.isRequested else { return }
    didHappen(.fenced(fence))
    _ = try await settle(.notComparedSince(fence.takenAt), stop)
  }

  /// Compares, and mends what differs: what was changed or deleted since it was copied.
  ///
  /// - Returns: whether all is equal; false if it was interrupted.
  /// - Throws: ``SupervisionError/notComplete(_:)`` besides what the steps throw.
  private func settle(_ scope: Verifier.Scope, _ stop: StopSignal) async throws -> Bool {
    var outcome = try await compare(scope, stop)
    var kept: String?
    if !outcome.isInterrupted, outcome.differingRangeCount > 0 {
      let mending = try await Mending(lanes: lanes, stop: stop, removesDeleted: false, pacer: pacer).run { _ in }
      kept = mending.kept.sentence(in: lanes.target.side)
      if mending.count > 0, !stop.isRequested { outcome = try await compare(.neverCompared, stop) }
    }
    if outcome.isInterrupted || stop.isRequested { return false }
    guard outcome.isEqual else {
      let more = kept.map { ". Rows without an original were kept: \($0)" } ?? ""
      throw SupervisionError.notComplete(outcome.sentence + more)
    }
    return true
  }

  /// Goes back over the original table, and tells the verdict. Returns whether it ended well.
  private func passBack(_ flags: HistoryFlags, _ stop: StopSignal) async throws -> Bool {
    try await provision(isPassBack: true, stop)
    _ = try await knowledge(flags, stop)
    let outcome = try await CatchUp(lanes: lanes, options: options.copy, stop: stop, pacer: pacer).run {
      step, pass, meter in
      didHappen(.caughtUp(step, pass: pass, meter))
    }
    if let verification = outcome.verification { didHappen(.compared(verification)) }
    guard !stop.isRequested else { return false }
    try await conclude(isVerified: outcome.isComplete, outcome.sentence, stop)
    return outcome.isComplete
  }

  private func conclude(isVerified: Bool, _ sentence: String, _ stop: StopSignal) async throws {
    try await lanes.withLane(stop, hasBeenReached: true) { lane in
      try await journal.recordPassBack(isVerified: isVerified, sentence, lane.target)
    }
    didHappen(.verdict(isVerified: isVerified, sentence))
  }

  private func provision(isPassBack: Bool, _ stop: StopSignal) async throws {
    didHappen(.began(.provision, isPassBack: isPassBack, ProgressMeter(phase: Migration.Step.provision.rawValue)))
    let didHappen = didHappen
    let provisioner = Provisioner(lanes: lanes, headroom: options.headroom, stop: stop) { didHappen(.waits($0)) }
    didHappen(.provisioned(try await provisioner.run()))
  }

  /// Returns whether everything up to the bound is copied.
  private func copy(_ stop: StopSignal) async throws -> Bool {
    let meter = ProgressMeter(phase: Migration.Step.copy.rawValue)
    didHappen(.began(.copy, isPassBack: false, meter))
    let outcome = try await stop.followed {
      try await Copier(lanes: lanes, options: options.copy, stop: $0, meter: meter, pacer: pacer, mends: true).run()
    }
    didHappen(.copied(outcome))
    if outcome.end == .stoppedByProblems {
      throw SupervisionError.notComplete(outcome.stopped.first?.reason ?? "ranges are stopped")
    }
    return outcome.end == .finished
  }

  private func compare(_ scope: Verifier.Scope, _ stop: StopSignal) async throws -> VerificationOutcome {
    let meter = ProgressMeter(phase: Migration.Step.verify.rawValue)
    didHappen(.began(.verify, isPassBack: false, meter))
    let outcome = try await stop.followed {
      try await Verifier(lanes: lanes, scope: scope, stop: $0, meter: meter).run()
    }
    didHappen(.compared(outcome))
    return outcome
  }
}

/// Why supervision has to wait for an operator.
package enum SupervisionError: Error, Sendable, CustomStringConvertible {
  /// Rows are stopped or differ.
  case notComplete(String)

  package var description: String {
    switch self {
    case .notComplete(let reason): "not everything is copied and equal: \(reason)"
    }
  }
}
