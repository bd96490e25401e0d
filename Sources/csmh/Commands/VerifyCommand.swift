import ArgumentParser
import HistoryMigration
import HistoryStores
import StudentModuleHistory

struct VerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Compares every range on both servers; names the ids and columns that differ.",
    discussion: """
      Both sides are read from the servers: the number of rows of every range and the digest of all their columns. Ends with 0 \
      only if every row up to the migration's bound stands in both tables with the same content.
      """)

  @OptionGroup var installation: InstallationOptions
  @OptionGroup var output: OutputOptions

  @Option(help: "How many ranges are compared at the same time (1 to 64).")
  var workers = 2

  func validate() throws {
    guard (1...64).contains(workers) else { throw ValidationError("--workers takes a number from 1 to 64.") }
  }

  func run() async throws {
    try await output.perform { console in
      let installation = try self.installation.resolve(console)
      let workers = self.workers
      let outcome = try await Interruption.handled(console) { stop in
        let meter = ProgressMeter(phase: "verify")
        let display = ProgressDisplay(console: console)
        display.show(meter)
        return try await display.during {
          try await Verifier(pair: installation.pair, workerCount: workers, stop: stop, meter: meter).run()
        }
      }
      console.print("verify \(installation.pair.original.location) against \(installation.pair.extended.location)")
      Rendering.verification(outcome, console)
      console.emit(VerificationDocument(outcome))
      return ExitStatus(outcome)
    }
  }
}

extension ExitStatus {
  init(_ outcome: VerificationOutcome) {
    self = outcome.isInterrupted ? .workLeft : outcome.isEqual ? .done : .promiseBroken
  }
}
