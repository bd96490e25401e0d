import Foundation
import MigrationAdvice
import MigrationBase

extension InstallationOptions {
  /// The options as they were given, ready for a shell, but for passwords in URLs; empty if none was given.
  var commandLine: String {
    var words: [String] = []
    func add(_ option: String, _ value: String?) {
      if let value { words += [option, ShellWord.quoted(value)] }
    }
    for file in lmsConfig { add("--lms-config", file) }
    add("--tutor-root", tutorRoot)
    add("--flag-defaults", flagDefaults?.rawValue)
    add("--original", original.map(Self.withoutPassword))
    add("--extended", extended.map(Self.withoutPassword))
    add("--directory", directory)
    add("--defaults-file", defaultsFile)
    add("--original-table", originalTable)
    add("--extended-table", extendedTable)
    return words.joined(separator: " ")
  }

  /// Where this installation's flags are set.
  var flagPlace: AdviceTerms.FlagPlace {
    if tutorRoot != nil { return .tutor }
    return original == nil ? .lmsConfiguration : .elsewhere
  }

  private static func withoutPassword(_ url: String) -> String {
    guard var components = URLComponents(string: url) else { return "URL" }
    components.password = nil
    return components.string ?? "URL"
  }
}
