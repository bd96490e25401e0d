public import HistoryStores

/// The whole of a migration for a small production installation, step after step, each of which can also be run alone.
public struct Migration: Sendable {
  /// The steps, in their order.
  public enum Step: String, Sendable, CaseIterable {
    case provision
    case copy
    case verify
  }

  /// How it ended, as far as it got.
  public struct Outcome: Sendable {
    public var plan: Provisioner.Plan
    public var copy: CopyOutcome?
    public var verification: VerificationOutcome?

    /// Whether every row up to the bound is copied and was compared.
    public var isComplete: Bool { verification?.isEqual ?? false }
  }

  let pair: StorePair
  let headroom: UInt64
  let options: CopyOptions
  let stop: StopSignal

  public init(pair: StorePair, headroom: UInt64, options: CopyOptions, stop: StopSignal) {
    self.pair = pair
    self.headroom = headroom
    self.options = options
    self.stop = stop
  }

  /// Runs the steps.
  ///
  /// - Parameter willBegin: called before each step, with the meter that shows its progress.
  /// - Throws: ``MigrationError``, `HistoryStoreError`.
  public func run(willBegin: (Step, ProgressMeter) async -> Void) async throws -> Outcome {
    await willBegin(.provision, ProgressMeter(phase: Step.provision.rawValue))
    var outcome = Outcome(plan: try await Provisioner(pair: pair, headroom: headroom).run())
    guard !stop.isRequested else { return outcome }

    let copyMeter = ProgressMeter(phase: Step.copy.rawValue)
    await willBegin(.copy, copyMeter)
    let copy = try await Copier(pair: pair, options: options, stop: stop, meter: copyMeter).run()
    outcome.copy = copy
    guard copy.end == .finished, !stop.isRequested else { return outcome }

    let verifyMeter = ProgressMeter(phase: Step.verify.rawValue)
    await willBegin(.verify, verifyMeter)
    outcome.verification = try await Verifier(pair: pair, stop: stop, meter: verifyMeter).run()
    return outcome
  }
}
