import Foundation
import StudentModuleHistory
import TestSupport
import Testing

private let galeraLibrary = "/usr/lib/galera/libgalera_smm.so"

/// A Galera cluster of two nodes on this machine, where the server's package brings the library.
@Suite(
  "A Galera cluster", .serialized, .limitedConcurrency,
  .enabled(if: FileManager.default.fileExists(atPath: galeraLibrary)))
struct ClusterRemedyTests {
  private struct Cluster {
    let first: TestServer
    let second: TestServer
    let site: RemedySite
  }

  private static func options(_ number: Int, _ base: Int, joining: Int?) -> [String] {
    let port = base + 10 * number
    return [
      "--wsrep-on=ON", "--wsrep-provider=\(galeraLibrary)", "--wsrep-cluster-name=csmh\(base)", "--binlog-format=ROW",
      "--innodb-autoinc-lock-mode=2", "--wsrep-node-address=127.0.0.1:\(port)",
      "--wsrep-cluster-address=gcomm://\(joining.map { "127.0.0.1:\($0)" } ?? "")",
      "--wsrep-provider-options=base_port=\(port);gmcast.listen_addr=tcp://127.0.0.1:\(port);"
        + "ist.recv_addr=127.0.0.1:\(port + 1);gcache.size=8M",
    ]
  }

  private static let cluster = Task {
    let base = Int.random(in: 150...310) * 100
    let first = try await TestServer.start(.mariaDB, name: "galera-1", options: options(0, base, joining: nil))
    // Both data folders are as new: the second node joins as one that has everything already, without a transfer of all data.
    let plain = try await TestServer.start(.mariaDB, name: "galera-2")
    try await plain.stop()
    func status(_ name: String) async throws -> String {
      try await first.query("SHOW GLOBAL STATUS LIKE '\(name)'")[0][1] ?? ""
    }
    let state =
      "version: 2.1\nuuid: \(try await status("wsrep_local_state_uuid"))\n"
      + "seqno: \(try await status("wsrep_last_committed"))\nsafe_to_bootstrap: 0\n"
    try state.write(
      to: plain.directory.appendingPathComponent("data/grastate.dat"), atomically: true, encoding: .utf8)
    let second = try await TestServer.start(.mariaDB, name: "galera-2", options: options(1, base, joining: base))
    return Cluster(first: first, second: second, site: try await RemedySite(first))
  }

  @Test("check finds a node that is not in step: after a wait it is")
  func waiting() async throws {
    let cluster = try await Self.cluster.value
    try await cluster.site.expectLeadsOn("migrate")
    try await cluster.first.run("SET GLOBAL wsrep_desync = ON")
    let found = try await cluster.site.csmh("check", "--rule", "galera")
    #expect(found.status == 1, "\(found.text)")
    let other = Task {
      try await Task.sleep(for: .milliseconds(500))
      try await cluster.first.run("SET GLOBAL wsrep_desync = OFF")
    }
    try await FollowedRemedies.follow(.waitForSynced, in: found.output) { printed in
      let query = String(printed.text[try #require(printed.text.firstRange(of: /SHOW [^;]*/))])
      while try await cluster.first.query(query)[0][1] != "Synced" { try await Task.sleep(for: .milliseconds(50)) }
      try await cluster.site.expectLeadsOn("check", "--rule", "galera")
    }
    try await other.value
  }

  @Test("check finds a cluster: with one node named everywhere, the migration runs beneath its replication")
  func oneNode() async throws {
    let cluster = try await Self.cluster.value
    let found = try await cluster.site.csmh("check", "--rule", "galera")
    #expect(found.output.contains("a cluster of 2 nodes"), "\(found.text)")
    try await FollowedRemedies.follow(.oneNode, in: found.output) { _ in
      let file = try LMSConfigurationFile(cluster.site.installation)
      defer { file.remove() }
      let migrated = try await Command.csmh(["migrate", "--lms-config", file.path])
      try RemedySite.expectLeadsOn(migrated)
      try await cluster.site.expectLeadsOn("verify")
    }
  }

  @Test("the fence on one node of two: with the other one shut down it is taken")
  func fence() async throws {
    let cluster = try await Self.cluster.value
    try await cluster.site.expectLeadsOn("migrate")
    let refused = try await cluster.site.csmh("catch-up")
    let rows = try await cluster.second.query(
      "SELECT COUNT(*) FROM \(RemedySite.extended)", database: cluster.site.installation.extendedDatabase)
    #expect(rows == [["40"]], "the nodes are none of one cluster")
    #expect(refused.status == 78 && refused.error.contains("a Galera cluster of 2"), "\(refused.text)")
    try await FollowedRemedies.follow(.oneNodeForFence, in: refused.error) { _ in
      try await cluster.second.stop()
      try await cluster.site.expectLeadsOn("catch-up")
    }
  }
}
