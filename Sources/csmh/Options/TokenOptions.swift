import ArgumentParser
import Foundation
import HistoryConsole

/// Where the tokens are. Never an argument: those are seen by every user of the machine.
struct TokenOptions: ParsableArguments {
  @Option(
    name: .customLong("read-token-file"),
    help: ArgumentHelp("A file whose first line is the token to read (also: CSMH_READ_TOKEN).", valueName: "file"))
  var readTokenFile: String?

  @Option(
    name: .customLong("write-token-file"),
    help: ArgumentHelp("A file whose first line is the token to write (also: CSMH_WRITE_TOKEN).", valueName: "file"))
  var writeTokenFile: String?

  /// - Throws: ``Failure``, `HistoryServerError`.
  func resolve() throws -> BearerTokens {
    try BearerTokens(
      read: token(readTokenFile, "CSMH_READ_TOKEN"), write: token(writeTokenFile, "CSMH_WRITE_TOKEN"))
  }

  private func token(_ file: String?, _ variable: String) throws -> String? {
    guard let file else {
      // An empty variable is one that was not meant to be set.
      return ProcessInfo.processInfo.environment[variable].flatMap { $0.isEmpty ? nil : $0 }
    }
    guard let data = FileManager.default.contents(atPath: file) else {
      throw Failure(.misconfigured, "the token file \(file) cannot be read")
    }
    let line = data.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
    guard !line.isEmpty else { throw Failure(.misconfigured, "the token file \(file) has an empty first line") }
    return String(decoding: line, as: UTF8.self)
  }
}
