internal import Foundation

/// What an option file in the servers' format says of reaching a server and logging in.
///
/// csmh reads such files itself. The client library would also take what changes the session (`default-character-set`, `init-command`),
/// what it misreads (`max_allowed_packet = 64M` is 64 bytes to it) and what a lost transaction must not have (`reconnect`). What is
/// in a file besides ``knownNames`` is in ``ignored``.
/// https://dev.mysql.com/doc/refman/8.4/en/option-files.html
package struct OptionFile: Sendable, Hashable {
  /// An option that csmh passes over.
  package struct Ignored: Sendable, Hashable, CustomStringConvertible {
    /// The name, with dashes.
    package let name: String
    package let file: String
    /// From 1 on.
    package let line: Int

    package var description: String { "\(name) (\(file), line \(line))" }
  }

  /// The groups that are read; of an option that stands in several, the last in this order wins.
  package static let groups = ["client", "client-server", "client-mariadb", "csmh"]

  /// The options that csmh takes, with dashes.
  package static let knownNames: Set<String> = [
    "user", "password", "host", "port", "socket", "protocol", "database", "connect-timeout", "ssl", "skip-ssl",
    "ssl-mode", "ssl-ca",
    "ssl-cert", "ssl-key", "ssl-verify-server-cert", "default-auth", "plugin-dir",
  ]

  /// The values by their names, with dashes; nil for an option without a value.
  private(set) var values: [String: String?] = [:]

  /// The database that the file names, for who has no other name.
  package var database: String? { values["database"].flatMap { $0 } }

  /// What stands in the groups and is not taken, in the order of the files.
  package private(set) var ignored: [Ignored] = []

  /// Reads a file and those that it includes.
  ///
  /// - Throws: ``MariaDBError/Kind/configuration`` for a file that cannot be read, that everybody may write, or that is none.
  package init(path: String) throws(MariaDBError) {
    var entries: [(group: String, name: String, value: String?)] = []
    try read(path, depth: 0, into: &entries)
    for group in Self.groups {
      for entry in entries where entry.group == group { values[entry.name] = .some(entry.value) }
    }
  }

  /// How deep files may include others; servers have the same limit.
  private static let depthLimit = 10

  private mutating func read(
    _ path: String, depth: Int, into entries: inout [(group: String, name: String, value: String?)]
  ) throws(MariaDBError) {
    func failure(_ reason: String) -> MariaDBError {
      MariaDBError(kind: .configuration, message: "the option file \(path) \(reason)", server: path)
    }
    guard let data = FileManager.default.contents(atPath: path) else { throw failure("cannot be read") }
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    // The servers' own clients pass over such a file in silence.
    if let mode = (attributes?[.posixPermissions] as? NSNumber)?.intValue, mode & 0o002 != 0 {
      throw failure("may be written by everybody, so that no client uses it: chmod o-w \(path)")
    }
    var group: String?
    for (index, bytes) in data.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
      let line = String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
      let number = index + 1
      if line.isEmpty || line.hasPrefix("#") || line.hasPrefix(";") { continue }
      if line.hasPrefix("!") {
        guard depth < Self.depthLimit else { throw failure("is included by too many others") }
        for file in try included(line, failure) { try read(file, depth: depth + 1, into: &entries) }
      } else if line.hasPrefix("[") {
        guard let end = line.firstIndex(of: "]") else { throw failure("has a group without ] in line \(number)") }
        group = line[line.index(after: line.startIndex)..<end].trimmingCharacters(in: .whitespaces)
      } else {
        guard let group else { throw failure("has an option before the first group, in line \(number)") }
        guard Self.groups.contains(group) else { continue }
        let (name, value) = Self.option(line)
        if Self.knownNames.contains(name) {
          entries.append((group, name, value))
        } else {
          ignored.append(Ignored(name: name, file: path, line: number))
        }
      }
    }
  }

  /// The files that `!include FILE` or `!includedir FOLDER` names; of a folder those that end in `.cnf`, by their names.
  private func included(
    _ line: String, _ failure: (String) -> MariaDBError
  ) throws(MariaDBError) -> [String] {
    let words = line.split(maxSplits: 1, whereSeparator: \.isWhitespace)
    let path = words.count == 2 ? words[1].trimmingCharacters(in: .whitespaces) : ""
    switch words[0] {
    case "!include": return [path]
    case "!includedir":
      guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
        throw failure("includes the folder \(path), which cannot be read")
      }
      return names.filter { $0.hasSuffix(".cnf") }.sorted().map { "\(path)/\($0)" }
    default: throw failure("has the directive \(words[0]); known are !include and !includedir")
    }
  }

  /// An option's name with dashes and without `loose-`, and its value without quotes.
  static func option(_ line: String) -> (name: String, value: String?) {
    let line = withoutComment(line)
    let equals = line.firstIndex(of: "=")
    var name = line[..<(equals ?? line.endIndex)].trimmingCharacters(in: .whitespaces).lowercased()
      .replacing("_", with: "-")
    if name.hasPrefix("loose-") { name.removeFirst("loose-".count) }
    guard let equals else { return (name, nil) }
    return (name, value(line[line.index(after: equals)...].trimmingCharacters(in: .whitespaces)))
  }

  /// A `#` begins a comment, but not inside of quotes.
  private static func withoutComment(_ line: String) -> Substring {
    var quote: Character?
    var isEscaped = false
    for index in line.indices {
      let character = line[index]
      if isEscaped {
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else if character == quote {
        quote = nil
      } else if quote == nil, character == "'" || character == "\"" {
        quote = character
      } else if quote == nil, character == "#" {
        return line[..<index]
      }
    }
    return line[...]
  }

  private static func value(_ text: String) -> String {
    var text = text[...]
    if text.count >= 2, let quote = text.first, quote == "'" || quote == "\"", text.last == quote {
      text = text.dropFirst().dropLast()
    }
    var value = ""
    var isEscaped = false
    for character in text {
      guard isEscaped else {
        if character == "\\" { isEscaped = true } else { value.append(character) }
        continue
      }
      isEscaped = false
      switch character {
      case "n": value.append("\n")
      case "t": value.append("\t")
      case "r": value.append("\r")
      case "b": value.append("\u{08}")
      case "s": value.append(" ")
      case "\\", "'", "\"": value.append(character)
      default: value += "\\\(character)"
      }
    }
    return isEscaped ? value + "\\" : value
  }
}
