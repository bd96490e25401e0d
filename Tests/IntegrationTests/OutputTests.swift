import Foundation
import HistoryStores
import StudentModuleHistory
import TestSupport
import Testing

/// What csmh prints: one JSON document or events, nothing that steers a terminal, and what was meant where a name is misspelt.
@Suite(.limitedConcurrency) struct OutputTests {
  /// An embedded installation, migrated or only filled and provisioned.
  private func withDevstack(
    isMigrated: Bool, _ body: (_ folder: URL, _ place: [String]) async throws -> Void
  ) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("csmh-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let place = ["--directory", folder.path]
    let made = try await Command.csmh(
      ["devstack", "--rows", "300", "--live", "0", "--quiet"] + (isMigrated ? [] : ["--fill-only"]) + place)
    try #require(made.status == 0, "\(made.error)")
    if !isMigrated { try #require(await Command.csmh(["provision"] + place).status == 0) }
    try await body(folder, place)
  }

  /// The one JSON document that a text is.
  private func document(_ result: Command.Result) throws -> [String: Any] {
    let value = try? JSONSerialization.jsonObject(with: Data(result.output.utf8))
    return try #require(value as? [String: Any], "not one document: \(result.output) \(result.error)")
  }

  static let documentCommands = [
    ["advise"], ["check"], ["provision"], ["provision", "--print-sql"], ["offset"], ["offset", "--repair"], ["flags"],
    ["status"], ["report"], ["history", "1"], ["history", "1", "--all"], ["history", "1", "--submissions"],
    ["return", "--print-plan"], ["flags", "--set", "ENABLE_CSMH_EXTENDED=true"],
  ]

  @Test("a command that prints a document prints one, whether it is done, refuses or fails")
  func documents() async throws {
    try await withDevstack(isMigrated: true) { folder, place in
      for command in Self.documentCommands {
        let result = try await Command.csmh(command + place + ["--json"])
        #expect(result.status <= 1, "\(command): \(result.error)")
        #expect(try document(result)["event"] as? String != "error", "\(command)")
        let failed = try await Command.csmh(command + ["--lms-config", folder.path + "/none.yml", "--json"])
        let failure = try document(failed)
        #expect(failure["event"] as? String == "error", "\(command)")
        #expect(failure["status"] as? Int == Int(failed.status), "\(command): \(failed.error)")
      }
      let file = folder.appendingPathComponent("report.html").path
      let report = try document(try await Command.csmh(["report", "--output", file, "--json"] + place))
      #expect(report["file"] as? String == file && report["format"] as? String == "html")
    }
  }

  @Test("a refused change of a flag is told in its document, with the error as a member")
  func refusal() async throws {
    try await withDevstack(isMigrated: false) { _, place in
      let result = try await Command.csmh(["flags", "--set", "READ_ONLY_FROM_CSMHE=true", "--json"] + place)
      #expect(result.status == 1)
      let refused = try document(result)
      let error = try #require(refused["error"] as? [String: Any])
      #expect(refused["is_changed"] as? Bool == false && error["status"] as? Int == 1)
      #expect((error["message"] as? String)?.contains("is not safe") == true && error["remedy"] != nil)
      #expect(result.error.contains("is not safe"), "a person is told as well")
    }
  }

  @Test("what the command line lacks is told as a document, too, and as text without --json")
  func usage() async throws {
    for (arguments, words) in [
      (["provison"], "Did you mean 'provision'?"), (["help", "verfiy"], "Did you mean 'verify'?"),
      (["frobnicate"], "There is no command 'frobnicate'."), (["copy", "--wrokers", "2"], "'--workers'"),
      (["copy", "--workers", "0"], "1 to 64"), (["\u{1B}[31mcopy"], "There is no command '\\u001b[31mcopy'."),
    ] {
      let result = try await Command.csmh(arguments)
      #expect(result.status == 64 && result.output.isEmpty)
      #expect(result.error.contains(words), "\(arguments): \(result.error)")
      let told = try await Command.csmh(arguments + ["--json"])
      let failure = try document(told)
      #expect(told.status == 64 && failure["status"] as? Int == 64, "\(arguments): \(told.error)")
    }
    let help = try await Command.csmh(["help", "copy"])
    #expect(help.status == 0 && help.output.contains("--workers"))
  }

  // MARK: Text from outside

  private static let evil = "a\u{1B}]0;owned\u{7}\u{1B}[2J\nerror: b\u{9B}31m\u{202E}c\r\u{7F}"

  private func expectHarmless(_ result: Command.Result, _ command: [String]) {
    for (text, name) in [(result.output, "output"), (result.error, "error")] {
      let steering = text.unicodeScalars.filter {
        $0 != "\n" && ($0.value < 0x20 || (0x7F...0x9F).contains($0.value) || (0x202A...0x202E).contains($0.value))
      }
      #expect(steering.isEmpty, "\(command): \(name) has \(steering.map { $0.value })")
      #expect(!text.contains("\nerror: b"), "\(command): a line that is none of csmh's in the \(name)")
    }
  }

  @Test("no text that is stored, and no name, steers a terminal or begins a line, in no command's output")
  func steering() async throws {
    try await withDevstack(isMigrated: true) { folder, place in
      for (name, side, table) in [
        ("edxapp.db", HistorySide.original, "courseware_studentmodulehistory"),
        ("edxapp_csmh.db", .extended, TestInstallation.extendedTable),
      ] {
        let session = try await SQLiteStore(side: side, path: folder.appendingPathComponent(name).path).openSession()
        // The one differs, the other is in both.
        let state = SQLValue.text(side == .original ? Self.evil : Self.evil + "2")
        try await session.execute("UPDATE \(table) SET state = ?, version = ? WHERE id = 7", [state, .text(Self.evil)])
        try await session.execute(
          "UPDATE \(table) SET state = ?, version = ?, student_module_id = 1 WHERE id = 9",
          [.text(Self.evil), .text(Self.evil)])
        if side == .extended {
          try await session.execute(
            "UPDATE csmh_range SET last_error = ?, state = 'stopped' WHERE id = (SELECT MAX(id) FROM csmh_range)",
            [.text(Self.evil)])
          try await session.execute(
            "INSERT INTO csmh_event (happened_at, kind, detail) VALUES ('2026-01-01 00:00:00', 'mended', ?)",
            [.text(Self.evil)])
        }
        await session.close()
      }
      for command in [
        ["status"], ["report"], ["report", "--format", "html"], ["history", "1"], ["history", "1", "--all"],
        ["history", "1", "--submissions"], ["verify"], ["recheck"], ["copy"], ["verify", "--repair"], ["check"],
        ["advise"], ["flags"],
      ] {
        expectHarmless(try await Command.csmh(command + place), command)
        expectHarmless(try await Command.csmh(command + place + ["--json"]), command + ["--json"])
      }
      let names = [
        ["status", "--lms-config", folder.path + "/\(Self.evil).yml"],
        ["status", "--directory", folder.path + "/\(Self.evil)"],
        ["status", "--original", "sqlite:///nowhere/\(Self.evil).db", "--extended", "sqlite:///nowhere/x.db"],
        ["report", "--output", folder.path + "/\(Self.evil)/x"] + place, [Self.evil], ["copy", "--\(Self.evil)"],
      ]
      for command in names { expectHarmless(try await Command.csmh(command), command) }
    }
  }

  // MARK: Terminals

  #if os(Linux)
    /// What a program prints on a terminal of 50 columns.
    private func onTerminal(_ command: [String], seconds: Int) async throws -> String {
      let csmh = ([try Command.csmh] + command).map { "'\($0)'" }.joined(separator: " ")
      return try await Command.run(
        "/usr/bin/timeout", ["\(seconds)", "script", "-qec", "stty cols 50 rows 30; \(csmh)", "/dev/null"],
        environment: ["TERM": "xterm-256color", "NO_COLOR": ""]
      ).output
    }

    @Test(
      "on a terminal status --watch draws in place, and progress fits its width",
      .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/script")))
    func terminal() async throws {
      try await withDevstack(isMigrated: false) { _, place in
        let watched = try await onTerminal(["status", "--watch"] + place, seconds: 6)
        let frames = watched.components(separatedBy: "\u{1B}[J").filter { $0.contains("provisioned") }
        #expect(frames.count >= 2, "\(watched)")
        for frame in frames.dropFirst() {
          #expect(try frame.contains(Regex("\u{1B}\\[[0-9]+A")), "a frame is printed below the last one")
        }
        let copied = try await onTerminal(
          ["copy", "--max-rows-per-second", "40", "--workers", "1"] + place, seconds: 4)
        let lines = copied.components(separatedBy: "\r\u{1B}[J").filter { $0.hasPrefix("copy: ") }
        #expect(!lines.isEmpty, "\(copied)")
        for line in lines { #expect(line.prefix { $0 != "\r" && $0 != "\n" && $0 != "\r\n" }.count < 50, "\(line)") }
        #expect(lines.contains { $0.contains(" %, ETA ") })
      }
    }
  #endif
}
