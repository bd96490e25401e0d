import Foundation
import TestSupport
import Testing

/// An LMS configuration that does not set ENABLE_CSMH_EXTENDED, on real servers: the tables tell, or the operator does, or csmh refuses.
@Suite(.limitedConcurrency) struct UnsetFlagsTests {
  private static let history = "courseware_studentmodulehistory"

  private static func installation(
    provisioned: Bool = true, rows: Int = 200
  ) async throws -> (TestInstallation, LMSConfigurationFile) {
    let installation = try await TestInstallation(.betweenMariaDBs)
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(Tables.plainRows(rows))
    let file = try LMSConfigurationFile(installation)
    if provisioned { #expect(try await Command.csmh(["provision", "--lms-config", file.path]).status == 0) }
    try file.write(unset(file))
    return (installation, file)
  }

  /// The file without its flags.
  private static func unset(_ file: LMSConfigurationFile, features: String = "ENABLE_TEAMS: true") throws -> String {
    let text = try String(contentsOfFile: file.path, encoding: .utf8)
    return String(text[..<text.range(of: "FEATURES:")!.lowerBound]) + "FEATURES: {\(features)}\n"
  }

  private static func csmh(_ file: LMSConfigurationFile, _ arguments: String...) async throws -> Command.Result {
    try await Command.csmh(arguments + ["--lms-config", file.path])
  }

  private static func native(_ installation: TestInstallation, _ module: Int = 7) async throws {
    try await installation.extended(
      "INSERT INTO \(TestInstallation.extendedTable) (student_module_id, created, state) VALUES (\(module), NOW(6), '{\"native\": \(module)}')"
    )
  }

  private static func original(_ installation: TestInstallation, _ module: Int = 7) async throws {
    try await installation.original(
      "INSERT INTO \(history) (student_module_id, created, state) VALUES (\(module), NOW(6), '{\"original\": \(module)}')"
    )
  }

  private struct Flags: Decodable {
    let extendedEnabled: Bool?
    let extendedBasis: String
    let warnings: [String]
  }

  private static func flags(_ file: LMSConfigurationFile, status: Int32) async throws -> Flags {
    let result = try await csmh(file, "flags", "--json")
    #expect(result.status == status, "\(result)")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Flags.self, from: Data(result.output.utf8))
  }

  @Test(
    "while nothing moves, nobody knows: flags says so and ends with 1, and what depends on it refuses with 78 and the remedies"
  )
  func refused() async throws {
    let (_, file) = try await Self.installation()
    defer { file.remove() }
    let flags = try await Self.flags(file, status: 1)
    #expect(flags.extendedEnabled == nil && flags.extendedBasis == "unknown" && flags.warnings.count == 1)
    let commands = [
      ["history", "7"], ["serve", "--bind", "127.0.0.1:0"], ["supervise"], ["migrate"], ["catch-up"],
      ["drain", "--yes"],
      ["return"], ["flags", "--set", "READ_ONLY_FROM_CSMHE=true"],
    ]
    try await withThrowingTaskGroup(of: Void.self) { group in
      for command in commands {
        group.addTask {
          let result = try await Command.csmh(command + ["--lms-config", file.path])
          #expect(result.status == 78, "\(command): \(result)")
          #expect(result.error.contains("--flag-defaults on, or --flag-defaults off"), "\(command): \(result.error)")
          #expect(result.error.contains(file.path) && result.error.contains("--set ENABLE_CSMH_EXTENDED"), "\(command)")
        }
      }
      try await group.waitForAll()
    }
    for command in ["copy", "verify", "offset", "provision", "status", "report", "check"] {
      #expect(try await Self.csmh(file, command).status == 0, "\(command) does not depend on the flag")
    }
    let advice = try await Self.csmh(file, "advise", "--option", "small")
    #expect(advice.status == 0 && advice.output.contains("--set ENABLE_CSMH_EXTENDED=true"), "\(advice.output)")
  }

  @Test("native rows alone, of before the counters were noted down, tell nothing")
  func nativeRowsAlone() async throws {
    let (installation, file) = try await Self.installation()
    defer { file.remove() }
    try await Self.native(installation)
    try await installation.extended("DELETE FROM csmh_event WHERE kind = 'counters'")
    #expect(try await Self.flags(file, status: 1).extendedEnabled == nil)
    // The next provisioning notes them anew, and rows of before still tell nothing.
    #expect(try await Self.csmh(file, "provision").status == 0)
    #expect(try await Self.flags(file, status: 1).extendedEnabled == nil)
    // A raised counter is not a row.
    #expect(try await Self.csmh(file, "offset", "--repair", "--headroom", "900000").status == 0)
    #expect(try await Self.flags(file, status: 1).extendedEnabled == nil)
  }

  @Test(
    "rows that came to the extended table alone since the counters were noted down: it is on, for history and serve too"
  )
  func on() async throws {
    let (installation, file) = try await Self.installation()
    defer { file.remove() }
    try await Self.native(installation)
    let flags = try await Self.flags(file, status: 0)
    #expect(flags.extendedEnabled == true && flags.extendedBasis == "evidence")
    let history = try await Self.csmh(file, "history", "7", "--json")
    #expect(history.status == 0 && history.output.contains("native"), "\(history)")
    try await ServingProcess.with(["--lms-config", file.path, "--poll", "0.1"]) { serving in
      let client = HTTPClient(serving.url)
      let save = "{\"student_module_id\": 7, \"modified\": \"2026-11-02T00:00:00Z\", \"state\": \"{}\"}"
      #expect(try await client.post("/v1/records", save).text.contains("\"table\":\"extended\""))
      // Another setting that changes leaves what was found out as it is.
      try file.write(Self.unset(file, features: "ENABLE_TEAMS: false"))
      try await Task.sleep(for: .seconds(1))
      #expect(try await client.post("/v1/records", save).text.contains("\"table\":\"extended\""))
    }
  }

  @Test("rows that came to the original table, alone or with their twins in the extended one: it is off")
  func off() async throws {
    let (installation, file) = try await Self.installation()
    defer { file.remove() }
    try await Self.original(installation)
    #expect(try await Self.flags(file, status: 0).extendedEnabled == false)
    // As an LMS with the flag off and the application installed writes.
    try await installation.extended(
      "INSERT INTO \(TestInstallation.extendedTable) (student_module_id, created, state) VALUES (7, '\(try await Self.newest(installation))', '{}')"
    )
    #expect(try await Self.flags(file, status: 0).extendedEnabled == false)
    // A native row without a twin: processes with different flags.
    try await Self.native(installation, 8)
    #expect(try await Self.flags(file, status: 1).extendedEnabled == nil)
  }

  private static func newest(_ installation: TestInstallation) async throws -> String {
    try await installation.originalRows("SELECT created FROM \(history) ORDER BY id DESC LIMIT 1")[0][0]!
  }

  @Test("an LMS that writes while csmh looks is seen at work", arguments: ["extended", "original", "both"])
  func watched(table: String) async throws {
    let (installation, file) = try await Self.installation()
    defer { file.remove() }
    // Since the note both have moved, so that it tells nothing any more.
    try await Self.original(installation, 1)
    try await Self.native(installation, 2)
    let writer = Task {
      var module = 10
      while !Task.isCancelled {
        module += 1
        if table != "extended" { try await Self.original(installation, module) }
        if table == "both" {
          try await installation.extended(
            "INSERT INTO \(TestInstallation.extendedTable) (student_module_id, created, state) VALUES (\(module), '\(try await Self.newest(installation))', '{}')"
          )
        }
        if table == "extended" { try await Self.native(installation, module) }
        try await Task.sleep(for: .milliseconds(150))
      }
    }
    let flags = try await Self.flags(file, status: 0)
    writer.cancel()
    _ = try? await writer.value
    #expect(flags.extendedEnabled == (table == "extended"))
  }

  @Test(
    "without an extended table only writes to the original one tell; a flag that is on without one is told by flags and check"
  )
  func noTable() async throws {
    let (installation, file) = try await Self.installation(provisioned: false)
    defer { file.remove() }
    #expect(try await Self.flags(file, status: 1).warnings.count == 2)
    let writer = Task {
      while !Task.isCancelled {
        try await Self.original(installation)
        try await Task.sleep(for: .milliseconds(150))
      }
    }
    #expect(try await Self.flags(file, status: 0).extendedEnabled == false)
    writer.cancel()
    _ = try? await writer.value
    try file.set(true, false)
    let flags = try await Self.flags(file, status: 1)
    #expect(flags.warnings.count == 1 && flags.warnings[0].contains("every answer that a learner submits fails"))
    let check = try await Self.csmh(file, "check", "--rule", "flags")
    #expect(check.status == 1 && check.output.contains("there is no extended table"))
  }

  @Test("the operator's word settles it, an unset second flag means reading both, and setting the flag makes it plain")
  func operatorsWord() async throws {
    let (installation, file) = try await Self.installation()
    defer { file.remove() }
    try await Self.native(installation)
    try await installation.extended("DELETE FROM csmh_event WHERE kind = 'counters'")
    let off = try await Self.csmh(file, "history", "7", "--json", "--flag-defaults", "off")
    #expect(off.status == 0 && !off.output.contains("native"))
    let on = try await Self.csmh(file, "history", "7", "--json", "--flag-defaults", "on")
    #expect(on.status == 0 && on.output.contains("native"))
    let drain = try await Self.csmh(file, "drain", "--yes", "--flag-defaults", "on")
    #expect(drain.status == 1 && drain.error.contains("READ_ONLY_FROM_CSMHE is off"), "\(drain.error)")
    #expect(try await Command.csmh(["status", "--flag-defaults", "on"] + installation.arguments).status == 64)
    // With native rows, off is no safe change; where the LMS has it off already, it is none at all.
    let inDoubt = try await Self.csmh(file, "flags", "--set", "ENABLE_CSMH_EXTENDED=false")
    #expect(inDoubt.status == 78 && inDoubt.error.contains("add --flag-defaults off"), "\(inDoubt.error)")
    #expect(
      try await Self.csmh(file, "flags", "--set", "ENABLE_CSMH_EXTENDED=false", "--flag-defaults", "off").status == 0)
    let text = try String(contentsOfFile: file.path, encoding: .utf8)
    #expect(
      text.hasSuffix("FEATURES: {ENABLE_CSMH_EXTENDED: false, ENABLE_TEAMS: true}\nENABLE_CSMH_EXTENDED: false\n"))
    #expect(try await Self.flags(file, status: 0).extendedBasis == "set")
  }

  @Test("on can be set from a doubt where it is safe from either state")
  func setFromDoubt() async throws {
    let (_, file) = try await Self.installation()
    defer { file.remove() }
    let set = try await Self.csmh(file, "flags", "--set", "ENABLE_CSMH_EXTENDED=true")
    #expect(set.status == 0, "\(set)")
    #expect(try await Self.flags(file, status: 0).extendedEnabled == true)
  }

  @Test("supervise goes by what it found out, and by the last good value where a set flag vanishes and nothing tells")
  func supervised() async throws {
    let (installation, file) = try await Self.installation()
    defer { file.remove() }
    try await Self.native(installation)
    let supervision = try Command(
      try Command.csmh, ["supervise", "--lms-config", file.path, "--recheck", "0.3", "--json"], environment: [:])
    try await Self.wait("migrated") {
      try await installation.extendedRows("SELECT phase FROM csmh_migration") == [["verified"]]
    }
    try file.write(Self.unset(file, features: "ENABLE_CSMH_EXTENDED: true"))
    try file.write(Self.unset(file))
    try await Task.sleep(for: .seconds(2))
    supervision.send(SIGTERM)
    let result = await supervision.wait()
    #expect(result.status == 0, "\(result.error)")
    #expect(!result.output.contains("\"paused\""), "\(result.output)")
  }

  private static func wait(_ what: String, until isDone: () async throws -> Bool) async throws {
    let end = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < end {
      if try await isDone() { return }
      try await Task.sleep(for: .milliseconds(50))
    }
    throw TestFailure("it took too long until \(what)")
  }
}
