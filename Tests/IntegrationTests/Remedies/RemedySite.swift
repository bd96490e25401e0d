import Foundation
import TestSupport

/// A small installation on servers of a remedy's own, with what happens to it while remedies are followed.
struct RemedySite: Sendable {
  let installation: TestInstallation

  static let original = "courseware_studentmodulehistory"
  static let extended = TestInstallation.extendedTable

  init(_ source: TestServer, _ target: TestServer? = nil, rows: Int = 40) async throws {
    installation = try await TestInstallation(source: source, target: target ?? source)
    for sql in Tables.today.sql + [Tables.plainRows(rows)] { try await installation.original(sql) }
  }

  func csmh(_ words: String...) async throws -> Command.Result {
    try await Command.csmh(words + installation.arguments)
  }

  /// The options that name the databases, for another account.
  func arguments(as user: String) -> [String] {
    installation.arguments.map { $0.replacingOccurrences(of: "root@", with: "\(user)@") }
  }

  /// An account without a password that holds everything on the two databases, and nothing of the server.
  func account() async throws -> String {
    let user = "u_\(installation.extendedDatabase)"
    for (server, database) in [
      (installation.source, installation.originalDatabase), (installation.target, installation.extendedDatabase),
    ] {
      try await server.run(
        "CREATE USER IF NOT EXISTS \(user)@'%'", "GRANT ALL ON \(database).* TO \(user)@'%'")
    }
    return user
  }

  /// Sees that a command ends well now, as a remedy promised.
  static func expectLeadsOn(_ result: Command.Result) throws {
    guard result.status == 0 else { throw TestFailure("it does not lead on: \(result.output)\(result.error)") }
  }

  func expectLeadsOn(_ words: String...) async throws {
    try Self.expectLeadsOn(try await Command.csmh(words + installation.arguments))
  }
}

extension Command.Result {
  /// All that was printed.
  var text: String { output + error }
}
