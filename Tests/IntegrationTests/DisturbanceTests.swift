import Foundation
import MariaDBClient
import Synchronization
import TestSupport
import Testing

/// What happens around a copy on a living site.
@Suite(.limitedConcurrency) struct DisturbanceTests {
  private func installation(_ installation: TestInstallation, rows: Int) async throws -> TestInstallation {
    for sql in Tables.today.sql { try await installation.original(sql) }
    for start in stride(from: 1, through: rows, by: 5_000) {
      try await installation.original(Tables.plainRows(min(5_000, rows - start + 1), from: start))
    }
    return installation
  }

  @Test("connections that are killed again and again do not cost a row", arguments: TestInstallation.Place.all)
  func killedConnections(place: TestInstallation.Place) async throws {
    let installation = try await installation(try await TestInstallation(place), rows: 20_000)
    #expect(try await installation.csmh("provision").status == 0)
    let command = try Command(
      try Command.csmh, ["copy", "--max-rows-per-second", "2000"] + installation.arguments, environment: [:])
    // A connection that is lost before there is anything to copy ends the command with 69.
    for _ in 0..<500 {
      let copied = try await installation.extendedRows("SELECT 1 FROM \(TestInstallation.extendedTable) LIMIT 1")
      guard copied.isEmpty else { break }
      try await Task.sleep(for: .milliseconds(20))
    }
    var kills = 0
    for _ in 0..<8 {
      try await Task.sleep(for: .milliseconds(250))
      for (server, database) in [
        (installation.source, installation.originalDatabase), (installation.target, installation.extendedDatabase),
      ] {
        let ids = try await server.query("SELECT ID FROM information_schema.PROCESSLIST WHERE DB = '\(database)'")
        let connection = try await server.connect()
        for id in ids.compactMap({ $0[0] }) {
          if (try? await connection.execute(StatementText("KILL \(id)"))) != nil { kills += 1 }
        }
        await connection.close()
      }
    }
    let result = await command.wait()
    #expect(result.status == 0, "after \(kills) kills: \(result.output)\(result.error)")
    #expect(kills > 0)
    #expect(try await installation.csmh("verify").status == 0)
    #expect(try await installation.dumpExtended() == installation.dumpOriginal())
  }

  @Test("a target server that crashes and comes back does not cost a row")
  func crashedServer() async throws {
    let target = try await TestServers.shared.named(
      "mariadb-crashing", .mariaDB, options: ["--innodb-flush-log-at-trx-commit=1"])
    let installation = try await installation(
      try await TestInstallation(source: TestServers.shared.server(.mariaDB), target: target), rows: 15_000)
    #expect(try await installation.csmh("provision").status == 0)
    let command = try Command(
      try Command.csmh, ["copy", "--max-rows-per-second", "5000"] + installation.arguments, environment: [:])
    for _ in 0..<2 {
      try await Task.sleep(for: .milliseconds(900))
      try await target.kill()
      try await target.restart()
    }
    let result = await command.wait()
    #expect(result.status == 0, "\(result.output)\(result.error)")
    #expect(try await installation.csmh("verify").status == 0)
    #expect(try await installation.dumpExtended() == installation.dumpOriginal())
  }

  @Test("a server that stays away ends the run with 69 when the budget is used up, and the same command goes on later")
  func absentServer() async throws {
    let target = try await TestServers.shared.named("mariadb-absent", .mariaDB)
    let installation = try await installation(
      try await TestInstallation(source: TestServers.shared.server(.mariaDB), target: target), rows: 10_000)
    #expect(try await installation.csmh("provision").status == 0)
    let command = try Command(
      try Command.csmh, ["copy", "--max-rows-per-second", "1000", "--retry-budget", "2"] + installation.arguments,
      environment: [:])
    try await Task.sleep(for: .milliseconds(1_200))
    try await target.kill()
    let result = await command.wait()
    #expect(result.status == 69, "\(result.output)\(result.error)")
    try await target.restart()
    #expect(try await installation.csmh("migrate").status == 0)
    #expect(try await installation.dumpExtended() == installation.dumpOriginal())
  }

  @Test(
    "rows that another transaction holds locked are waited for, and copied as they were committed",
    arguments: TestInstallation.Place.mariaDB)
  func locked(place: TestInstallation.Place) async throws {
    let installation = try await installation(try await TestInstallation(place), rows: 3_000)
    let learner = try await installation.source.connect(database: installation.originalDatabase)
    try await learner.execute("START TRANSACTION")
    try await learner.execute(
      "UPDATE courseware_studentmodulehistory SET state = 'changed by a learner' WHERE id = 1500")
    try await learner.execute("DELETE FROM courseware_studentmodulehistory WHERE id = 1501")
    try await learner.execute(
      "INSERT INTO courseware_studentmodulehistory (id, student_module_id, created, state) VALUES (3002, 1, '2016-01-01', 'late')"
    )
    let command = try Command(try Command.csmh, ["migrate"] + installation.arguments, environment: [:])
    try await Task.sleep(for: .seconds(2))
    #expect(command.isRunning, "it did not wait for the locked rows")
    try await learner.execute("COMMIT")
    await learner.close()
    let result = await command.wait()
    #expect(result.status == 0, "\(result.output)\(result.error)")
    let rows = try await installation.dumpExtended()
    #expect(rows == (try await installation.dumpOriginal()))
    #expect(rows.count == 3_000)
  }

  @Test(
    "student modules that are deleted while their history is copied stay deleted",
    arguments: TestInstallation.Place.mariaDB)
  func deleted(place: TestInstallation.Place) async throws {
    let installation = try await installation(try await TestInstallation(place), rows: 20_000)
    // Many student modules, so that deletions meet ranges in every state.
    try await installation.original("UPDATE courseware_studentmodulehistory SET student_module_id = id DIV 4")
    #expect(try await installation.csmh("provision").status == 0)
    let isFinished = Atomic<Bool>(false)
    let deletions = Task {
      let original = try await installation.source.connect(database: installation.originalDatabase)
      let extended = try await installation.target.connect(database: installation.extendedDatabase)
      var count = 0
      while !isFinished.load(ordering: .relaxed) {
        let module = Int.random(in: 1...5_000)
        // As Open edX does it: the original rows first, in the request; the extended ones afterwards.
        try await original.execute(
          StatementText("DELETE FROM courseware_studentmodulehistory WHERE student_module_id = \(module)"))
        try await extended.execute(
          StatementText("DELETE FROM \(TestInstallation.extendedTable) WHERE student_module_id = \(module)"))
        count += 1
        try await Task.sleep(for: .milliseconds(2))
      }
      await original.close()
      await extended.close()
      return count
    }
    let result = try await installation.csmh("copy", "--max-rows-per-second", "10000")
    isFinished.store(true, ordering: .relaxed)
    #expect(try await deletions.value > 20)
    #expect(result.status == 0, "\(result.output)\(result.error)")
    let original = try await installation.dumpOriginal()
    #expect(original.count < 20_000)
    #expect(try await installation.dumpExtended() == original, "a deleted row came back, or a row is lost")
  }

  @Test(
    "rows that are written while the copy runs are copied too, and the rest is said",
    arguments: TestInstallation.Place.mariaDB)
  func growing(place: TestInstallation.Place) async throws {
    let installation = try await installation(try await TestInstallation(place), rows: 5_000)
    let isFinished = Atomic<Bool>(false)
    let written = Task {
      let learner = try await installation.source.connect(database: installation.originalDatabase)
      var count = 0
      while !isFinished.load(ordering: .relaxed) {
        try await learner.execute(
          "INSERT INTO courseware_studentmodulehistory (student_module_id, created, state) VALUES (1, '2016-01-01', 'new')"
        )
        count += 1
        try await Task.sleep(for: .milliseconds(10))
      }
      await learner.close()
      return count
    }
    let first = try await installation.csmh("migrate", "--max-rows-per-second", "3000")
    isFinished.store(true, ordering: .relaxed)
    #expect(try await written.value > 50)
    #expect(first.status == 0, "\(first.output)\(first.error)")
    let second = try await installation.csmh("migrate")
    #expect(second.status == 0, "\(second.output)\(second.error)")
    #expect(try await installation.dumpExtended() == installation.dumpOriginal())
  }

  @Test(
    "verify names what is missing, what differs and what is strange; copy brings back only what is missing",
    arguments: TestInstallation.Place.mariaDB)
  func differences(place: TestInstallation.Place) async throws {
    let installation = try await installation(try await TestInstallation(place), rows: 5_000)
    #expect(try await installation.csmh("migrate").status == 0)
    try await installation.extended("DELETE FROM \(TestInstallation.extendedTable) WHERE id IN (100, 4900)")
    let missing = try await installation.csmh("verify")
    #expect(missing.status == 1)
    #expect(
      missing.output.contains(/100 +missing/) && missing.output.contains(/4900 +missing/), "\(missing.output)")
    #expect(try await installation.csmh("status").output.contains("differs"))
    #expect(try await installation.csmh("migrate").status == 0)
    #expect(try await installation.dumpExtended() == installation.dumpOriginal())

    try await installation.extended(
      "UPDATE \(TestInstallation.extendedTable) SET state = CONCAT(state, ' '), max_grade = 2 WHERE id = 200")
    try await installation.original("DELETE FROM courseware_studentmodulehistory WHERE id = 300")
    let changed = try await installation.csmh("verify", "--json")
    #expect(changed.status == 1)
    let event = changed.output.split(separator: "\n").first { $0.contains("\"event\":\"verify\"") }
    let object = try JSONSerialization.jsonObject(with: Data((event ?? "{}").utf8)) as? [String: Any]
    let rows = (object?["differences"] as? [[String: Any]])?.flatMap { $0["rows"] as? [[String: Any]] ?? [] } ?? []
    #expect(rows.map { $0["id"] as? Int } == [200, 300])
    #expect(rows.map { $0["kind"] as? String } == ["differs", "stranger"])
    #expect(rows.first?["columns"] as? [String] == ["state", "max_grade"])
    #expect(rows.map { $0["cause"] as? String } == ["changed in the extended table", "deleted original"])
  }
}
