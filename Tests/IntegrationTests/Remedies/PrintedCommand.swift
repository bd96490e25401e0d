import Foundation
import TestSupport

/// Command lines as csmh prints them, run by a shell that finds csmh.
enum PrintedCommand {
  /// - Parameter more: words that the operator adds, such as where the databases are.
  static func run(
    _ line: String, _ more: [String] = [], in directory: URL? = nil, environment: [String: String] = [:]
  ) async throws -> Command.Result {
    let folder = URL(fileURLWithPath: try Command.csmh).deletingLastPathComponent().path
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return try await Command.run(
      "/bin/sh", ["-c", line + " \"$@\"", "sh"] + more,
      environment: environment.merging(["PATH": folder + ":" + path]) { $1 }, directory: directory)
  }

  /// The command in a sentence that has other words around it: from `csmh` to a comma, a semicolon or the end.
  static func first(in text: String, startingWith start: String = "csmh ") throws -> String {
    guard let from = text.range(of: start)?.lowerBound else { throw TestFailure("no command in: \(text)") }
    return String(text[from...].prefix { $0 != "," && $0 != ";" && $0 != "\n" })
  }
}

extension Command.Result {
  /// What a refusal tells the operator to do: the rest of standard error from there on.
  var toDo: String {
    get throws {
      guard let range = error.range(of: "what to do: ") else { throw TestFailure("no remedy in: \(error)") }
      return String(error[range.upperBound...])
    }
  }
}
