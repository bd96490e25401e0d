import Foundation
import StudentModuleHistory
import TestSupport
import Testing

/// A replica that is named where the primary should be: the primary is named, and the command succeeds.
@Suite("A replica in the primary's place", .serialized, .limitedConcurrency) struct ReplicaRemedyTests {
  private struct Pair {
    let primary: TestServer
    let replica: TestServer
    let site: RemedySite

    /// Waits until the replica has all that the primary wrote.
    func follow() async throws {
      let position = try await primary.query("SELECT @@GLOBAL.gtid_binlog_pos")[0][0] ?? ""
      guard try await replica.query("SELECT MASTER_GTID_WAIT('\(position)', 20)") == [["0"]] else {
        throw TestFailure("the replica does not follow")
      }
    }

    /// The options with the replica in the place of a side's server.
    func arguments(_ side: Int) -> [String] {
      var arguments = site.installation.arguments
      arguments[2 * side + 1] = arguments[2 * side + 1].replacingOccurrences(
        of: ":\(primary.port)/", with: ":\(replica.port)/")
      return arguments
    }
  }

  private static func pair() async throws -> Pair {
    let options = ["--log-bin=log", "--log-slave-updates", "--gtid-strict-mode=ON", "--gtid-domain-id=7"]
    let primary = try await TestServers.shared.named("mariadb-primary", .mariaDB, options: options + ["--server-id=21"])
    let replica = try await TestServers.shared.named("mariadb-replica", .mariaDB, options: options + ["--server-id=22"])
    if try await replica.query("SHOW ALL SLAVES STATUS").isEmpty {
      try await replica.run(
        "CHANGE MASTER TO MASTER_HOST = '127.0.0.1', MASTER_PORT = \(primary.port), MASTER_USER = 'root', MASTER_USE_GTID = slave_pos",
        "START SLAVE", "SET GLOBAL read_only = ON")
    }
    return Pair(primary: primary, replica: replica, site: try await RemedySite(primary))
  }

  @Test("the fence on a replica: it is taken on the primary")
  func fence() async throws {
    let pair = try await Self.pair()
    try await pair.site.expectLeadsOn("migrate")
    try await pair.follow()
    let refused = try await Command.csmh(["catch-up"] + pair.arguments(0))
    #expect(refused.status == 78, "\(refused.text)")
    try await FollowedRemedies.follow(.namePrimaryForFence, in: refused.error) { _ in
      try await pair.site.expectLeadsOn("catch-up")
    }
  }

  @Test("check finds a replica: of the primary it finds nothing")
  func check() async throws {
    let pair = try await Self.pair()
    try await pair.site.expectLeadsOn("migrate")
    try await pair.follow()
    let found = try await Command.csmh(["check", "--rule", "replication"] + pair.arguments(0))
    #expect(found.status == 1, "\(found.text)")
    try await FollowedRemedies.follow(.namePrimary, in: found.output) {
      #expect($0.places[0].contains(":\(pair.replica.port)/"), "\($0.text)")
      try await pair.site.expectLeadsOn("check", "--rule", "replication")
    }
  }

  @Test("a replica takes no writes: the primary does")
  func writes() async throws {
    let pair = try await Self.pair()
    let user = try await pair.site.account()
    try await pair.follow()
    let arguments = pair.arguments(1).map { $0.replacingOccurrences(of: "root@", with: "\(user)@") }
    let refused = try await Command.csmh(["provision"] + arguments)
    #expect(refused.status == 69, "\(refused.text)")
    try await FollowedRemedies.follow(.connectToPrimary, in: refused.error) { _ in
      try RemedySite.expectLeadsOn(try await Command.csmh(["provision"] + pair.site.arguments(as: user)))
    }
  }
}
