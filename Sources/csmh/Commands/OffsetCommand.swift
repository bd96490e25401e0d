import ArgumentParser
import Foundation
import HistoryMigration
import HistoryStores

struct OffsetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "offset",
    abstract: "Verifies the starting id: whether new rows of the extended table can collide with original ones.",
    discussion: """
      Nothing is changed; csmh provision raises the counter where it is too low. Ends with 0 if the next row that the LMS writes \
      to the extended table gets an id above everything that the original table has handed out, and with 1 if not, or if native \
      rows stand among the original ids already.
      """)

  @OptionGroup var installation: InstallationOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    try await output.perform { console in
      let installation = try self.installation.resolve(console)
      let report = try await StartingIDReport(pair: installation.pair)
      console.print(
        "original   largest id \(report.originalLargestID.map { Format.count($0) } ?? "none"), next \(Format.count(report.originalNextID))"
      )
      console.print("extended   next native id \(Format.count(report.extendedNextID))")
      if report.isSafe {
        console.print(
          console.style("safe: ", .green)
            + "the original table can grow by \(Format.count(report.gap)) ids before new rows would collide")
        if let seconds = report.gapSeconds, let rate = report.idsPerSecond {
          console.print(
            "      at its present rate of \(String(format: "%.2f", rate)) ids a second that lasts \(Format.duration(.seconds(seconds)))"
          )
        }
      } else {
        console.print(console.style("not safe: ", .red) + report.sentence)
        console.print("what to do: \(report.remedy)")
      }
      console.emitDocument(report)
      return report.isSafe ? .done : .promiseBroken
    }
  }
}
