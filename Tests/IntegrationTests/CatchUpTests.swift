import Foundation
import HistoryStores
import MariaDBClient
import MigrationJournal
import StudentModuleHistory
import TestSupport
import Testing

/// The pass back: whatever happened to the original table after it was copied, the copies come to its truth, and native rows stay.
@Suite(.limitedConcurrency) struct CatchUpTests {
  private static let extended = TestInstallation.extendedTable

  private static func migrated(_ place: TestInstallation.Place, rows: Int = 6_000) async throws -> TestInstallation {
    let installation = try await TestInstallation(place)
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(Tables.plainRows(rows))
    // Ids that a late transaction may still take.
    try await installation.original("DELETE FROM courseware_studentmodulehistory WHERE id BETWEEN 500 AND 510")
    let result = try await installation.csmh("migrate")
    #expect(result.status == 0, "\(result.output)\(result.error)")
    return installation
  }

  private static func expectEqual(_ installation: TestInstallation) async throws {
    let rows = try await installation.dumpOriginal()
    #expect(try await installation.dumpExtended(upTo: rows.last?[0]) == rows)
  }

  @Test(
    "rows that were added with low ids, changed, deleted and appended after the copy are brought to the truth; native rows stay",
    arguments: TestInstallation.Place.all)
  func everything(place: TestInstallation.Place) async throws {
    let installation = try await Self.migrated(place)
    try await installation.extended(
      "INSERT INTO \(Self.extended) (student_module_id, created, state) VALUES (3, '2026-01-01', 'native')")
    let natives = try await installation.extendedRows("SELECT * FROM \(Self.extended) WHERE state = 'native'")
    try await installation.original(
      Tables.plainRows(5, from: 503),
      "UPDATE courseware_studentmodulehistory SET grade = 0.1, state = 'später 🎓' WHERE id IN (7, 5999)",
      "UPDATE courseware_studentmodulehistory SET state = NULL, version = '' WHERE id = 8",
      // Raw SQL, as no LMS deletes: the copies stay behind.
      "DELETE FROM courseware_studentmodulehistory WHERE id IN (1, 42, 3000)", Tables.plainRows(40, from: 6_001))
    let kept = try await installation.csmh("catch-up")
    #expect(
      kept.status == 1 && kept.output.contains(/42 +stranger/), "copies are not removed unasked: \(kept.output)")
    let result = try await installation.csmh("catch-up", "--remove-deleted", "--json")
    #expect(result.status == 0, "\(result.output)\(result.error)")
    #expect(kept.output.contains("5 added, 3 changed, 0 removed"), "\(kept.output)")
    #expect(result.output.contains("\"removed_rows\":3"))
    try await Self.expectEqual(installation)
    #expect(
      try await installation.extendedRows("SELECT * FROM \(Self.extended) WHERE state = 'native'") == natives)
    let again = try await installation.csmh("catch-up", "--json")
    #expect(again.status == 0 && again.output.contains("\"added_rows\":0,\"changed_rows\":0,\"copied_rows\":0"))
    #expect(try await installation.csmh("verify").status == 0)
  }

  @Test("a lower id that commits after its range was copied is found", arguments: TestInstallation.Place.mariaDB)
  func lateCommit(place: TestInstallation.Place) async throws {
    let installation = try await Self.migrated(place)
    let late = try await installation.source.connect(database: installation.originalDatabase)
    try await late.execute("START TRANSACTION")
    try await late.execute(StatementText(Tables.plainRows(1, from: 505)))
    // Rows with higher ids are copied while it is open.
    try await installation.original(Tables.plainRows(10, from: 6_001))
    #expect(try await installation.csmh("copy").status == 0)
    try await late.execute("COMMIT")
    await late.close()
    #expect(try await installation.csmh("catch-up").status == 0)
    try await Self.expectEqual(installation)
  }

  @Test(
    "the fence waits for a transaction that has written to the original table, however long it stays open, and its row is copied",
    arguments: TestInstallation.Place.every.filter { $0.source == $0.target })
  func fenceWaits(place: TestInstallation.Place) async throws {
    let installation = try await Self.migrated(place, rows: 1_000)
    let open = try await installation.source.connect(database: installation.originalDatabase)
    try await open.execute("START TRANSACTION")
    try await open.execute(StatementText(Tables.plainRows(1, from: 1_001)))
    let command = try Command(try Command.csmh, ["catch-up"] + installation.arguments, environment: [:])
    // Longer than the second that one try waits.
    try await Task.sleep(for: .seconds(4))
    #expect(command.isRunning, "it took the fence across an open transaction")
    let fence = try await installation.extendedRows("SELECT fence_id FROM csmh_migration")
    #expect(fence[0][0] == nil)
    // Other writers are not kept from writing for longer than a try.
    try await installation.original(Tables.plainRows(1, from: 1_002))
    try await open.execute("COMMIT")
    await open.close()
    let result = await command.wait()
    #expect(result.status == 0, "\(result.output)\(result.error)")
    #expect(try await installation.extendedRows("SELECT fence_id FROM csmh_migration")[0][0] == "1002")
    try await Self.expectEqual(installation)
  }

  @Test("a straggler behind the fence is told, is copied by the next run, and never makes the switch look safe")
  func straggler() async throws {
    let installation = try await Self.migrated(.betweenMariaDBs, rows: 1_000)
    let file = try LMSConfigurationFile(installation)
    defer { file.remove() }
    try file.set(true, false)
    let switchReaders = ["flags", "--lms-config", file.path, "--set", "READ_ONLY_FROM_CSMHE=true"]
    let noFence = try await Command.csmh(switchReaders)
    #expect(noFence.status == 1 && noFence.error.contains("there is no fence"))
    #expect(try await Command.csmh(["catch-up", "--lms-config", file.path]).status == 0)
    // It writes and deletes again: no row is left of it, but the counter has moved.
    try await installation.original(
      Tables.plainRows(1, from: 1_001), "DELETE FROM courseware_studentmodulehistory WHERE id = 1001")
    let moved = try await Command.csmh(switchReaders)
    #expect(moved.status == 1 && moved.error.contains("behind the fence"), "\(moved.error)")
    #expect(try await Command.csmh(["migrate", "--lms-config", file.path]).status == 0)
    #expect(try await Command.csmh(switchReaders).status == 0)
  }

  @Test(
    "a copy whose original was deleted and that verify found before any fence is removed by catch-up --remove-deleted")
  func deletedBeforeFence() async throws {
    let installation = try await Self.migrated(.betweenMariaDBs, rows: 1_000)
    try await installation.original("DELETE FROM courseware_studentmodulehistory WHERE id = 42")
    #expect(try await installation.csmh("verify").status == 1)
    let result = try await installation.csmh("catch-up", "--remove-deleted")
    #expect(result.status == 0 && result.output.contains("1 removed"), "\(result.output)\(result.error)")
    try await Self.expectEqual(installation)
  }

  @Test("killed before a mended range is committed: nothing is changed, and the next run mends it")
  func killed() async throws {
    let installation = try await Self.migrated(.betweenMariaDBs, rows: 1_000)
    try await installation.original("UPDATE courseware_studentmodulehistory SET grade = 0.5 WHERE id = 7")
    let before = try await installation.dumpExtended()
    let crashed = try await installation.csmh("catch-up", environment: ["CSMH_CRASH_AT": "before-mend-commit"])
    #expect(crashed.status == 128 + 9, "\(crashed.output)\(crashed.error)")
    #expect(try await installation.dumpExtended() == before)
    #expect(try await installation.csmh("catch-up").status == 0)
    try await Self.expectEqual(installation)
  }

  @Test("a native row with an id that is too low is never changed or removed: its range stays stopped, and it is named")
  func lowNativeRow() async throws {
    let installation = try await TestInstallation(.betweenMariaDBs)
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(Tables.plainRows(1_000))
    #expect(try await installation.csmh("provision").status == 0)
    try await installation.extended(
      "INSERT INTO \(Self.extended) (id, student_module_id, created, state) VALUES (17, 3, '2026-01-01', 'native')")
    let result = try await installation.csmh("catch-up")
    #expect(result.status == 1 && result.output.contains("17"), "\(result.output)\(result.error)")
    #expect(
      try await installation.extendedRows("SELECT state FROM \(Self.extended) WHERE id = 17") == [["native"]])
  }

  @Test(
    "an original table that was emptied, by TRUNCATE or row by row, never takes its copies along",
    arguments: ["TRUNCATE TABLE", "DELETE FROM"])
  func emptied(statement: String) async throws {
    let installation = try await Self.migrated(.betweenMariaDBs, rows: 3_000)
    let file = try LMSConfigurationFile(installation)
    defer { file.remove() }
    try file.set(true, true)
    #expect(try await Command.csmh(["catch-up", "--lms-config", file.path]).status == 0)
    let copies = try await installation.dumpExtended()
    try await installation.original("\(statement) courseware_studentmodulehistory")
    let supervisor = try Command(
      try Command.csmh, ["supervise", "--lms-config", file.path, "--recheck", "0.2"], environment: [:])
    for command in [["catch-up", "--remove-deleted"], ["migrate"], ["copy"], ["verify"]] {
      _ = try await Command.csmh(command + ["--lms-config", file.path])
    }
    if statement.hasPrefix("TRUNCATE") {
      // The LMS is rolled back and numbers its rows anew: other rows have the ids of the copies.
      try await installation.original(Tables.plainRows(50), "UPDATE courseware_studentmodulehistory SET state = 'new'")
      let refused = try await Command.csmh(["catch-up", "--remove-deleted", "--lms-config", file.path])
      #expect(refused.status == 1 && refused.error.contains("emptied or made anew"), "\(refused.error)")
    }
    try await Task.sleep(for: .seconds(2))
    supervisor.send(SIGTERM)
    _ = await supervisor.wait()
    #expect(try await installation.dumpExtended() == copies)
  }

  @Test(
    "a journal of an older version is brought up to date by provision, and refused by everything else",
    arguments: [1, 2])
  func upgrade(from version: Int) async throws {
    let installation = try await Self.migrated(.betweenMariaDBs, rows: 100)
    try await installation.extended(
      "ALTER TABLE csmh_migration DROP COLUMN rekey_shift, DROP COLUMN rekey_lowest, DROP COLUMN rekey_limit",
      "ALTER TABLE csmh_range DROP COLUMN drained_at, DROP COLUMN drained_count, DROP COLUMN drained_digest, DROP COLUMN token",
      "ALTER TABLE csmh_event DROP COLUMN token",
      "UPDATE csmh_migration SET journal_version = \(version)")
    if version == 1 {
      try await installation.extended(
        "ALTER TABLE csmh_migration DROP COLUMN fence_id, DROP COLUMN fence_next_id, DROP COLUMN fenced_at")
    }
    let refused = try await installation.csmh("copy")
    #expect(refused.status == 78 && refused.error.contains("csmh provision"), "\(refused.error)")
    try await FollowedRemedies.follow(.upgradeJournal, in: refused.error) { told in
      let provisioned = try await Command.csmh(try ToldCommands.first(in: told.text) + installation.arguments)
      #expect(provisioned.status == 0, "\(provisioned.output)\(provisioned.error)")
      #expect(try await installation.csmh("copy").status == 0)
    }
    #expect(try await installation.csmh("catch-up").status == 0)
  }

  @Test("bringing a journal up to date can be killed behind any of its statements, and provision brings it to its end")
  func interruptedUpgrade() async throws {
    let installation = try await Self.migrated(.betweenMariaDBs, rows: 100)
    let store = installation.pair.extended
    let statements = Journal.Old(version: 1, columns: [:]).upgrade.flatMap { store.sql(of: $0, table: "") }
    let added = statements.compactMap { sql -> (table: String, column: String)? in
      let words = sql.split(separator: " ")
      guard words.count > 5, words[0] == "ALTER" else { return nil }
      return (String(words[2]), String(words[5]))
    }
    #expect(added.count == statements.count - 1 && added.count >= 11)
    for done in 0..<statements.count {
      for (table, column) in added { try await installation.extended("ALTER TABLE \(table) DROP COLUMN \(column)") }
      // Else what was dropped at once keeps its place in the row.
      for table in Set(added.map(\.table)) { try await installation.extended("ALTER TABLE \(table) FORCE") }
      try await installation.extended("UPDATE csmh_migration SET journal_version = 1")
      for sql in statements.prefix(done) { try await installation.extended(sql) }
      let result = try await installation.csmh("provision")
      #expect(result.status == 0, "behind \(done) statements: \(result.error)")
    }
    #expect(try await installation.csmh("catch-up").status == 0)
  }

  @Test("a state or a phase that csmh does not know is refused, and nothing is taken for another word")
  func unknownWords() async throws {
    let installation = try await Self.migrated(.betweenMariaDBs, rows: 100)
    for (sql, back) in [
      ("UPDATE csmh_range SET state = 'sleeping'", "UPDATE csmh_range SET state = 'copied'"),
      ("UPDATE csmh_migration SET phase = 'dreaming'", "UPDATE csmh_migration SET phase = 'verified'"),
    ] {
      try await installation.extended(sql)
      for command in ["status", "verify", "copy"] {
        let result = try await installation.csmh(command)
        #expect(result.status == 78 && result.error.contains("does not know"), "\(command): \(result.error)")
      }
      try await installation.extended(back)
    }
    #expect(try await installation.csmh("verify").status == 0)
  }
}
