import Foundation
import TestSupport
import Testing

/// The whole way from the original table to the extended one, while several processes of Django save and delete.
@Suite(.limitedConcurrency) struct DjangoMigrationTests {
  private static let original = "courseware_studentmodulehistory"
  private static let extended = TestInstallation.extendedTable
  private static let rowCount = 6_000

  /// A site, the servers that it stands on, and whether rows are copied before the flag is turned on.
  struct Way: Sendable, CustomStringConvertible {
    let release: DjangoRelease
    let place: TestInstallation.Place
    let isCopyFirst: Bool

    var description: String { "\(release), \(place), \(isCopyFirst ? "copy" : "flag") first" }

    static var all: [Way] {
      var ways: [Way] = []
      for release in DjangoRelease.versions {
        ways.append(Way(release: release, place: .betweenMariaDBs, isCopyFirst: true))
      }
      guard let newest = DjangoRelease.all.last else { return [] }
      let oneMariaDB = TestInstallation.Place(source: .mariaDB, target: .mariaDB, isOneServer: true)
      ways.append(Way(release: newest, place: oneMariaDB, isCopyFirst: false))
      if TestServer.isAvailable(.mySQL) {
        let mySQLs = TestInstallation.Place(source: .mySQL, target: .mySQL, isOneServer: false)
        ways.append(Way(release: newest, place: mySQLs, isCopyFirst: true))
      }
      return ways
    }
  }

  private static func run(_ site: DjangoSite, _ arguments: String...) async throws {
    let result = try await Command.csmh(arguments + ["--lms-config", site.configuration])
    guard result.status == 0 else {
      throw TestFailure(
        "csmh \(arguments.joined(separator: " ")) ended with \(result.status): \(result.output)\(result.error)")
    }
  }

  private static func manage(_ site: DjangoSite, _ words: String...) async throws {
    let result = try await site.manage(["lms"] + words)
    guard result.status == 0 else { throw TestFailure("manage.py \(words): \(result.error)") }
  }

  /// Everything from provisioning to draining, while the learners go on.
  private static func migrate(_ site: DjangoSite, _ learners: DjangoLearners, isCopyFirst: Bool) async throws {
    try await run(site, "provision", "--headroom", "100000")
    try await manage(site, "migrate", "--database", "student_module_history", "--fake", "coursewarehistoryextended")
    try await manage(site, "migrate", "--database", "student_module_history")
    try await manage(site, "migrate")
    if isCopyFirst {
      // Slow enough for many saves and deletions of what is being copied.
      try await run(site, "copy", "--workers", "2", "--max-rows-per-second", "6000")
      try await learners.work(20)
    }
    try await run(site, "flags", "--set", "ENABLE_CSMH_EXTENDED=true")
    try await learners.deploy(isExtendedInstalled: true)
    if !isCopyFirst { try await run(site, "copy", "--workers", "2", "--max-rows-per-second", "6000") }
    try await learners.work(20)
    try await catchUp(site)
    try await run(site, "verify")
    try await manage(site, "migrate", "--database", "student_module_history")
    try await run(site, "flags", "--set", "ENABLE_READING_FROM_MULTIPLE_HISTORY_TABLES=false")
    try await learners.deploy(isExtendedInstalled: true)
    try await run(site, "drain", "--yes", "--rest", "2")
    try await learners.work(20)
  }

  /// The pass back. Whoever had not got the flag yet deleted original rows alone; where nothing is left of a small range, csmh takes
  /// its copies for native rows or forgotten copies, stops the range, and leaves it to the operator to delete what was deleted.
  private static func catchUp(_ site: DjangoSite) async throws {
    let result = try await site.csmh("catch-up", "--remove-deleted")
    if result.status == 0 { return }
    guard result.status == 1, result.output.contains("a copy whose original was deleted since must be deleted") else {
      throw TestFailure("csmh catch-up ended with \(result.status): \(result.output)\(result.error)")
    }
    let known = Set(try await site.installation.originalRows("SELECT id FROM courseware_studentmodule").map { $0[0] })
    let copied = try await site.installation.extendedRows(
      "SELECT DISTINCT student_module_id FROM \(extended) WHERE id < (SELECT starting_id FROM csmh_migration)")
    for gone in copied.compactMap({ $0[0] }) where !known.contains(gone) {
      try await site.installation.extended("DELETE FROM \(extended) WHERE student_module_id = \(gone)")
    }
    try await run(site, "copy")
    try await run(site, "catch-up", "--remove-deleted")
  }

  /// Every state that was told to be saved stands once, in its order, and nothing else but what a failed request may leave.
  private static func expect(
    _ expectation: DjangoLearners.Expectation, in site: DjangoSite, _ seed: Comment
  ) async throws {
    let rows = try await site.installation.extendedRows(
      "SELECT student_module_id, state FROM \(extended) WHERE student_module_id > 9 ORDER BY id")
    var found: [UInt64: [String]] = [:]
    for row in rows {
      guard let module = row[0].flatMap(UInt64.init), let state = row[1] else {
        throw TestFailure("a row without a state")
      }
      found[module, default: []].append(state)
    }
    for (module, states) in expectation.states {
      let certain = found[module, default: []].filter { !expectation.possible.contains($0) }
      #expect(certain == states, "student module \(module); \(seed)")
    }
    for (module, states) in found where expectation.states[module] == nil {
      let extra = states.filter { !expectation.possible.contains($0) }
      #expect(
        extra.isEmpty,
        "student module \(module) was \(expectation.deleted.contains(module) ? "deleted" : "never saved"); \(seed)")
    }
    let all = rows.compactMap { $0[1] }
    #expect(Set(all).count == all.count, "a state stands twice; \(seed)")
    #expect(
      try await site.installation.extendedRows("SELECT COUNT(*) FROM \(extended) WHERE student_module_id <= 9")
        == [["\(rowCount)"]])
    #expect(try await site.installation.originalRows("SELECT COUNT(*) FROM \(original)") == [["0"]])
  }

  @Test(
    "provision, copy, flag, restart, catch-up, verify, second flag, drain beneath Django's writers: nothing lost, nothing twice",
    arguments: Way.all)
  func wholeWay(way: Way) async throws {
    let seed = ProcessInfo.processInfo.environment["CSMH_SEED"].flatMap(UInt32.init) ?? UInt32.random(in: 0..<1_000_000)
    print("Django's writers, \(way): CSMH_SEED=\(seed)")
    try await DjangoSite.with(way.release, way.place) { site in
      try await site.makeOriginalTables()
      // History from before, of student modules that nobody touches.
      try await site.installation.original(
        """
        INSERT INTO courseware_studentmodule (id, module_type, module_id, student_id, course_id, done, created, modified) VALUES \
        \((1...9).map { "(\($0), 'problem', 'old-\($0)', 1, 'course', 'na', NOW(6), NOW(6))" }.joined(separator: ", "))
        """, Tables.plainRows(Self.rowCount))
      let learners = DjangoLearners(site, seed: seed, count: 3)
      try await learners.deploy(isExtendedInstalled: false)
      var failure: (any Error)?
      do {
        try await learners.work(40)
        try await Self.migrate(site, learners, isCopyFirst: way.isCopyFirst)
      } catch {
        failure = error
      }
      let expectation = try await learners.stop()
      if let failure { throw failure }
      #expect(expectation.errors.isEmpty, "requests that csmh made fail; seed \(seed)")
      #expect(expectation.states.count > 10 && expectation.deleted.count > 5, "seed \(seed)")
      try await Self.expect(expectation, in: site, "seed \(seed), \(expectation.requestCount) requests")
      #expect(try await site.csmh("verify").status == 0)
      // And Django's readers agree.
      try await site.with(isExtendedInstalled: true) { process in
        for (module, states) in expectation.states.prefix(10) {
          let shown = try await process.history([module]).compactMap(\.state).filter {
            !expectation.possible.contains($0)
          }
          #expect(shown == states.reversed(), "seed \(seed)")
        }
      }
    }
  }
}
