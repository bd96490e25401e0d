import ArgumentParser
import HistoryMigration

struct ReportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "The completion report: what was copied, when, how fast, and the proofs.")

  enum Form: String, CaseIterable, ExpressibleByArgument {
    case text, json, html
  }

  @OptionGroup var installation: InstallationOptions
  @OptionGroup var output: OutputOptions

  @Option(help: "The form of the report: text, json or html (one self-contained page).")
  var format = Form.text

  func run() async throws {
    try await output.perform { console in
      let installation = try self.installation.resolve(console)
      let report = try await MigrationReport(pair: installation.pair, countsRows: true)
      switch format {
      case .json where !console.isJSON: console.print(Console.json(report, pretty: true))
      case .html where !console.isJSON: console.print(report.html)
      case .text, .json, .html:
        Self.show(report, console)
        console.emitDocument(report)
      }
      return .done
    }
  }

  static func show(_ report: MigrationReport, _ console: Console) {
    console.print(console.style("Migration of the student module history", .bold))
    console.print(
      "  migration    \(report.identity), provisioned \(report.provisionedAt) UTC, csmh \(report.csmhVersion)")
    for (label, table) in [("original", report.original), ("extended", report.extended)] {
      let ids = table.smallestID.map { "ids \(Format.count($0)) to \(Format.count(table.largestID ?? $0))" } ?? "empty"
      console.print("  \(label)     \(table.location)")
      console.print("               \(table.name), \(table.generation), \(ids)")
    }
    console.print("  route        \(report.route)")
    console.print(
      "  copied       \(Format.count(report.copied.rows)) rows, \(Format.bytes(Double(report.copied.bytes))), in"
        + " \(Format.count(report.copied.ranges)) ranges and \(Format.count(report.copied.attempts)) attempts,"
        + " \(Format.count(report.copied.adoptedRows)) adopted")
    if let seconds = report.copied.seconds, let rate = report.copied.rowsPerSecond {
      console.print(
        "  speed        \(Format.duration(.seconds(seconds))) from first start to last end, \(Format.count(Int(rate))) rows/s"
      )
    }
    console.print("  digest       \(report.copied.digest)")
    console.print(
      "  native rows  \(report.nativeRows.map { Format.count($0) } ?? "?"), starting id \(Format.count(report.startingID)),"
        + " next \(Format.count(report.nextNativeID))")
    if let beyond = report.originalRowsBeyond, beyond > 0 {
      console.print("  not covered  \(Format.count(beyond)) rows that were written to the original table since")
    }
    for problem in report.problems {
      console.print(
        console.style("  problem      ", .red)
          + "ids \(problem.lowerID)-\(problem.upperID) \(problem.state): \(problem.reason)")
    }
    let verdict =
      report.isVerified
      ? console.style("verified: every copied row was compared on both sides", .green)
      : console.style("not verified (phase: \(report.phase))", .yellow)
    console.print("  verdict      \(verdict)")
    console.print("  events")
    for event in report.events.prefix(8).reversed() { console.print("    \(event.at)  \(event.kind): \(event.detail)") }
    for step in report.nextSteps { console.print("  next         \(step)") }
  }
}
