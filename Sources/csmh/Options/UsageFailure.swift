import ArgumentParser
import Foundation
import MigrationBase
import StudentModuleHistory

/// A command line that cannot be understood: told with what was meant, perhaps.
struct UsageFailure {
  /// What is said, in one sentence and how to go on.
  let message: String

  /// Nil for what is no failure of the command line: a status to end with, or help that was asked for.
  init?(_ error: any Error, arguments: [String]) {
    guard !(error is ExitCode), CSMH.exitCode(for: error) == .validationFailure else { return nil }
    message = Self.shown(Self.unknownCommand(arguments) ?? CSMH.fullMessage(for: error), quoting: arguments)
  }

  /// Tells it, and ends.
  func exit(arguments: [String]) -> Never {
    Terminal.put(message + "\n", STDERR_FILENO)
    if arguments.contains("--json") {
      let sentence = message.split(separator: "\n").first.map { $0.hasPrefix("Error: ") ? $0.dropFirst(7) : $0 } ?? ""
      let failure = Failure(.usage, String(sentence), remedy: Remedy(.seeHelp))
      Terminal.put(Console.json(FailureDocument(failure, isEvent: true), pretty: false) + "\n", STDOUT_FILENO)
    }
    Foundation.exit(ExitStatus.usage.rawValue)
  }

  /// A message of several lines, in which arguments are quoted, or what stands on one side of their `=`.
  private static func shown(_ message: String, quoting arguments: [String]) -> String {
    let quoted = arguments.flatMap { [$0] + $0.split(separator: "=", maxSplits: 1).map { String($0) } }
    let steering = quoted.filter { VisibleText.line($0) != $0 }
    let message = steering.reduce(message) { $0.replacing($1, with: VisibleText.line($1)) }
    return VisibleText.lines(message)
  }

  /// What is said of a command that does not exist; nil if that is not what is wrong.
  static func unknownCommand(_ arguments: [String]) -> String? {
    var words = arguments.filter { !$0.hasPrefix("-") }[...]
    if words.first == "help" { words = words.dropFirst() }
    let commands = CSMH.configuration.subcommands.filter { $0.configuration.shouldDisplay }
    let names = commands.compactMap { $0.configuration.commandName }
    guard let word = words.first,
      !CSMH.configuration.subcommands.contains(where: { $0.configuration.commandName == word })
    else { return nil }
    let near = Suggestion.names(near: word, among: names).map { "'\($0)'" }
    return "Error: There is no command '\(word)'."
      + (near.isEmpty ? "" : " Did you mean \(near.joined(separator: " or "))?")
      + "\nUsage: csmh <subcommand>\n  See 'csmh --help' for more information."
  }
}
