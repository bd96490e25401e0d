import Foundation
import StudentModuleHistory
import TestSupport
import Testing

/// Rows that stand in the way of the copy or of the way back: they are put right as the remedy says, and the command ends well.
@Suite("Rows that stand in the way", .limitedConcurrency) struct RowRemedyTests {
  private static func site(rows: Int = 200) async throws -> RemedySite {
    try await RemedySite(
      try await TestServers.shared.server(.mariaDB), try await TestServers.shared.server(.mariaDB, 2), rows: rows)
  }

  private static let columns = "(id, student_module_id, created, state)"

  /// A native row that the LMS wrote under an id that is too low, and an old copy that somebody else made.
  enum Standing: String, CaseIterable {
    case native = "999, '2026-01-01', 'native'"
    case copy = "4, '2015-10-13 12:02:00', 'as it was'"
  }

  @Test("a collision: the native row is moved up, the outdated copy is deleted", arguments: Standing.allCases)
  func collision(standing: Standing) async throws {
    let site = try await Self.site()
    try await site.expectLeadsOn("provision")
    try await site.installation.extended(
      "INSERT INTO \(RemedySite.extended) \(Self.columns) VALUES (120, \(standing.rawValue))")
    let refused = try await site.csmh("copy")
    #expect(refused.status == 1 && refused.output.contains("a collision"), "\(refused.text)")
    try await FollowedRemedies.follow(.resolveCollision, in: refused.output) { _ in
      try await Self.resolve(standing, id: 120, site)
      try await site.expectLeadsOn("copy")
    }
    try await site.expectLeadsOn("verify")
  }

  @Test("a row that the original table does not have: moved up, or deleted", arguments: Standing.allCases)
  func stranger(standing: Standing) async throws {
    let site = try await Self.site()
    try await site.installation.original("DELETE FROM \(RemedySite.original) WHERE id = 120")
    try await site.expectLeadsOn("provision")
    try await site.installation.extended(
      "INSERT INTO \(RemedySite.extended) \(Self.columns) VALUES (120, \(standing.rawValue))")
    let refused = try await site.csmh("copy")
    #expect(refused.status == 1 && refused.output.contains("which does not have it"), "\(refused.text)")
    try await FollowedRemedies.follow(.resolveStrangers, in: refused.output) { _ in
      try await Self.resolve(standing, id: 120, site)
      try await site.expectLeadsOn("copy")
    }
    try await site.expectLeadsOn("verify")
  }

  private static func resolve(_ standing: Standing, id: Int, _ site: RemedySite) async throws {
    switch standing {
    case .native:
      try await site.expectLeadsOn("offset", "--rekey", "--yes", "--settle", "0")
      let kept = try await site.installation.extendedRows(
        "SELECT id > 200 FROM \(RemedySite.extended) WHERE state = 'native'")
      #expect(kept == [["1"]], "the learner's row is lost")
    case .copy: try await site.installation.extended("DELETE FROM \(RemedySite.extended) WHERE id = \(id)")
    }
  }

  /// A migrated installation whose way back was begun and broken off, with native rows of which one is to be in question, and its id.
  private static func returning() async throws -> (site: RemedySite, file: LMSConfigurationFile, id: String) {
    let site = try await Self.site()
    let file = try LMSConfigurationFile(site.installation)
    try file.set(true, false)
    try RemedySite.expectLeadsOn(try await Command.csmh(["migrate", "--lms-config", file.path]))
    let rows = (0..<20).map { "(\($0 % 9 + 1), '2026-01-01', 'native \($0)')" }.joined(separator: ", ")
    try await site.installation.extended(
      "INSERT INTO \(RemedySite.extended) (student_module_id, created, state) VALUES \(rows)")
    try file.set(true, true)
    let crashed = try await Command.csmh(
      ["return", "--lms-config", file.path], environment: ["CSMH_CRASH_AT": "after-lease"])
    #expect(crashed.status == 128 + 9)
    let id = try await site.installation.extendedRows(
      "SELECT id FROM \(RemedySite.extended) WHERE state = 'native 7'")[0][0]
    try file.set(false, false)
    return (site, file, id ?? "")
  }

  @Test("a collision on the way back: either table's row is the right one", arguments: ["original", "extended"])
  func collisionOnReturn(right: String) async throws {
    let (site, file, id) = try await Self.returning()
    defer { file.remove() }
    try await site.installation.original(
      "INSERT INTO \(RemedySite.original) \(Self.columns) VALUES (\(id), 9, '2026-01-02', 'mine')")
    let refused = try await Command.csmh(["return", "--lms-config", file.path])
    #expect(refused.status == 1, "\(refused.text)")
    try await FollowedRemedies.follow(.resolveCollisionOnReturn, in: refused.output) { _ in
      if right == "extended" {
        try await site.installation.original("DELETE FROM \(RemedySite.original) WHERE id = \(id)")
      } else {
        try await site.installation.extended(
          "UPDATE \(RemedySite.extended) SET student_module_id = 9, created = '2026-01-02', state = 'mine' WHERE id = \(id)"
        )
      }
      try RemedySite.expectLeadsOn(try await Command.csmh(["return", "--lms-config", file.path]))
    }
    #expect(
      try await site.installation.originalRows("SELECT state FROM \(RemedySite.original) WHERE id = \(id)")
        == [[right == "extended" ? "native 7" : "mine"]])
  }

  @Test("a row that only the original table has on the way back: removed by csmh, or by whoever looked at it")
  func strangerOnReturn() async throws {
    let (site, file, id) = try await Self.returning()
    defer { file.remove() }
    try await site.installation.original(
      "INSERT INTO \(RemedySite.original) \(Self.columns) VALUES (\(id), 9, '2026-01-02', 'mine')")
    try await site.installation.extended("DELETE FROM \(RemedySite.extended) WHERE id = \(id)")
    let refused = try await Command.csmh(["return", "--lms-config", file.path])
    #expect(refused.status == 1 && refused.output.contains("which does not have it"), "\(refused.text)")
    try await FollowedRemedies.follow(.resolveStrangersOnReturn, in: refused.output) { _ in
      // It never came back: csmh leaves it to people.
      _ = try await Command.csmh(["return", "--remove-deleted", "--lms-config", file.path])
      try await site.installation.original("DELETE FROM \(RemedySite.original) WHERE id = \(id)")
      try RemedySite.expectLeadsOn(try await Command.csmh(["return", "--lms-config", file.path]))
    }
    #expect(try await site.installation.dumpOriginal() == site.installation.dumpExtended())
  }

  @Test("a partitioned table whose ids stand twice: every row gets its own, and the statements are run")
  func partitioned() async throws {
    let site = try await Self.site()
    try await site.installation.original(
      "ALTER TABLE \(RemedySite.original) DROP PRIMARY KEY, ADD PRIMARY KEY (id, student_module_id)",
      "ALTER TABLE \(RemedySite.original) PARTITION BY HASH (student_module_id) PARTITIONS 3",
      "INSERT INTO \(RemedySite.original) \(Self.columns) VALUES (11, 77, '2020-01-01', 'twice')")
    let refused = try await site.csmh("migrate")
    #expect(refused.status == 78, "\(refused.text)")
    try await FollowedRemedies.follow(.giveOwnIDs, in: refused.error) {
      #expect($0.text.contains("REMOVE PARTITIONING"), "\($0.text)")
      try await site.installation.original("UPDATE \(RemedySite.original) SET id = 1011 WHERE state = 'twice'")
      for statement in $0.places[0].components(separatedBy: "; ") {
        try await site.installation.source.run(statement.replacing(";", with: ""))
      }
      try await site.expectLeadsOn("migrate")
    }
    #expect(try await site.installation.dumpOriginal() == site.installation.dumpExtended())
  }

  @Test("a journal that somebody changed is reported with what the report asks for")
  func defect() async throws {
    let site = try await Self.site(rows: 20)
    try await site.expectLeadsOn("provision")
    try await site.installation.extended("ALTER TABLE csmh_event CHANGE detail remark longtext")
    let refused = try await site.csmh("copy")
    #expect(refused.status == 70, "\(refused.text)")
    try await FollowedRemedies.follow(.reportServerDefect, in: refused.error) {
      try await ReportedFacts.expectTrue($0, of: site.installation.target, table: "csmh_event")
    }
  }
}
