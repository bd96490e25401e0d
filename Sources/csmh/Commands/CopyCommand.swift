import ArgumentParser
import HistoryStores
import MigrationBase
import MigrationProtocol
import StudentModuleHistory

struct CopyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "copy",
    abstract: "Copies the original table into the extended one; resumable.",
    discussion: """
      Every range of rows is committed together with its digest and the journal's entry, so the command can be stopped at any \
      moment (Ctrl-C, kill, a crash of a server) and run again. Several processes, on several machines, may run it at once.

      Ends with 0 if everything is copied, 2 if it was stopped with work left, 1 if ranges need an operator: a collision, or a \
      value that the extended table cannot hold. Those are named; nothing is ever overwritten or skipped.
      """)

  @OptionGroup var installation: InstallationOptions
  @OptionGroup var copy: CopyArguments
  @OptionGroup var locks: LockArguments
  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await output.perform { console in
      let installation = try self.installation.resolve(console).limitingLocks(locks)
      let options = copy.options
      let outcome = try await Interruption.handled(console, retryBudget: copy.budget) { stop in
        let meter = ProgressMeter(phase: "copy")
        let display = ProgressDisplay(console: console)
        display.show(meter)
        return try await display.during {
          try await Copier(lanes: installation.pair, options: options, stop: stop, meter: meter).run()
        }
      }
      console.print("copy to \(installation.pair.extended.location)")
      Rendering.copy(outcome, console)
      console.emit(CopyDocument(outcome))
      if outcome.end == .finished { console.note("next: csmh verify") }
      return ExitStatus(outcome.end)
    }
  }
}

extension ExitStatus {
  init(_ end: CopyOutcome.End) {
    switch end {
    case .finished: self = .done
    case .interrupted: self = .workLeft
    case .stoppedByProblems: self = .promiseBroken
    }
  }
}
