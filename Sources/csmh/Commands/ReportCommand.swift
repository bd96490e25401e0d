import ArgumentParser
import Foundation
import LMSConfiguration
import MigrationReport
import StudentModuleHistory

struct ReportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "The completion report: what was copied, when, how fast, every pause and repair, and the proofs.",
    discussion: """
      Reads the journal, looks at both tables and changes nothing. Once everything is drained the original table may be gone. The \
      HTML form is one page with plots, with no script and nothing fetched. The report ends with a hash over the manifest, and the \
      command that computes it with the database's own client.
      """)

  enum Form: String, CaseIterable, ExpressibleByArgument {
    case text, json, html
  }

  @OptionGroup var installation: InstallationOptions
  @OptionGroup var output: OutputOptions

  @Option(
    help: "The form of the report: text, json or html (one self-contained page). Default: as --output ends, else text.")
  var format: Form?

  @Option(
    name: .customLong("output"),
    help: ArgumentHelp(
      "Write it to a file, whole or not at all. A file that exists is replaced only with --yes.", valueName: "file"))
  var file: String?

  func run() async throws {
    try await output.perform { console in
      let form = format ?? file.flatMap { Form($0) } ?? .text
      try refuseToReplace()
      let installation = try self.installation.resolve(console)
      let report = try await MigrationReport(
        pair: installation.pair, isComplete: true, flags: installation.settledFlags()?.flags)
      if let file {
        try write(Self.text(of: report, form) { text, _ in text }, to: file)
        console.note("the report is in \(file)")
        console.emitDocument(ReportFileDocument(file: file, format: form.rawValue))
      } else if console.isJSON {
        console.emitDocument(report)
      } else {
        console.print(lines: Self.text(of: report, form) { console.style($0, $1) })
      }
      return .done
    }
  }

  /// - Parameter dress: dresses text up; colours belong to a terminal, not to a file.
  private static func text(
    of report: MigrationReport, _ form: Form, dress: @escaping (String, Console.Style) -> String
  ) -> String {
    switch form {
    case .text: ReportRendering(report: report, dress: dress).lines.joined(separator: "\n")
    case .json: Console.json(report, pretty: true)
    case .html: report.html
    }
  }

  private func refuseToReplace() throws {
    guard let file, !output.yes, FileManager.default.fileExists(atPath: file) else { return }
    throw Failure(.usage, "the file \(file) exists", remedy: Remedy(.nameOtherFile))
  }

  private func write(_ text: String, to file: String) throws {
    do {
      try Data((text + (text.hasSuffix("\n") ? "" : "\n")).utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
    } catch {
      throw Failure(.misconfigured, "the report cannot be written to \(file): \(error.localizedDescription)")
    }
  }
}

/// The JSON form of where a report was written to.
private struct ReportFileDocument: Encodable {
  let event = "report"
  let file: String
  let format: String
}

extension ReportCommand.Form {
  /// The form that a file's name asks for.
  fileprivate init?(_ file: String) {
    switch URL(fileURLWithPath: file).pathExtension.lowercased() {
    case "html", "htm": self = .html
    case "json": self = .json
    default: return nil
    }
  }
}
