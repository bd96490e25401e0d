import Foundation
import TestSupport
import Testing

/// What `csmh advise` measures on real servers, and that it changes nothing there.
@Suite(.limitedConcurrency) struct AdviseTests {
  /// The parts of the document that are looked at here.
  private struct Document: Decodable {
    struct Table: Decodable {
      let rows: Int
      let bytes: Int
      let isRowCountExact: Bool
      let largestId: Int?
      let nextId: Int
    }
    struct IDs: Decodable {
      let limit: Int?
      let shareUsed: Double?
      let idsLeft: Int?
      let reachedOn: String?
      let noDayBecause: String?
    }
    struct Rate: Decodable {
      let period: String
      let seconds: Double
      let ids: Int
      let rows: Int
      let idsPerSecond: Double
    }
    struct Server: Decodable {
      let server: String
      let dataDirectory: String?
      let freeBytes: Int?
      let hasBinaryLog: Bool
    }
    struct Journal: Decodable {
      let phase: String
      let copiedRows: Int
    }
    struct Headroom: Decodable {
      let ids: Int
    }
    struct Estimates: Decodable {
      let rowsLeft: Int
      let isRoomEnough: Bool?
    }

    let option: String
    let fittingOption: String
    let original: Table
    let extended: Table?
    let extendedDatabaseExists: Bool
    let route: String
    let originalServer: Server
    let ids: IDs
    let writeRates: [Rate]
    let journal: Journal?
    let headroom: Headroom
    let estimates: Estimates
    let commands: [String]
    let afterwards: [Step]

    struct Step: Decodable {
      let title: String
      let commands: [String]
    }
  }

  private let table = "courseware_studentmodulehistory"

  private func installation(
    _ place: TestInstallation.Place, _ generation: Tables.Generation = Tables.today
  ) async throws -> TestInstallation {
    let installation = try await TestInstallation(place)
    for sql in generation.sql { try await installation.original(sql) }
    return installation
  }

  private func advise(_ installation: TestInstallation, _ options: String...) async throws -> Document {
    let result = try await Command.csmh(["advise", "--json"] + options + installation.arguments)
    #expect(result.status == 0, "\(result.error)")
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try decoder.decode(Document.self, from: Data(result.output.utf8))
  }

  /// Rows whose ids end at `last`, `step` ids and `seconds` apart, the newest of them now.
  private func insert(
    _ count: Int, endingAt last: Int, step: Int = 1, secondsApart seconds: Int, _ installation: TestInstallation
  ) async throws {
    for start in stride(from: 0, to: count, by: 5_000) {
      let rows = (start..<min(count, start + 5_000)).map { back in
        "(\(last - back * step), 1, UTC_TIMESTAMP() - INTERVAL \(back * seconds) SECOND, '{}')"
      }
      try await installation.original(
        "INSERT INTO \(table) (id, student_module_id, created, state) VALUES \(rows.joined(separator: ", "))")
    }
  }

  @Test(
    "an empty table without an extended database is measured, and nothing is made",
    arguments: TestInstallation.Place.all)
  func empty(place: TestInstallation.Place) async throws {
    let installation = try await installation(place)
    let advice = try await advise(installation)
    #expect(advice.original.rows == 0 && advice.original.isRowCountExact && advice.original.nextId == 1)
    #expect(advice.option == "devstack")
    #expect(advice.extended == nil && !advice.extendedDatabaseExists && advice.journal == nil)
    #expect(advice.writeRates.isEmpty && advice.ids.reachedOn == nil)
    #expect(advice.route == (place.isOneServer ? "inside one server" : "between two servers"))
    #expect(advice.originalServer.server.hasPrefix(place.source == .mariaDB ? "MariaDB" : "MySQL"))
    #expect(advice.originalServer.dataDirectory?.isEmpty == false)
    let hasBinaryLog = try await installation.source.query("SELECT @@log_bin") == [["1"]]
    #expect(advice.originalServer.hasBinaryLog == hasBinaryLog)
    let databases = try await installation.target.query("SHOW DATABASES LIKE '\(installation.extendedDatabase)'")
    #expect(databases.isEmpty, "advise made the extended database")
  }

  @Test("rows of a small table are counted, and the rates are those of its days", arguments: TestInstallation.Place.all)
  func rates(place: TestInstallation.Place) async throws {
    let installation = try await installation(place)
    // 40 days, a row every six minutes, every second id: 240 rows a day.
    try await insert(9_600, endingAt: 20_000, step: 2, secondsApart: 360, installation)
    let advice = try await advise(installation)
    #expect(advice.original.rows == 9_600 && advice.original.isRowCountExact)
    #expect(advice.original.largestId == 20_000 && advice.original.nextId == 20_001)
    #expect(advice.writeRates.map(\.period) == ["last 1,000 rows", "last 7 days", "last 30 days"])
    for rate in advice.writeRates {
      #expect(abs(rate.idsPerSecond - 2 / 360.0) < 2 / 360.0 * 0.02, "\(rate)")
      #expect(abs(Double(rate.ids) / Double(rate.rows) - 2) < 0.05, "\(rate)")
    }
    // 1,680 rows a week.
    #expect(advice.option == "small")
    #expect(advice.commands.contains { $0.hasPrefix("csmh migrate --original mysql://root@127.0.0.1:") })
  }

  @Test("of more rows than are counted, samples tell how many there are", arguments: TestInstallation.Place.mariaDB)
  func sampled(place: TestInstallation.Place) async throws {
    let installation = try await installation(place)
    // Ten days, a row every 30 seconds, every second id; and a gap of a million ids in the middle of the last week.
    try await insert(10_000, endingAt: 1_060_000, step: 2, secondsApart: 30, installation)
    try await insert(20_000, endingAt: 40_000, step: 2, secondsApart: 30, installation)
    try await installation.original(
      "UPDATE \(table) SET created = created - INTERVAL 300000 SECOND WHERE id <= 40000")
    let advice = try await advise(installation)
    #expect(advice.original.rows == 30_000)
    let week = try #require(advice.writeRates.first { $0.period == "last 7 days" })
    #expect(abs(Double(week.ids) - 1_040_320) < 10_000, "\(week)")
    #expect(
      (10_000...40_000).contains(week.rows), "20,160 rows, told from 8 places of which most lie in the gap: \(week)")
  }

  @Test(
    "a table near the last 32-bit id has a day, and headroom that ends with the column",
    arguments: TestInstallation.Place.all)
  func nearTheEnd(place: TestInstallation.Place) async throws {
    let installation = try await installation(place)
    // An id a second, and ten days' worth of them left.
    let last = Int(Int32.max) - 864_000
    try await insert(2_000, endingAt: last, secondsApart: 1, installation)
    let before = Date()
    let advice = try await advise(installation, "--option", "large")
    #expect(advice.ids.limit == Int(Int32.max) && advice.ids.idsLeft == 864_000)
    #expect(advice.ids.shareUsed ?? 0 > 0.999)
    let formatter = ISO8601DateFormatter()
    formatter.formatOptions = [.withFullDate]
    let days = [9.9, 10.1].map { formatter.string(from: before.addingTimeInterval($0 * 86_400)) }
    #expect(days.contains(advice.ids.reachedOn ?? "none"), "\(advice.ids)")
    #expect(advice.headroom.ids == 864_000, "the starting id is 2^31, whatever the rate")
    #expect(advice.option == "large")
    let text = try await installation.csmh("advise")
    #expect(text.status == 0 && text.output.contains("run out of ids"), "\(text.output)\(text.error)")
  }

  @Test(
    "the limit follows from the id column: none for bigint, 2^32-1 for int unsigned", arguments: Tables.originals)
  func limits(generation: Tables.Generation) async throws {
    let installation = try await installation(TestInstallation.Place.mariaDB[1], generation)
    try await installation.original(Tables.plainRows(500))
    let advice = try await advise(installation)
    let type =
      try await installation.originalRows(
        "SELECT COLUMN_TYPE FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '\(table)'"
          + " AND COLUMN_NAME = 'id'")[0][0] ?? ""
    let limit = type.hasPrefix("bigint") ? nil : type.contains("unsigned") ? 4_294_967_295 : 2_147_483_647
    #expect(advice.ids.limit == limit, "\(type)")
    #expect(advice.ids.reachedOn == nil && advice.ids.noDayBecause != nil, "rows of 2015: nothing is written")
  }

  @Test("only what is left of a migration is advised", arguments: TestInstallation.Place.all)
  func progress(place: TestInstallation.Place) async throws {
    let installation = try await installation(place)
    try await installation.original(Tables.plainRows(500))
    #expect(try await advise(installation, "--option", "large").commands.contains { $0.hasPrefix("csmh copy ") })
    #expect(try await installation.csmh("provision").status == 0)
    let provisioned = try await advise(installation, "--option", "large")
    #expect(provisioned.extended?.nextId == 10_501 && provisioned.journal?.phase == "provisioned")
    #expect(!provisioned.commands.contains { $0.hasPrefix("csmh provision") })
    #expect(try await installation.csmh("migrate").status == 0)
    let journal = try await installation.extendedRows("SELECT * FROM csmh_event")
    let done = try await advise(installation, "--option", "large")
    #expect(done.journal?.phase == "verified" && done.journal?.copiedRows == 500 && done.estimates.rowsLeft == 0)
    #expect(!done.commands.contains { $0.hasPrefix("csmh copy") || $0.hasPrefix("csmh verify") }, "\(done.commands)")
    #expect(done.extended?.rows == 500)
    #expect(try await installation.extendedRows("SELECT * FROM csmh_event") == journal, "advise wrote to the journal")
    // A native row shows that writes have moved.
    try await installation.extended(
      "INSERT INTO \(TestInstallation.extendedTable) (student_module_id, created) VALUES (1, '2026-01-01')")
    let moved = try await installation.csmh("advise", "--option", "large")
    #expect(moved.output.contains("done       Deploy with ENABLE_CSMH_EXTENDED"), "\(moved.output)")
  }

  @Test(
    "an extended database without a table, and a table that the LMS made, are told apart",
    arguments: TestInstallation.Place.all)
  func halfMade(place: TestInstallation.Place) async throws {
    let installation = try await installation(place)
    try await installation.original(Tables.plainRows(500))
    try await installation.target.run("CREATE DATABASE \(installation.extendedDatabase)")
    let without = try await advise(installation)
    #expect(without.extendedDatabaseExists && without.extended == nil)
    try await installation.extended(Tables.todayExtended)
    let with = try await advise(installation)
    #expect(with.extended?.rows == 0 && with.journal == nil)
    let text = try await installation.csmh("advise")
    #expect(text.output.contains("gets the id 1, which the original table has handed out"), "\(text.output)")
  }

  @Test("rows that were just inserted count with their bytes", arguments: TestInstallation.Place.all)
  func bytes(place: TestInstallation.Place) async throws {
    let installation = try await installation(place)
    try await insert(2_000, endingAt: 2_000, secondsApart: 60, installation)
    try await installation.original("UPDATE \(table) SET state = REPEAT('x', 5000)")
    #expect(try await advise(installation).original.bytes >= 2_000 * 5_000)
  }

  @Test("the free room is told where MariaDB has the plugin for it, and its user the privilege")
  func freeRoom() async throws {
    let server = try await TestServers.shared.named(
      "mariadb-disks", .mariaDB, options: ["--plugin-maturity=beta", "--plugin-load-add=disks"])
    let installation = try await TestInstallation(source: server, target: server)
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(Tables.plainRows(500))
    let advice = try await advise(installation)
    let folder = try #require(advice.originalServer.dataDirectory)
    let system = try FileManager.default.attributesOfFileSystem(forPath: folder)
    let free = try #require((system[.systemFreeSize] as? NSNumber)?.doubleValue)
    #expect(abs(Double(advice.originalServer.freeBytes ?? 0) / free - 1) < 0.2)
    #expect(advice.estimates.isRoomEnough == true)
    try await server.run("CREATE USER reader IDENTIFIED BY ''", "GRANT SELECT ON *.* TO reader")
    let arguments = installation.arguments.map { $0.replacingOccurrences(of: "root@", with: "reader@") }
    let asReader = try await Command.csmh(["advise"] + arguments)
    #expect(
      asReader.status == 0 && asReader.output.contains("look with df \(folder)"), "\(asReader.output)\(asReader.error)")
  }

  @Test("an account that may only read both databases is enough")
  func readOnlyAccount() async throws {
    let installation = try await installation(.betweenMariaDBs)
    try await installation.original(Tables.plainRows(500))
    #expect(try await installation.csmh("provision").status == 0)
    let user = "reader_\(installation.extendedDatabase)"
    try await installation.source.run(
      "CREATE USER \(user)@'%' IDENTIFIED BY 'a b'", "GRANT SELECT ON \(installation.originalDatabase).* TO \(user)@'%'"
    )
    try await installation.target.run(
      "CREATE USER \(user)@'%' IDENTIFIED BY 'a b'", "GRANT SELECT ON \(installation.extendedDatabase).* TO \(user)@'%'"
    )
    let url = { (server: TestServer, database: String) in "mysql://\(user):a%20b@127.0.0.1:\(server.port)/\(database)" }
    let result = try await Command.csmh([
      "advise", "--original", url(installation.source, installation.originalDatabase), "--extended",
      url(installation.target, installation.extendedDatabase),
    ])
    #expect(result.status == 0, "\(result.error)")
    #expect(!(result.output + result.error).contains("a%20b"), "the password shows")
    #expect(result.output.contains("--original mysql://\(user)@127.0.0.1:"))
  }

  @Test("an lms.yml and a devstack's SQLite files are advised with commands that name them")
  func embedded() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("it's \(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let made = try await Command.csmh(["devstack", "--rows", "2000", "--fill-only", "--directory", folder.path])
    #expect(made.status == 0, "\(made.error)")
    let result = try await Command.csmh(["advise", "--directory", folder.path])
    #expect(result.status == 0, "\(result.error)")
    let options = "--directory '" + folder.path.replacingOccurrences(of: "'", with: "'\\''") + "'"
    #expect(result.output.contains("csmh flags --set ENABLE_CSMH_EXTENDED=true \(options)\n"), "\(result.output)")
    #expect(result.output.contains("fits       devstack"))
    #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("edxapp_csmh.db").path))
  }

  @Test("the printed commands run as they stand, and then only the report is left", arguments: ["small", "large"])
  func printedCommands(option: String) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("it's \(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let options = ["--directory", folder.appendingPathComponent("stack").path]
    let made = try await Command.csmh(["devstack", "--rows", "2000", "--fill-only"] + options)
    #expect(made.status == 0, "\(made.error)")
    func advise() async throws -> Document {
      let result = try await Command.csmh(["advise", "--json", "--option", option] + options)
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      return try decoder.decode(Document.self, from: Data(result.output.utf8))
    }
    let path = URL(fileURLWithPath: try Command.csmh).deletingLastPathComponent().path + ":/usr/bin:/bin"
    let commands = try await advise().commands
    #expect(commands.count == (option == "small" ? 7 : 9), "\(commands)")
    for command in commands {
      let result = try await Command.run("/bin/sh", ["-c", command], environment: ["PATH": path], directory: folder)
      #expect(result.status == 0, "\(command): \(result.output)\(result.error)")
    }
    #expect(FileManager.default.fileExists(atPath: folder.appendingPathComponent("csmh-report.json").path))
    let left = try await advise().commands
    #expect(left.count == 1 && left[0].hasPrefix("csmh report"), "\(left)")
    // What can follow runs as it stands, too: the drain, and then the way back to its end.
    for title in ["Read only the extended table", "Go back"] {
      let step = try #require(try await advise().afterwards.first { $0.title.hasPrefix(title) })
      for command in step.commands {
        let result = try await Command.run("/bin/sh", ["-c", command], environment: ["PATH": path], directory: folder)
        #expect(result.status == 0, "\(command): \(result.output)\(result.error)")
      }
    }
    #expect(try await advise().commands.isEmpty, "the way back has ended")
  }

  @Test(
    "errors end with the statuses of the contract",
    arguments: [
      (["--rows-per-second", "0"], 64), (["--option", "huge"], 64),
      (["--original", "mysql://root@127.0.0.1:1/a", "--extended", "mysql://root@127.0.0.1:1/b"], 69),
      (["--lms-config", "/nonexistent/lms.yml"], 78),
    ] as [([String], Int32)])
  func errors(arguments: [String], status: Int32) async throws {
    let result = try await Command.csmh(["advise"] + arguments)
    #expect(result.status == status, "\(result.output)\(result.error)")
  }
}
