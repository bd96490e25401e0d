import ArgumentParser
import HistoryStores
import LMSConfiguration
import MigrationBase
import MigrationProtocol
import StudentModuleHistory

struct MigrateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "migrate",
    abstract: "The whole of it for a small production installation: provision, copy, verify.",
    discussion: """
      Runs csmh provision, csmh copy and csmh verify one after the other; with ENABLE_CSMH_EXTENDED on, csmh catch-up in the place of \
      verify, which takes the fence. Where the databases are named by URLs, and so the flags are not known, a run that finds nothing to \
      copy tries to take it for a moment. It can be stopped and run again at any moment, and run \
      once more to bring over what the LMS wrote to the original table meanwhile.

      Ends with 0 if every row up to the bound stands in both tables with the same content.
      """)

  @OptionGroup var installation: InstallationOptions
  @OptionGroup var headroom: HeadroomArguments
  @OptionGroup var copy: CopyArguments
  @OptionGroup var locks: LockArguments
  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await output.perform { console in
      let installation = try self.installation.resolve(console).limitingLocks(locks)
      let flags = try await installation.requiredFlags(console)
      if let sentence = installation.flagsSentence { console.note(sentence) }
      let outcome = try await Self.migrate(
        installation.pair, headroom: headroom.value(for: installation), options: copy.options,
        retryBudget: copy.budget, catchesUp: flags?.extendedEnabled ?? false,
        fencesWhenQuiet: installation.configuration == nil, console)
      return Self.show(outcome, installation.pair, console)
    }
  }

  static func migrate(
    _ pair: StorePair, headroom: UInt64, options: CopyOptions,
    retryBudget: Duration = StopSignal.usualRetryBudget, catchesUp: Bool,
    fencesWhenQuiet: Bool = false, _ console: Console
  ) async throws -> Migration.Outcome {
    try await Interruption.handled(console, retryBudget: retryBudget) { stop in
      let display = ProgressDisplay(console: console)
      return try await display.during {
        var migration = Migration(
          lanes: pair, headroom: headroom, options: options, catchesUp: catchesUp, stop: stop,
          willWait: { Rendering.waits($0, console) })
        migration.fencesWhenQuiet = fencesWhenQuiet
        return try await migration.run { step, meter in
          console.note("\(step.rawValue) ...")
          display.show(step == .provision ? nil : meter)
        }
      }
    }
  }

  /// Prints what a migration did, and says how the command ends.
  static func show(_ outcome: Migration.Outcome, _ lanes: any LaneProvider, _ console: Console) -> ExitStatus {
    console.print("provision \(lanes.target.location)")
    Rendering.plan(outcome.plan, console)
    console.emit(PlanDocument(outcome.plan))
    guard let copy = outcome.copy else { return .workLeft }
    console.print("copy from \(lanes.source.location)")
    Rendering.copy(copy, console)
    console.emit(CopyDocument(copy))
    if let catchUp = outcome.catchUp {
      let status = CatchUpCommand.show(catchUp, console)
      guard catchUp.verification?.isEqual == true else { return status }
    }
    guard let verification = outcome.verification else {
      return copy.end == .finished ? .workLeft : ExitStatus(copy.end)
    }
    console.print("verify")
    Rendering.verification(verification, console)
    console.emit(VerificationDocument(verification))
    return outcome.catchUp.map { $0.isComplete ? .done : .promiseBroken } ?? ExitStatus(verification)
  }
}
