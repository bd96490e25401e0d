import MigrationBase
import TestSupport
import Testing

/// What a remedy asks an operator to report is what it says.
enum ReportedFacts {
  /// - Parameter printed: a remedy with the server's version and the refused statement as its places.
  static func expectTrue(
    _ printed: FollowedRemedies.Printed, of server: TestServer, table: String
  ) async throws {
    let version = try await Command.csmh(["--version"])
    #expect(version.status == 0 && version.output.contains(csmhVersion), "\(version.text)")
    #expect(printed.places[0] == (try await server.query("SELECT VERSION()")[0][0]))
    #expect(printed.places[1].hasPrefix("the statement: ") && printed.places[1].contains(table), "\(printed.text)")
  }
}
