internal import ArgumentParser
import HistoryStores
import LMSConfiguration
internal import MigrationAdvice

extension MigrationOption: ExpressibleByArgument {}

struct AdviseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "advise",
    abstract: "Measures the installation, names the option that fits it, and prints the commands to run, in order.",
    discussion: """
      Nothing is changed, and the extended database need not exist yet. Rows, bytes, write rate, growth and the distance to the \
      last 32-bit id are measured with a few short reads; no table on a server is scanned.

      The options: devstack (provision, turn on the flag, read both tables), small (a fullstack or small production \
      installation: the flag first, then the copy), large (the copy first, then the flag, then the tail). If a migration has \
      begun, only what is left of it is printed.
      """)

  @OptionGroup var installation: InstallationOptions
  @OptionGroup var output: OutputOptions

  @Option(help: "Plan for this option in place of the one that fits: devstack, small or large.")
  var option: MigrationOption?

  @Option(
    name: .customLong("rows-per-second"),
    help: ArgumentHelp("A measured rate of copying, for the estimates (default: 20000 to 60000).", valueName: "n"))
  var rowsPerSecond: Double?

  func validate() throws {
    guard rowsPerSecond.map({ $0 >= 1 && $0.isFinite }) ?? true else {
      throw ValidationError("--rows-per-second takes a number from 1 on.")
    }
  }

  func run() async throws {
    try await output.perform { console in
      let installation = try self.installation.resolve(console)
      let reading = try await installation.flagReading()
      var measurements = try await InstallationMeasurements(
        pair: installation.pair.limitingStatements(to: CheckFacts.questionLimit), flags: reading?.flags)
      measurements.isFlagInDoubt = reading?.doubt != nil
      let terms = AdviceTerms(
        option: option, rowsPerSecond: rowsPerSecond, installationOptions: self.installation.commandLine,
        flagPlace: self.installation.flagPlace, usualHeadroom: HeadroomArguments.usual(for: installation))
      let advice = Advice(measurements, terms)
      AdviceRendering(console: console).show(
        measurements, advice, flags: reading.flatMap { installation.sentence(of: $0) })
      console.emitDocument(AdviceDocument(measurements, advice))
      return .done
    }
  }
}
