import Foundation
import TestSupport

/// The csmh commands that a remedy tells, as they stand there: the words after `csmh` that are a command, its options and their values.
enum ToldCommands {
  static func all(in text: String) -> [[String]] {
    text.components(separatedBy: "csmh ").dropFirst().map { part in
      var words: [String] = []
      for word in part.split(separator: " ") {
        let name = word.prefix { !",;:()`'".contains($0) }
        let isValue = words.last?.hasPrefix("--") == true && (name.first?.isNumber == true || name.contains("="))
        guard words.isEmpty || name.hasPrefix("--") || isValue else { break }
        words.append(String(name))
        if name.count < word.count { break }
      }
      return words
    }
  }

  /// The one command of a remedy, or its first one.
  static func first(in text: String) throws -> [String] {
    guard let command = all(in: text).first, !command.isEmpty else { throw TestFailure("no command in: \(text)") }
    return command
  }
}

extension Command.Result {
  /// All that was printed.
  var printed: String { output + error }
}
