import Foundation
import StudentModuleHistory
import TestSupport
import Testing

/// What check says of rows and ids: followed, it passes.
@Suite("Remedies of rows that check saw", .limitedConcurrency) struct SeenByCheckRemedyTests {
  @Test(
    "native rows while the flag is off: csmh flags tells what it means, and with the flag on they are where they belong"
  )
  func nativeRows() async throws {
    try await DemoInstallation.with { demo in
      try await demo.save(.extended)
      let check = ["check", "--rule", "native-rows"] + demo.place
      let found = try await Command.csmh(check)
      #expect(found.output.contains("1 warn"), "\(found.output)")
      try await FollowedRemedies.follow(.leaveNativeRowsToFlags, in: found.output) { printed async throws in
        let told = try await demo.run(PrintedCommand.first(in: printed.text).components(separatedBy: " says")[0])
        #expect(told.output.contains("meaning   writes and reads go to the original table"), "\(told.output)")
        let change = try #require(told.output.firstMatch(of: /\n(ENABLE_CSMH_EXTENDED=true): safe/)?.1)
        try await demo.done("flags", "--set", String(change))
        #expect(try await Command.csmh(check).output.contains("1 pass"))
      }
    }
  }

  @Test("ids that end soon: csmh advise prints the commands that move the writes first, and then they last")
  func idCeiling() async throws {
    let installation = try await TestInstallation(.betweenMariaDBs)
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(
      Tables.plainRows(50),
      "INSERT INTO courseware_studentmodulehistory (id, student_module_id, created, state) VALUES (2147480000, 7, NOW(), '{}')"
    )
    let file = try LMSConfigurationFile(installation)
    defer { file.remove() }
    let check = ["check", "--rule", "id-ceiling", "--lms-config", file.path]
    let found = try await Command.csmh(check)
    #expect(found.output.contains("1 warn") || found.status == 1, "\(found.output)")
    try await FollowedRemedies.follow(.adviseWritesFirst, in: found.output) { printed async throws in
      let advice = try await PrintedCommand.run(
        PrintedCommand.first(in: printed.text).components(separatedBy: " says")[0], ["--lms-config", file.path])
      #expect(advice.status == 0, "\(advice)")
      var commands = advice.output.split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
        .filter { $0.hasPrefix("csmh ") }
      let flag = try #require(
        commands.firstIndex { $0.contains("--set ENABLE_CSMH_EXTENDED=true") }, "\(advice.output)")
      #expect(!commands[..<flag].contains { $0.hasPrefix("csmh copy") || $0.hasPrefix("csmh migrate") }, "\(commands)")
      commands = Array(commands[...flag])
      for command in commands {
        let result = try await PrintedCommand.run(command)
        #expect(result.status == 0, "\(command): \(result)")
      }
      let passed = try await Command.csmh(check)
      #expect(passed.status == 0 && passed.output.contains("1 pass"), "\(passed.output)")
    }
  }

  @Test("times that lie ahead: once the LMS writes with the right clock, they do not")
  func clocks() async throws {
    try await DemoInstallation.with { demo in
      try await demo.sql(
        .original,
        "INSERT INTO courseware_studentmodulehistory (student_module_id, created) VALUES (7, datetime('now', '+2 hours'))"
      )
      let check = ["check", "--rule", "time-zone"] + demo.place
      let found = try await Command.csmh(check)
      #expect(found.output.contains("1 warn"), "\(found.output)")
      try await FollowedRemedies.follow(.setClocks, in: found.output) { _ async throws in
        try await demo.save(.original)
        let passed = try await Command.csmh(check)
        #expect(passed.output.contains("1 pass"), "\(passed.output)")
      }
    }
  }
}
