import Foundation
import MariaDBClient
import StudentModuleHistory
import Synchronization
import TestSupport
import Testing

/// `csmh serve` as a process of its own, on MariaDB.
@Suite(.limitedConcurrency) struct ServeTests {
  private static let readToken = "0123456789abcdef-read"
  private static let writeToken = "0123456789abcdef-write"

  /// Both tables, empty, on two servers.
  private func installation(target: TestServer? = nil) async throws -> TestInstallation {
    let source = try await TestServers.shared.server(.mariaDB, 1)
    let second = try await TestServers.shared.server(.mariaDB, 2)
    let installation = try await TestInstallation(source: source, target: target ?? second)
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.target.run("CREATE DATABASE \(installation.extendedDatabase) DEFAULT CHARACTER SET utf8mb4")
    try await installation.extended(Tables.todayExtended)
    return installation
  }

  /// The text of an lms.yml.
  private func configuration(_ installation: TestInstallation, _ extended: Bool, _ readOnly: Bool) -> String {
    func database(_ server: TestServer, _ name: String) -> String {
      "{ENGINE: django.db.backends.mysql, NAME: \(name), USER: root, HOST: 127.0.0.1, PORT: '\(server.port)'}"
    }
    return """
      DATABASES:
        default: \(database(installation.source, installation.originalDatabase))
        student_module_history: \(database(installation.target, installation.extendedDatabase))
      FEATURES:
        ENABLE_CSMH_EXTENDED: \(extended)
        READ_ONLY_FROM_CSMHE: \(readOnly)

      """
  }

  private func withFile(_ body: (URL) async throws -> Void) async throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("lms-\(UUID().uuidString).yml")
    defer { try? FileManager.default.removeItem(at: file) }
    try await body(file)
  }

  /// Asks until the answer is as wanted; the last answer after 15 seconds.
  private func eventually(
    _ ask: () async throws -> HTTPClient.Answer, _ isWanted: (HTTPClient.Answer) -> Bool
  ) async throws -> HTTPClient.Answer {
    var answer = try await ask()
    for _ in 0..<150 where !isWanted(answer) {
      try await Task.sleep(for: .milliseconds(100))
      answer = try await ask()
    }
    return answer
  }

  private static func save(_ module: Int) -> String {
    "{\"student_module_id\": \(module), \"modified\": \"2015-10-16T12:53:20.000001Z\", \"state\": \"{}\"}"
  }

  @Test(
    "flags that are edited in an lms.yml while requests run take effect without a lost or failed request; an invalid file changes nothing"
  )
  func editedFlags() async throws {
    let installation = try await installation()
    try await withFile { file in
      func write(_ extended: Bool, _ readOnly: Bool) throws {
        try Data(configuration(installation, extended, readOnly).utf8).write(to: file, options: .atomic)
      }
      try write(false, false)
      try await ServingProcess.with(["--lms-config", file.path, "--poll", "0.1"]) { serving in
        let client = HTTPClient(serving.url)
        let end = End()
        let (saved, failed) = try await withThrowingTaskGroup(of: (Int, [String]).self) { group in
          for worker in 1...4 {
            group.addTask {
              var (saved, failed): (Int, [String]) = (0, [])
              while !end.isReached.load(ordering: .relaxed) {
                let answer = try await client.post("/v1/records", Self.save(worker))
                if answer.status == 201 { saved += 1 } else { failed.append(answer.text) }
                let history = try await client.get("/v1/student-modules/\(worker)/history?limit=1")
                if history.status != 200 { failed.append(history.text) }
              }
              return (saved, failed)
            }
          }
          func meaning(_ word: String) async throws {
            let answer = try await eventually {
              try await client.get("/v1/flags")
            } _: {
              $0.text.contains(word)
            }
            #expect(answer.text.contains(word), "\(answer.text)")
          }
          try await meaning("writes and reads go to the original table")
          try await Task.sleep(for: .milliseconds(300))
          try write(true, false)
          try await meaning("reads take both tables")
          // Nothing may be written to the original table from now on: a migration counts on it.
          let count = try await installation.originalRows("SELECT COUNT(*) FROM courseware_studentmodulehistory")
          try await Task.sleep(for: .milliseconds(300))
          try Data("DATABASES: [".utf8).write(to: file, options: .atomic)
          try await Task.sleep(for: .milliseconds(600))
          try await meaning("reads take both tables")
          #expect(
            try await installation.originalRows("SELECT COUNT(*) FROM courseware_studentmodulehistory") == count)
          try write(true, true)
          try await meaning("writes and reads go to the extended table")
          end.isReached.store(true, ordering: .relaxed)
          return try await group.reduce(into: (0, [])) { $0 = ($0.0 + $1.0, $0.1 + $1.1) }
        }
        #expect(failed == [])
        let originals = try await installation.originalRows("SELECT COUNT(*) FROM courseware_studentmodulehistory")
        let extendeds = try await installation.extendedRows("SELECT COUNT(*) FROM \(TestInstallation.extendedTable)")
        let counts = [originals, extendeds].compactMap { $0[0][0].flatMap { Int($0) } }
        #expect(counts.reduce(0, +) == saved && counts.allSatisfy { $0 > 0 }, "\(counts) of \(saved)")
        let warnings = serving.errorText.split(separator: "\n").filter { $0.contains("The flags stay as they were") }
        #expect(warnings.count == 1, "\(serving.errorText)")
      }
    }
  }

  @Test("SIGTERM while requests run: each one that was begun is answered, no more are taken, and the status is 0")
  func graceful() async throws {
    let installation = try await installation()
    try await ServingProcess.with(installation.arguments + ["--flags", "extended"]) { serving in
      // A lock holds the requests until after the signal.
      let blocker = try await installation.target.connect(database: installation.extendedDatabase)
      try await blocker.execute(StatementText("LOCK TABLES \(TestInstallation.extendedTable) READ"))
      try await withThrowingTaskGroup(of: Int.self) { group in
        for module in 1...6 {
          group.addTask { try await HTTPClient(serving.url).post("/v1/records", Self.save(module)).status }
        }
        for _ in 0..<100 {
          let waiting = try await installation.target.query(
            "SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE DB = '\(installation.extendedDatabase)' AND INFO LIKE 'INSERT%'"
          )
          if waiting[0][0] == "6" { break }
          try await Task.sleep(for: .milliseconds(50))
        }
        serving.send(SIGTERM)
        try await Task.sleep(for: .milliseconds(500))
        #expect(serving.isRunning)
        await #expect(throws: (any Error).self) { try await HTTPClient(serving.url).get("/health") }
        try await blocker.execute(StatementText("UNLOCK TABLES"))
        for try await status in group { #expect(status == 201) }
      }
      await blocker.close()
      #expect(await serving.end() == 0)
      #expect(
        try await installation.extendedRows("SELECT COUNT(*) FROM \(TestInstallation.extendedTable)") == [["6"]])
    }
  }

  @Test("without both tokens it does not listen where others can connect, and says what to do")
  func refusedBind() async throws {
    let installation = try await installation()
    for environment in [[:], ["CSMH_READ_TOKEN": Self.readToken]] {
      let result = try await Command.csmh(
        ["serve", "--bind", "0.0.0.0:0"] + installation.arguments, environment: environment)
      #expect(result.status == 78)
      #expect(result.error.contains("0.0.0.0 can be reached from other machines, and not both tokens are set"))
      #expect(result.error.contains("what to do: set a read token and a write token, or bind to 127.0.0.1"))
    }
    let weak = try await Command.csmh(
      ["serve"] + installation.arguments, environment: ["CSMH_READ_TOKEN": "short-secret"])
    #expect(weak.status == 78 && !weak.error.contains("short-secret"))
  }

  @Test("tokens come from files and from the environment, and the process list does not show them")
  func tokens() async throws {
    let installation = try await installation()
    try await withFile { file in
      try Data("\(Self.writeToken)\r\nwhat follows does not count\n".utf8).write(to: file)
      let arguments = installation.arguments + ["--write-token-file", file.path]
      try await ServingProcess.with(arguments, environment: ["CSMH_READ_TOKEN": Self.readToken]) { serving in
        #expect(try await HTTPClient(serving.url).get("/v1/flags").status == 401)
        #expect(try await HTTPClient(serving.url, token: Self.readToken).get("/v1/flags").status == 200)
        let reader = HTTPClient(serving.url, token: Self.readToken)
        #expect(try await reader.post("/v1/records", Self.save(1)).status == 403)
        let writer = HTTPClient(serving.url, token: Self.writeToken)
        #expect(try await writer.post("/v1/records", Self.save(1)).status == 201)
        let list = try await Command.run("/bin/ps", ["-eo", "args"], environment: [:])
        #expect(list.output.contains("serve") && !list.output.contains(Self.writeToken))
        #expect(!serving.errorText.contains("0123456789abcdef"))
      }
    }
  }

  @Test(
    "a database that goes away gives 503 with its side, never a shorter history, and it is used again when it comes back"
  )
  func absentDatabase() async throws {
    let target = try await TestServers.shared.named("mariadb-serve-absent", .mariaDB)
    let installation = try await installation(target: target)
    try await installation.original(Tables.plainRows(3))
    try await ServingProcess.with(installation.arguments + ["--flags", "extended"]) { serving in
      let client = HTTPClient(serving.url)
      let path = "/v1/student-modules/1/history"
      let before = try await client.get(path)
      #expect(before.status == 200)
      try await target.kill()
      for _ in 0..<3 {
        let answer = try await client.get(path)
        #expect(answer.status == 503)
        #expect(answer.detail == "the extended database cannot be read now")
        #expect(answer.headers["retry-after"] == "2")
        let saved = try await client.post("/v1/records", Self.save(1))
        #expect(saved.status == 503 && saved.detail == "the extended database cannot be written now")
        #expect(try await client.get("/ready").detail == "the extended database cannot be read now")
        for text in [answer.text, saved.text] {
          for word in ["root", "127.0.0.1", "SELECT", "courseware"] { #expect(!text.contains(word)) }
        }
      }
      try await target.restart()
      let after = try await eventually {
        try await client.get(path)
      } _: {
        $0.status == 200
      }
      #expect(after.text == before.text)
      #expect(try await client.post("/v1/records", Self.save(1)).status == 201)
      #expect(serving.errorText.contains("the extended database answers again"))
    }
  }

  @Test("the starting id comes from the journal, and a provisioned installation is noticed")
  func startingID() async throws {
    let installation = try await installation()
    try await installation.original(Tables.plainRows(3))
    try await withFile { file in
      try Data(configuration(installation, true, false).utf8).write(to: file)
      #expect(try await Command.csmh(["provision", "--lms-config", file.path, "--headroom", "500"]).status == 0)
      try await ServingProcess.with(["--lms-config", file.path]) { serving in
        let flags = try await HTTPClient(serving.url).get("/v1/flags").json
        let id = try #require(flags["starting_id"] as? Int)
        #expect(id > 500 && flags["phase"] as? String == "provisioned")
        let record =
          try await HTTPClient(serving.url).post("/v1/records", Self.save(1)).json["record"] as? [String: Any]
        #expect((record?["id"] as? Int ?? 0) >= id)
      }
    }
  }

  @Test(
    "where the journal proves the copies, a page of more than a hundred does not compare them; serve learns it when verify finds that one differs"
  )
  func provenCopies() async throws {
    let installation = try await installation()
    try await installation.original(Tables.plainRows(450))
    try await installation.original("UPDATE courseware_studentmodulehistory SET student_module_id = 7")
    try await withFile { file in
      try Data(configuration(installation, true, false).utf8).write(to: file)
      #expect(try await Command.csmh(["migrate", "--lms-config", file.path, "--quiet"]).status == 0)
      try await installation.extended("UPDATE \(TestInstallation.extendedTable) SET state = 'x' WHERE id = 20")
      try await ServingProcess.with(["--lms-config", file.path, "--journal-poll", "0.2"]) { serving in
        func read(limit: Int) async throws -> (count: Int?, collisions: [Int]?) {
          let page = try await HTTPClient(serving.url).get("/v1/student-modules/7/history?limit=\(limit)").json
          return ((page["entries"] as? [Any])?.count, page["collisions"] as? [Int])
        }
        try await Task.sleep(for: .seconds(1))
        let proven = try await read(limit: 1_000)
        #expect(proven.count == 450 && proven.collisions == [])
        #expect(try await Command.csmh(["verify", "--lms-config", file.path, "--quiet"]).status == 1)
        var differing = proven
        for _ in 0..<100 where differing.collisions == [] {
          try await Task.sleep(for: .milliseconds(100))
          differing = try await read(limit: 1_000)
        }
        #expect(differing.count == 451 && differing.collisions == [20])
      }
    }
  }

  @Test("a value that a column cannot hold is a 422 that quotes neither the value nor the server")
  func rejectedValue() async throws {
    let installation = try await installation()
    try await installation.extended("ALTER TABLE \(TestInstallation.extendedTable) CONVERT TO CHARACTER SET utf8mb3")
    try await ServingProcess.with(installation.arguments + ["--flags", "extended"]) { serving in
      let answer = try await HTTPClient(serving.url).post(
        "/v1/records", "{\"student_module_id\": 1, \"modified\": \"2015-10-16T12:53:20Z\", \"state\": \"private 🎓\"}")
      #expect(answer.status == 422)
      #expect(answer.detail == "the extended database cannot hold one of the values exactly: nothing was written")
      #expect(!serving.errorText.contains("private"))
      #expect(
        try await installation.extendedRows("SELECT COUNT(*) FROM \(TestInstallation.extendedTable)") == [["0"]])
    }
  }

  @Test("csmh history prints the API's document, a table, and the submission history numbered from the oldest")
  func historyCommand() async throws {
    let installation = try await installation()
    try await installation.original(Tables.plainRows(30))
    let rows = try await installation.originalRows(
      "SELECT student_module_id, COUNT(*) FROM courseware_studentmodulehistory GROUP BY 1 ORDER BY 2 DESC LIMIT 1")
    let (module, count) = try (#require(rows[0][0]), #require(rows[0][1].flatMap { Int($0) }))
    try await ServingProcess.with(installation.arguments) { serving in
      let told = try await HTTPClient(serving.url).get("/v1/student-modules/\(module)/history?limit=2").text
      let printed = try await installation.csmh("history", module, "--limit", "2", "--json")
      #expect(printed.status == 0 && printed.output == told + "\n")
      let submissions = try await HTTPClient(serving.url).get("/v1/student-modules/\(module)/submissions").text
      #expect(try await installation.csmh("history", module, "--submissions", "--json").output == submissions + "\n")
    }
    let table = try await installation.csmh("history", module, "--all")
    #expect(table.output.split(separator: "\n").count == count + 1)
    #expect(table.output.hasPrefix("id "))
    let view = try await installation.csmh("history", module, "--submissions").output
    #expect(view.hasPrefix("#\(count): ") && view.contains("\n#1: "))
    let none = try await installation.csmh("history", "999999")
    #expect(none.status == 0 && none.output.isEmpty && none.error.contains("no history of the student module 999999"))
    #expect(try await installation.csmh("history", "0").status == 64)
  }
}

/// Tells the tasks of a test that it is over.
private final class End: Sendable {
  let isReached = Atomic<Bool>(false)
}
