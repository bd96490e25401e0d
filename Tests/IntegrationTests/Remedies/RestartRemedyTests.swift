import Foundation
import StudentModuleHistory
import TestSupport
import Testing

/// What csmh says where a process still writes with the old flag: when it is restarted, the rest leads on.
@Suite("Remedies of processes with old flags", .limitedConcurrency) struct RestartRemedyTests {
  private static let original = "courseware_studentmodulehistory"

  /// The command that a remedy has after the restart.
  private static func command(_ printed: FollowedRemedies.Printed) throws -> String {
    try PrintedCommand.first(in: printed.text)
  }

  @Test(
    "check sees rows of such a process: after a restart csmh migrate brings them over, and check has nothing to say")
  func migrate() async throws {
    try await DemoInstallation.with(.migrated) { demo in
      // The LMS went over a day ago; such a process wrote an hour ago.
      try await demo.sql(
        .extended,
        "INSERT INTO \(TestInstallation.extendedTable) (student_module_id, created) VALUES (7, datetime('now', '-1 day'))"
      )
      try await demo.sql(
        .original,
        "INSERT INTO \(Self.original) (student_module_id, created, state) VALUES (7, datetime('now', '-1 hour'), 'late')"
      )
      let check = ["check", "--rule", "flags"] + demo.place
      let found = try await Command.csmh(check)
      #expect(found.output.contains("1 warn"), "\(found.output)")
      try await FollowedRemedies.follow(.restartThenMigrate, in: found.output) { printed async throws in
        let migrated = try await demo.run(Self.command(printed))
        #expect(migrated.status == 0, "\(migrated)")
        #expect(
          try await demo.rows(.extended, "SELECT 1 FROM \(TestInstallation.extendedTable) WHERE state = 'late'").count
            == 1)
        let again = try await Command.csmh(check)
        #expect(again.output.contains("1 pass"), "\(again.output)")
      }
    }
  }

  @Test(
    "ids that were handed out behind the fence: after a restart csmh catch-up takes another one, and readers may be switched"
  )
  func catchUp() async throws {
    try await DemoInstallation.with(.migrated) { demo in
      try await demo.save(.original, "gone")
      try await demo.sql(.original, "DELETE FROM \(Self.original) WHERE state = 'gone'")
      let words = ["flags", "--set", "READ_ONLY_FROM_CSMHE=true"] + demo.place
      let refused = try await Command.csmh(words)
      #expect(refused.status == 1)
      try await FollowedRemedies.follow(.restartThenCatchUp, in: refused.toDo) { printed async throws in
        let result = try await demo.run(Self.command(printed))
        #expect(result.status == 0, "\(result)")
        let switched = try await Command.csmh(words)
        #expect(switched.status == 0, "\(switched)")
      }
    }
  }

  @Test(
    "a process writes while the table is drained: after a restart it is caught up with, and the drain goes on to its end"
  )
  func drain() async throws {
    try await DemoInstallation.with(.migrated, rows: 3_000) { demo in
      try demo.set(.readOnlyFromExtended, true)
      let drain = try Command(
        try Command.csmh, ["drain", "--yes", "--max-rows-per-second", "1000"] + demo.place, environment: [:])
      var left = 3_000
      while left == 3_000, drain.isRunning {
        try await Task.sleep(for: .milliseconds(20))
        left = Int(try await demo.rows(.original, "SELECT COUNT(*) FROM \(Self.original)")[0][0].unsignedValue ?? 0)
      }
      try await demo.save(.original, "straggler")
      let ended = await drain.wait()
      #expect(ended.status == 1, "\(ended)")
      try await FollowedRemedies.follow(.restartThenDrain, in: ended.toDo) { printed async throws in
        for word in ["csmh catch-up", "csmh drain"] {
          #expect(printed.text.contains(word))
          let result = try await demo.run(word, "--yes")
          #expect(result.status == 0, "\(word): \(result)")
        }
        #expect(try await demo.rows(.original, "SELECT 1 FROM \(Self.original)").isEmpty)
        #expect(
          try await demo.rows(.extended, "SELECT 1 FROM \(TestInstallation.extendedTable) WHERE state = 'straggler'")
            .count
            == 1)
      }
    }
  }

  @Test("rows under ids of drained ones: moved away by hand, nothing is lost, and the drain ends")
  func moveRows() async throws {
    let installation = try await TestInstallation(.betweenMariaDBs)
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(Tables.plainRows(100))
    let file = try LMSConfigurationFile(installation)
    defer { file.remove() }
    let place = ["--lms-config", file.path]
    try file.set(true, false)
    #expect(try await Command.csmh(["migrate"] + place).status == 0)
    try file.set(true, true)
    let crashed = try await Command.csmh(
      ["drain", "--yes", "--truncate"] + place, environment: ["CSMH_CRASH_AT": "after-truncate"])
    #expect(crashed.status == 128 + 9)
    // The table begins with 1 again, and nobody has set that right yet.
    try await installation.original(
      "INSERT INTO \(Self.original) (student_module_id, created, state) VALUES (9, '2026-01-01', 'straggler')")
    let refused = try await Command.csmh(["drain", "--yes"] + place)
    #expect(refused.status == 1)
    try await FollowedRemedies.follow(.restartThenMoveRows, in: refused.toDo) { _ async throws in
      let rows = try await installation.originalRows("SELECT student_module_id, created, state FROM \(Self.original)")
      for row in rows {
        try await installation.extended(
          "INSERT INTO \(TestInstallation.extendedTable) (student_module_id, created, state) VALUES (\(row[0]!), '\(row[1]!)', '\(row[2]!)')"
        )
      }
      try await installation.original("DELETE FROM \(Self.original)")
      let drained = try await Command.csmh(["drain", "--yes"] + place)
      #expect(drained.status == 0, "\(drained)")
      #expect(try await installation.dumpExtended(upTo: "100").count == 100)
      #expect(
        try await installation.extendedRows(
          "SELECT id > 100 FROM \(TestInstallation.extendedTable) WHERE state = 'straggler'") == [["1"]])
    }
  }
}
