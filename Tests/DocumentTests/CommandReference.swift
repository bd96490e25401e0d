import Foundation
import TestSupport

/// What commands and options csmh has, as it says itself.
struct CommandReference: Sendable {
  /// The long options of each command, `--` included. A hidden command is not in it, but in ``hiddenCommands``.
  let options: [String: Set<String>]
  let hiddenCommands: Set<String>

  /// Options that every program of the argument parser has.
  static let common: Set<String> = ["--help", "--version", "--generate-completion-script"]

  private struct Dump: Decodable {
    let command: Command
  }

  private struct Command: Decodable {
    let commandName: String
    let shouldDisplay: Bool?
    let subcommands: [Command]?
    let arguments: [Argument]?
  }

  private struct Argument: Decodable {
    struct Name: Decodable {
      let kind: String
      let name: String
    }
    let shouldDisplay: Bool
    let names: [Name]?
  }

  init() async throws {
    let result = try await TestSupport.Command.csmh(["--experimental-dump-help"])
    let dump = try JSONDecoder().decode(Dump.self, from: Data(result.output.utf8))
    var options: [String: Set<String>] = [:]
    var hidden: Set<String> = []
    for command in dump.command.subcommands ?? [] where command.commandName != "help" {
      if command.shouldDisplay == false {
        hidden.insert(command.commandName)
        continue
      }
      let names = (command.arguments ?? []).filter(\.shouldDisplay).flatMap { $0.names ?? [] }
      options[command.commandName] = Set(names.filter { $0.kind == "long" }.map { "--" + $0.name })
        .subtracting(Self.common)
    }
    self.options = options
    hiddenCommands = hidden
  }

  /// Whether any command has the option.
  func isKnown(_ option: String) -> Bool {
    Self.common.contains(option) || options.values.contains { $0.contains(option) }
  }

  /// What a text that begins with `csmh ` has wrong: a command or an option that is not there.
  func problems(ofCommand text: String) -> [String] {
    // A comment or another program behind a pipe has its own words.
    let words = text.prefix { !"|#;>&".contains($0) }.split(whereSeparator: \.isWhitespace).map(String.init)
    guard words.first == "csmh", words.count > 1 else { return [] }
    let name = words[1]
    let named = words.dropFirst(2).filter { $0.hasPrefix("--") }.map { String($0.prefix { $0 != "=" }) }
    if name == "help" { return words.dropFirst(2).filter { !isPlaceholder($0) }.flatMap(command) }
    if name.hasPrefix("-") { return Self.common.contains(name) ? [] : ["csmh has no \(name)"] }
    if isPlaceholder(name) || name == "..." { return [] }
    guard let known = options[name] else { return command(name) }
    return named.filter { !known.contains($0) && !Self.common.contains($0) }.map { "csmh \(name) has no \($0)" }
  }

  private func isPlaceholder(_ word: String) -> Bool { word == word.uppercased() }

  private func command(_ name: String) -> [String] {
    options[name] != nil || hiddenCommands.contains(name) ? [] : ["csmh has no command \(name)"]
  }
}
