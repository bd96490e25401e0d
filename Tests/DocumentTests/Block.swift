import Foundation

/// A block of code, output or configuration in a page.
struct Block: Sendable {
  enum Kind: Sendable {
    /// Commands for a shell.
    case shell
    /// Commands after `$ `, each with what it prints.
    case transcript
    case sql
    /// YAML.
    case configuration
    /// Options and addresses without a command.
    case options
    /// What something prints.
    case output
  }

  let kind: Kind

  /// The lines without the block's indentation.
  let lines: [String]

  /// The number of the first of ``lines`` in the page, from 1.
  let line: Int

  /// How many spaces stand before each line in the page.
  let indentation: Int

  init(language: String?, lines: [String], line: Int, indentation: Int) {
    kind = Self.kind(language, lines)
    self.lines = lines
    self.line = line
    self.indentation = indentation
  }

  private static func kind(_ language: String?, _ lines: [String]) -> Kind {
    switch language {
    case "sh"?, "bash"?, "shell"?: return lines.first?.hasPrefix("$ ") == true ? .transcript : .shell
    case "sql"?: return .sql
    case "yaml"?: return .configuration
    case .some(let other) where !other.isEmpty: return .output
    default: break
    }
    if lines.first?.hasPrefix("$ ") == true { return .transcript }
    if lines.contains(where: { $0.firstMatch(of: commandWord) != nil }) { return .shell }
    if lines.contains(where: { $0.firstMatch(of: sqlWord) != nil }) { return .sql }
    if lines.allSatisfy({ $0.firstMatch(of: optionWord) != nil }) { return .options }
    return .output
  }

  /// What begins a line of shell commands.
  private nonisolated(unsafe) static let commandWord =
    #/^(csmh|make|curl|swift|export|mariadb|mysqldump|mysql|sqlite3|cp|git|openssl|sudo|systemctl)( |$)|^(\.build|\.ci|Scripts|Benchmarks)/\S/#

  private nonisolated(unsafe) static let sqlWord =
    #/^(SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|GRANT|REVOKE|SET|SHOW|ANALYZE|OPTIMIZE) /#

  private nonisolated(unsafe) static let optionWord = #/^(--[a-z]|[a-z0-9]+://)/#
}
