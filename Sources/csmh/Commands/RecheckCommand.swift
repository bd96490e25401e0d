import ArgumentParser
import HistoryStores
import MigrationBase
import MigrationReport
import StudentModuleHistory

struct RecheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recheck",
    abstract: "Compares the extended table with the manifest, with no original table needed.",
    discussion: """
      The journal is the manifest: for every range, how many rows were copied and their digest. The extended table is compared \
      with it, also when the original table or its server is long gone. Ends with 0 if every range is as it was, and with 1 if not, \
      or if not everything was copied.

      A range with fewer rows is one whose learners were deleted or reset since; with --accept-deleted such ranges are no \
      difference. Rows that changed, or that were added among the copied ones, always are.
      """)

  @OptionGroup var installation: InstallationOptions
  @OptionGroup var output: OutputOptions

  @Option(help: "How many ranges are compared at the same time (1 to 64).")
  var workers = 2

  @Flag(name: .customLong("accept-deleted"), help: "Ranges that have merely fewer rows count as equal.")
  var acceptDeleted = false

  @Flag(
    name: .customLong("with-original"),
    help:
      "Ask the original table, where it was not drained, which rows of a range that does not match are gone or changed."
  )
  var withOriginal = false

  func validate() throws {
    guard (1...64).contains(workers) else { throw ValidationError("--workers takes a number from 1 to 64.") }
  }

  func run() async throws {
    try await output.perform { console in
      let installation = try self.installation.resolve(console)
      let (workers, acceptDeleted, withOriginal) = (workers, acceptDeleted, withOriginal)
      let outcome = try await Interruption.handled(console) { stop in
        let meter = ProgressMeter(phase: "recheck")
        let display = ProgressDisplay(console: console)
        display.show(meter)
        return try await display.during {
          try await Rechecker(
            pair: installation.pair, withOriginal: withOriginal, acceptsDeleted: acceptDeleted, workerCount: workers,
            stop: stop, meter: meter
          ).run()
        }
      }
      console.print("recheck \(installation.pair.extended.location)")
      RecheckRendering(outcome: outcome).show(console)
      console.emit(RecheckDocument(outcome))
      return outcome.isInterrupted ? .workLeft : outcome.isGood ? .done : .promiseBroken
    }
  }
}
