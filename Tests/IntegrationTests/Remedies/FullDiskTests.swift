import StudentModuleHistory
import TestSupport
import Testing

/// A server without room: the table space of all tables has a fixed size, as a full disk has.
@Suite("A server that has no room left", .limitedConcurrency) struct FullDiskTests {
  @Test("no room for the copies: room is made, and the same command goes on")
  func full() async throws {
    let server = try await TestServers.shared.named(
      "mariadb-full", .mariaDB, options: ["--innodb-file-per-table=OFF", "--innodb-data-file-path=ibdata1:24M"])
    try await server.run(
      "CREATE DATABASE others", "CREATE TABLE others.ballast (text longtext) ENGINE=InnoDB",
      "INSERT INTO others.ballast VALUES (REPEAT('x', 8000000))")
    let site = try await RemedySite(try await TestServers.shared.server(.mariaDB), server, rows: 300)
    try await site.installation.original("UPDATE \(RemedySite.original) SET state = REPEAT('y', 30000)")
    let refused = try await site.csmh("migrate")
    #expect(refused.status == 69 && refused.error.contains("has no room left"), "\(refused.text)")
    try await FollowedRemedies.follow(.makeRoomThenAgain, in: refused.error) { _ in
      try await server.run("DROP TABLE others.ballast")
      // What is dropped is given free in the background.
      let free = "SELECT MAX(DATA_FREE) > 6000000 FROM information_schema.TABLES WHERE TABLE_SCHEMA LIKE 'edxapp_csmh%'"
      for _ in 0..<300 where try await server.query(free) != [["1"]] { try await Task.sleep(for: .milliseconds(100)) }
      try await site.expectLeadsOn("migrate")
    }
    #expect(try await site.installation.dumpExtended() == site.installation.dumpOriginal())
  }
}
