package import MigrationBase
package import StudentModuleHistory

/// The whole of a migration for a small production installation, step after step, each of which can also be run alone.
package struct Migration: Sendable {
  /// The steps, in their order.
  package enum Step: String, Sendable, CaseIterable {
    case provision
    case copy
    case catchUp = "catch-up"
    case verify
  }

  /// How it ended, as far as it got.
  package struct Outcome: Sendable {
    package var plan: Provisioner.Plan
    package var copy: CopyOutcome?

    /// Only where the migration was told that writes have moved.
    package var catchUp: CatchUp.Outcome?
    package var verification: VerificationOutcome?

    /// What was compared and mended where writes have not moved.
    package var repair: Repair.Outcome?

    /// Whether every row up to the bound is copied and was compared.
    package var isComplete: Bool { catchUp?.isComplete ?? verification?.isEqual ?? false }
  }

  let lanes: any LaneProvider
  let prepare: @Sendable () async throws -> Provisioner.Plan
  let options: CopyOptions
  let stop: StopSignal
  let catchesUp: Bool
  let removesDeleted: Bool

  /// Whether a run that finds nothing to copy tries to take the fence before it compares: it holds for as long as nobody writes to the
  /// original table, whatever the flags are.
  package var fencesWhenQuiet = false

  /// - Parameter catchesUp: whether writes have moved to the extended table, so that the fence can be taken and the original table be
  ///   gone over again.
  package init(
    lanes: any LaneProvider, headroom: UInt64, options: CopyOptions, catchesUp: Bool = false, stop: StopSignal,
    willWait: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.init(lanes: lanes, options: options, catchesUp: catchesUp, stop: stop) {
      try await Provisioner(lanes: lanes, headroom: headroom, stop: stop, willWait: willWait).run()
    }
  }

  /// The way back: a migration from the extended to the original table.
  ///
  /// - Parameters:
  ///   - catchesUp: whether writes have moved to the original table.
  ///   - removesDeleted: see ``CatchUp``, in the other direction.
  package init(
    returning preparation: ReturnPreparation, options: CopyOptions, catchesUp: Bool, removesDeleted: Bool = false
  ) {
    self.init(
      lanes: preparation.lanes, options: options, catchesUp: catchesUp, removesDeleted: removesDeleted,
      stop: preparation.stop
    ) {
      try await preparation.run()
    }
  }

  private init(
    lanes: any LaneProvider, options: CopyOptions, catchesUp: Bool, removesDeleted: Bool = false, stop: StopSignal,
    prepare: @escaping @Sendable () async throws -> Provisioner.Plan
  ) {
    self.catchesUp = catchesUp
    self.lanes = lanes
    self.prepare = prepare
    self.removesDeleted = removesDeleted
    self.options = options
    self.stop = stop
  }

  /// Runs the steps.
  ///
  /// - Parameter willBegin: called before each step, with the meter that shows its progress.
  /// - Throws: ``MigrationError``, `HistoryStoreError`.
  package func run(willBegin: (Step, ProgressMeter) async -> Void) async throws -> Outcome {
    await willBegin(.provision, ProgressMeter(phase: Step.provision.rawValue))
    var outcome = Outcome(plan: try await prepare())
    guard !stop.isRequested else { return outcome }

    if catchesUp {
      await willBegin(.catchUp, ProgressMeter(phase: Step.catchUp.rawValue))
      let catchUp = try await CatchUp(lanes: lanes, options: options, removesDeleted: removesDeleted, stop: stop).run {
        _, _, meter in
        await willBegin(.catchUp, meter)
      }
      outcome.copy = catchUp.copy
      outcome.catchUp = catchUp
      outcome.verification = catchUp.verification
      return outcome
    }

    // Ranges that an earlier comparison found to differ: copying them anew would stop at every changed row.
    _ = try await Mending(lanes: lanes, stop: stop, removesDeleted: false).run { await willBegin(.copy, $0) }
    let copyMeter = ProgressMeter(phase: Step.copy.rawValue)
    await willBegin(.copy, copyMeter)
    let copy = try await Copier(
      lanes: lanes, options: options, stop: stop, meter: copyMeter, pacer: RowPacer(options), mends: true
    ).run()
    outcome.copy = copy
    guard copy.end == .finished, !stop.isRequested else { return outcome }

    if fencesWhenQuiet, copy.rowCount == 0 { try await fenceQuietly() }
    let repair = try await Repair(lanes: lanes, scope: .all, stop: stop).run { await willBegin(.verify, $1) }
    outcome.repair = repair
    outcome.verification = repair.now
    return outcome
  }

  /// One try, for a moment. What stands in its way is told by csmh catch-up, which insists.
  private func fenceQuietly() async throws {
    do {
      _ = try await Fence(lanes: lanes, stop: stop, patience: .zero).take()
    } catch MigrationError.fenceNotTaken {
    } catch let error as HistoryStoreError where [.notPermitted, .misconfigured, .transient].contains(error.kind) {}
  }
}
