import Foundation
import StudentModuleHistory
import TestSupport
import Testing

/// What csmh says of a flag that is not to be changed, or is wrong as it is: followed, it can be changed, or is right.
@Suite("Remedies of the flags", .limitedConcurrency) struct FlagRemedyTests {
  private static func set(
    _ demo: DemoInstallation, _ assignment: String, _ more: String...
  ) async throws -> Command.Result {
    try await Command.csmh(["flags", "--set", assignment] + more + demo.place)
  }

  @Test("--force changes what is refused, as the refusal says")
  func force() async throws {
    try await DemoInstallation.with(.filled) { demo in
      let refused = try await Self.set(demo, "ENABLE_CSMH_EXTENDED=true")
      #expect(refused.status == 1)
      try await FollowedRemedies.follow(.orForce, in: refused.toDo) { printed async throws in
        let option = try #require(printed.text.split(separator: " ").last)
        #expect(try await Self.set(demo, "ENABLE_CSMH_EXTENDED=true", String(option)).status == 0)
      }
    }
  }

  @Test("the second flag before the first: turned on in that order, until only the rows are in the way")
  func writersFirst() async throws {
    try await DemoInstallation.with { demo in
      let refused = try await Self.set(demo, "READ_ONLY_FROM_CSMHE=true")
      #expect(refused.status == 1)
      try await FollowedRemedies.follow(.turnOnWritersFirst, in: refused.toDo) { _ async throws in
        #expect(refused.error.contains("ENABLE_CSMH_EXTENDED is off"))
        #expect(try await Self.set(demo, "ENABLE_CSMH_EXTENDED=true").status == 0)
        let next = try await Self.set(demo, "READ_ONLY_FROM_CSMHE=true")
        #expect(try next.toDo.hasPrefix("csmh migrate"))
        #expect(try await demo.run("csmh migrate").status == 0)
        #expect(try await Self.set(demo, "READ_ONLY_FROM_CSMHE=true").status == 0)
      }
    }
  }

  @Test("the first flag while readers depend on it: the second one is turned off, then it may be")
  func readersFirst() async throws {
    try await DemoInstallation.with(.migrated) { demo in
      try demo.set(.readOnlyFromExtended, true)
      let refused = try await Self.set(demo, "ENABLE_CSMH_EXTENDED=false")
      #expect(refused.status == 1)
      try await FollowedRemedies.follow(.turnOffReadersFirst, in: refused.toDo) { printed async throws in
        let flag = try #require(printed.text.firstMatch(of: /turn off ([A-Z_]+) first/)?.1)
        #expect(try await Self.set(demo, "\(flag)=false").status == 0)
        #expect(try await Self.set(demo, "ENABLE_CSMH_EXTENDED=false").status == 0)
      }
    }
  }

  @Test(
    "the first flag over native or drained rows: csmh return brings them back, and what it says turns the flag off and ends it",
    arguments: [true, false])
  func returned(isDrained: Bool) async throws {
    try await DemoInstallation.with(.migrated) { demo in
      if isDrained {
        try demo.set(.readOnlyFromExtended, true)
        try await demo.done("drain", "--yes")
        try await demo.done("flags", "--set", "READ_ONLY_FROM_CSMHE=false")
      } else {
        try await demo.save(.extended)
      }
      let refused = try await Self.set(demo, "ENABLE_CSMH_EXTENDED=false")
      #expect(refused.status == 1)
      try await FollowedRemedies.follow(.returnEverything, in: refused.toDo) { _ async throws in
        let bulk = try await demo.run("csmh return")
        #expect(bulk.status == 0, "\(bulk)")
        let said = try #require(
          bulk.error.firstMatch(of: /next: turn both flags off \(csmh flags --set, with (--force)/)?.1)
        #expect(try await Self.set(demo, "ENABLE_CSMH_EXTENDED=false", String(said)).status == 0)
        let last = try await demo.run("csmh return")
        #expect(last.status == 0 && last.output.contains("everything stands in the original table"), "\(last)")
        let count = try await demo.rows(.original, "SELECT COUNT(*) FROM courseware_studentmodulehistory")
        #expect(count[0][0].unsignedValue == (isDrained ? 300 : 301))
      }
    }
  }

  @Test(
    "readers that were switched too early, or without the first flag: switched back, check has nothing to say of them")
  func readersBack() async throws {
    let check = ["check", "--rule", "flags"]
    try await DemoInstallation.with { demo in
      try demo.set(.readOnlyFromExtended, true)
      let contradiction = try await Command.csmh(check + demo.place)
      #expect(contradiction.status == 1, "\(contradiction)")
      try await FollowedRemedies.follow(.setReadersBack, in: contradiction.output) { printed async throws in
        #expect(try await demo.run(printed.text).status == 0)
        #expect(try await Command.csmh(check + demo.place).output.contains("1 pass"))
      }
    }
    try await DemoInstallation.with { demo in
      try demo.set(.extendedEnabled, true)
      try demo.set(.readOnlyFromExtended, true)
      let early = try await Command.csmh(check + demo.place)
      #expect(early.status == 1 && early.output.contains("too early"), "\(early)")
      try await FollowedRemedies.follow(.setReadersBack, in: early.output) { printed async throws in
        #expect(try await demo.run(printed.text).status == 0)
        #expect(try await Command.csmh(check + demo.place).output.contains("1 pass"))
      }
    }
  }

  @Test("a drain while the flags are off: csmh flags tells the changes one after the other, and then it drains")
  func drain() async throws {
    try await DemoInstallation.with { demo in
      let refused = try await demo.csmh("drain", "--yes")
      #expect(refused.status == 1)
      try await FollowedRemedies.follow(.seeFlags, in: refused.toDo) { printed async throws in
        let command = printed.text.replacing(" tells which change is safe", with: "")
        let told = try await demo.run(command)
        let safe = try #require(told.output.firstMatch(of: /\n([A-Z_]+=true): safe/)?.1)
        #expect(try await Self.set(demo, String(safe)).status == 0)
        try await demo.done("migrate")
        #expect(try await demo.run(command).output.contains("READ_ONLY_FROM_CSMHE=true: safe"))
      }
      let next = try await demo.csmh("drain", "--yes")
      #expect(next.status == 1)
      try await FollowedRemedies.follow(.setReadersThenDrain, in: next.toDo) { printed async throws in
        #expect(try await demo.run(PrintedCommand.first(in: printed.text)).status == 0)
        let last = try #require(printed.text.components(separatedBy: "then ").last)
        let drained = try await demo.run(last, "--yes")
        #expect(drained.status == 0, "\(drained)")
      }
    }
  }

  // MARK: A flag that is not set

  @Test("a flag that is not set, and nothing tells: each of the printed commands and options settles it")
  func unset() async throws {
    try await DemoInstallation.with { demo in
      try demo.edit { $0.replacing("  ENABLE_CSMH_EXTENDED: false\n", with: "") }
      let text = try String(contentsOf: demo.configuration, encoding: .utf8)
      let history = ["history", "1"] + demo.configured
      let refused = try await Command.csmh(history)
      #expect(refused.status == 78)
      try await FollowedRemedies.follow(.sayFlagDefault, in: refused.toDo) { printed async throws in
        for option in printed.text.matches(of: /--flag-defaults (on|off)/) {
          #expect(try await Command.csmh(history + ["--flag-defaults", String(option.1)]).status == 0)
        }
      }
      let commands = try refused.toDo.components(separatedBy: "; ").filter { $0.contains("--set") }
      #expect(commands.count == 2)
      for command in commands {
        try await FollowedRemedies.follow(.setFlagByCommand, in: command) { printed async throws in
          let line = try #require(printed.text.components(separatedBy: ", if the LMS").first)
          let set = try await PrintedCommand.run(line)
          #expect(set.status == 0, "\(set)")
          #expect(try await Command.csmh(history).status == 0)
          let flags = try await Command.csmh(["flags"] + demo.configured)
          #expect(flags.output.contains("ENABLE_CSMH_EXTENDED is \(printed.places[1])"), "\(flags.output)")
        }
        try text.write(to: demo.configuration, atomically: true, encoding: .utf8)
      }
    }
  }

  @Test("a flag that is not set in what came from standard input: set there, at both places, it is known")
  func unsetInput() async throws {
    try await DemoInstallation.with { demo in
      try demo.edit {
        $0.replacing("  ENABLE_CSMH_EXTENDED: false\n", with: "").replacing(
          "edxapp", with: demo.directory.path + "/edxapp")
      }
      func history() async throws -> Command.Result {
        try await PrintedCommand.run("csmh history 1 --lms-config - <'\(demo.configuration.path)'")
      }
      let refused = try await history()
      #expect(refused.status == 78, "\(refused)")
      try await FollowedRemedies.follow(.setFlagByHand, in: refused.toDo) { printed async throws in
        #expect(printed.places[0].hasSuffix("standard input"), "\(printed.places)")
        let flag = "ENABLE_CSMH_EXTENDED: false\n"
        try demo.edit { flag + $0.replacing("FEATURES:\n", with: "FEATURES:\n  " + flag) }
        let known = try await history()
        #expect(known.status == 0, "\(known)")
      }
    }
  }

  @Test(
    "off, where nobody knows whether it is off already: off by the operator's word it is set, else rows are brought back first"
  )
  func unsetOff() async throws {
    try await DemoInstallation.with(.migrated) { demo in
      try await demo.save(.extended)
      // What would tell that the LMS writes there.
      try await demo.sql(.extended, "DELETE FROM csmh_event WHERE kind = 'counters'")
      try demo.edit { $0.replacing("  ENABLE_CSMH_EXTENDED: true\n", with: "") }
      let refused = try await Self.set(demo, "ENABLE_CSMH_EXTENDED=false")
      #expect(refused.status == 78)
      try await FollowedRemedies.follow(.sayFlagDefaultOr, in: refused.toDo) { printed async throws in
        let back = try await demo.run(
          PrintedCommand.first(in: printed.text, startingWith: "csmh return").components(separatedBy: " brings")[0],
          "--flag-defaults", "on")
        #expect(back.status == 0, "\(back)")
        let option = try #require(printed.text.firstMatch(of: /add (--flag-defaults off);/)?.1).split(separator: " ")
          .map(String.init)
        let set = try await Command.csmh(["flags", "--set", "ENABLE_CSMH_EXTENDED=false"] + option + demo.place)
        #expect(set.status == 0, "\(set)")
      }
    }
  }
}
