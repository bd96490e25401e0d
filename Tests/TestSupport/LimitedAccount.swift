import Foundation

/// An installation whose databases have names of a test's own, and an account that holds only what the test grants it.
package struct LimitedAccount: Sendable {
  package let source: TestServer
  package let target: TestServer
  package let original: String
  package let extended: String
  package let user: String
  package let host: String

  /// Makes the original database with its table, and the account, on both servers.
  package init(
    source: TestServer, target: TestServer, original: String, extended: String, user: String, host: String = "%",
    rows: Int = 300
  ) async throws {
    (self.source, self.target) = (source, target)
    (self.original, self.extended) = (original, extended)
    (self.user, self.host) = (user, host)
    try await source.run("CREATE DATABASE \(Self.quoted(original)) DEFAULT CHARACTER SET utf8mb4")
    for sql in Tables.today.sql + [Tables.plainRows(rows)] { try await source.run(sql, database: original) }
    for server in servers { try await server.run("CREATE USER \(account)") }
  }

  /// The two servers, or the one.
  package var servers: [TestServer] { source.port == target.port ? [source] : [source, target] }

  /// As a GRANT names it.
  package var account: String { "'\(user.replacingOccurrences(of: "'", with: "''"))'@'\(host)'" }

  /// A database's name as a pattern of a GRANT.
  package static func pattern(_ database: String) -> String {
    quoted(["\\", "_", "%"].reduce(database) { $0.replacingOccurrences(of: $1, with: "\\" + $1) })
  }

  package static func quoted(_ name: String) -> String { "`\(name.replacingOccurrences(of: "`", with: "``"))`" }

  package func grant(_ privileges: String, on database: String) async throws {
    let server = database == original ? source : target
    try await server.run("GRANT \(privileges) ON \(Self.pattern(database)).* TO \(account)")
  }

  /// The options that name the two databases to csmh.
  package var arguments: [String] {
    func url(_ server: TestServer, _ database: String) -> String {
      func encoded(_ text: String) -> String { text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "" }
      return "mysql://\(encoded(user))@127.0.0.1:\(server.port)/\(encoded(database))"
    }
    return ["--original", url(source, original), "--extended", url(target, extended)]
  }

  package func csmh(_ words: String...) async throws -> Command.Result { try await Command.csmh(words + arguments) }

  /// The statements after `what to do:` of a refusal.
  package static func remedy(_ result: Command.Result) -> [String] {
    guard let line = result.error.split(separator: "\n").first(where: { $0.contains("what to do: ") }),
      let start = line.range(of: "what to do: ")
    else { return [] }
    return line[start.upperBound...].components(separatedBy: "; ").map {
      $0.hasSuffix(";") ? String($0.dropLast()) : $0
    }
  }

  /// Runs a command as often as it is refused for a privilege, after having done each time what the refusal tells, to the letter.
  ///
  /// - Returns: how it ended, and what was done.
  package func following(_ words: String...) async throws -> (result: Command.Result, rounds: [[String]]) {
    var rounds: [[String]] = []
    while true {
      let result = try await Command.csmh(words + arguments)
      let remedy = Self.remedy(result)
      guard result.status == 77, !remedy.isEmpty, rounds.count < 4 else { return (result, rounds) }
      rounds.append(remedy)
      for statement in remedy {
        let isExtended = statement.contains(Self.pattern(extended)) || statement.contains(Self.quoted(extended))
        // On the server that the refusal speaks of: a role's statement names no database.
        let namesExtended = result.error.contains("the extended database, ")
        let server = statement.hasPrefix("GRANT ") ? (isExtended ? target : source) : (namesExtended ? target : source)
        try await server.run(statement)
      }
    }
  }
}
