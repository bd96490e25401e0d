import ArgumentParser
import Foundation

/// The options that every command has.
struct OutputOptions: ParsableArguments {
  @Flag(help: "Print JSON on standard output: one document, or one event a line for long commands.")
  var json = false

  @Flag(help: "Print no progress.")
  var quiet = false

  @Flag(help: "Print more, such as the statement (without its values) that failed.")
  var verbose = false

  @Flag(name: .customLong("no-color"), help: "Print no colors (also: the environment variable NO_COLOR).")
  var noColor = false

  @Flag(help: "Ask nothing, not even for a password.")
  var yes = false

  /// Runs a command's work, tells its error, and ends with the status of the contract.
  func perform(_ work: (Console) async throws -> ExitStatus) async throws {
    let console = Console(isJSON: json, isQuiet: quiet, isVerbose: verbose, noColor: noColor, asksNothing: yes)
    let status: ExitStatus
    do {
      status = try await work(console)
    } catch let error as ValidationError {
      throw error
    } catch {
      let failure = Failure(error)
      console.fail(failure)
      status = failure.status
    }
    throw ExitCode(status.rawValue)
  }
}
