import Foundation
import TestSupport
import Testing

/// A server may begin sessions with any value of any session variable: csmh copies the same rows, or refuses.
@Suite(.serialized) struct HostileSessionsTests {
  /// How far a batch came.
  private enum Outcome: Equatable {
    case equal
    case refused(String)
    case wrong(String)
  }

  static let ways: [TestInstallation.Place] = TestInstallation.Place.every.filter { $0.source != $0.target || isAlone }

  /// Whether there are servers of one family only.
  private static var isAlone: Bool { !TestServer.isAvailable(.mySQL) }

  @Test(
    "every session variable at hostile values, on both servers: equal rows, or a refusal that names it", arguments: ways
  )
  func everyVariable(place: TestInstallation.Place) async throws {
    let source = try await HostileServer(place.source, name: "hostile-\(place.source.rawValue)")
    let target = try await HostileServer(place.target, name: "hostile-\(place.target.rawValue)")
    let field = try await Field(source, target)
    let depth = max(source.spoilings.map(\.count).max() ?? 0, target.spoilings.map(\.count).max() ?? 0)
    var refusals: [String: String] = [:]
    // The values of a variable are tried one after the other; those of all variables at once.
    for level in field.levels(depth) {
      for server in [source, target] {
        let spoilings = server.spoilings.compactMap { $0.count > level ? $0[level] : nil }
        // Those that are known to be refused would only hide the others, and cost a search.
        for refused in spoilings where Self.known.contains(refused.variable) {
          try await self.try([refused], on: server, field, &refusals)
        }
        try await self.try(spoilings.filter { !Self.known.contains($0.variable) }, on: server, field, &refusals)
      }
    }
    for (variable, message) in refusals {
      #expect(
        message.lowercased().replacingOccurrences(of: "-", with: "_").contains(variable)
          || Self.refusedOtherwise.contains(variable),
        "the refusal does not name \(variable): \(message)")
    }
  }

  @Test("init_connect of an account that is no administrator changes nothing", arguments: ways)
  func initConnect(place: TestInstallation.Place) async throws {
    let source = try await HostileServer(place.source, name: "hostile-\(place.source.rawValue)")
    let target = try await HostileServer(place.target, name: "hostile-\(place.target.rawValue)")
    let field = try await Field(source, target)
    let statements = """
      SET NAMES latin1; SET sql_select_limit = 3, completion_type = 1, sql_mode = 'ANSI', time_zone = '-07:00', timestamp = 1, \
      sql_auto_is_null = 1, foreign_key_checks = 0, sql_notes = 0, sql_safe_updates = 1, max_join_size = 1, \
      lc_messages = 'fr_FR'; SET SESSION TRANSACTION ISOLATION LEVEL SERIALIZABLE, READ ONLY; \
      SET autocommit = 0; SET character_set_results = 'ascii'; START TRANSACTION
      """
    for server in [source, target] {
      try await server.run("SET GLOBAL init_connect = '\(statements.replacingOccurrences(of: "'", with: "''"))'")
      try await server.run("DROP USER IF EXISTS plain@'127.0.0.1'")
      try await server.run("CREATE USER plain@'127.0.0.1' IDENTIFIED BY 'pw'")
      for database in [field.installation.originalDatabase, field.installation.extendedDatabase] {
        try await server.run("GRANT ALL ON \(database).* TO plain@'127.0.0.1'")
      }
    }
    let result = try await field.migrate(
      user: "plain", environment: ["CSMH_ORIGINAL_PASSWORD": "pw", "CSMH_EXTENDED_PASSWORD": "pw"])
    for server in [source, target] { try await server.run("SET GLOBAL init_connect = ''") }
    #expect(result.status == 0, "\(result.output)\(result.error)")
    #expect(try await field.isEqual)
  }

  @Test("every session variable of the servers is named in docs/sessions.md")
  func documented() async throws {
    let page = try String(contentsOf: TestServer.project.appendingPathComponent("docs/sessions.md"), encoding: .utf8)
    for family in TestServer.Family.allCases where TestServer.isAvailable(family) {
      let server = try await HostileServer(family, name: "hostile-\(family.rawValue)")
      for variable in server.variables.sorted() {
        #expect(page.contains("`\(variable)`"), "\(family.rawValue) has the session variable \(variable)")
      }
    }
  }

  /// Variables with values that make a server refuse what csmh asks for.
  private static let known: Set<String> = [
    "default_table_encryption", "max_user_connections", "max_session_mem_used", "binlog_format",
    "connection_memory_limit",
  ]

  /// Of these, the ones that the server refuses in words without their name.
  private static let refusedOtherwise: Set<String> = ["default_table_encryption", "max_user_connections"]

  private func `try`(
    _ spoilings: [HostileServer.Spoiling], on server: HostileServer, _ field: Field, _ refusals: inout [String: String]
  ) async throws {
    guard !spoilings.isEmpty else { return }
    let taken = try await server.spoil(spoilings)
    let result = try await field.migrate()
    try await server.heal(taken)
    let outcome = try await outcome(result, field)
    switch outcome {
    case .equal: return
    case .refused(let message) where taken.count == 1: refusals[taken[0].variable] = message
    case .wrong(let message) where taken.count <= 1:
      Issue.record("\(taken.first?.description ?? "nothing"): \(message)")
    case .refused, .wrong:
      let half = taken.count / 2
      try await self.try(Array(taken[..<half]), on: server, field, &refusals)
      try await self.try(Array(taken[half...]), on: server, field, &refusals)
    }
  }

  private func outcome(_ result: Command.Result, _ field: Field) async throws -> Outcome {
    if result.status == 0 {
      return try await field.isEqual ? .equal : .wrong("the rows differ, and the status is 0")
    }
    let told = "status \(result.status): \(result.error)"
    return [69, 77, 78].contains(result.status) ? .refused(told) : .wrong(told)
  }
}

/// Two databases on two servers, with rows that hostile sessions would spoil.
private struct Field: Sendable {
  let installation: TestInstallation
  let source: HostileServer
  let target: HostileServer

  init(_ source: HostileServer, _ target: HostileServer) async throws {
    self.source = source
    self.target = target
    installation = try await TestInstallation(source: source.server, target: target.server)
    for sql in Tables.today.sql { try await installation.original(sql) }
    try await installation.original(Tables.plainRows(400))
    try await installation.original(
      "UPDATE courseware_studentmodulehistory SET state = CONCAT('{\"é😀\\n''', id, '\"}'), grade = id / 7 WHERE id % 10 = 3",
      "UPDATE courseware_studentmodulehistory SET created = '2020-02-29 23:59:59.123456' WHERE id % 10 = 4")
  }

  /// Which values of each variable are tried: all with CSMH_TEST_ALL, else the first two.
  func levels(_ depth: Int) -> [Int] {
    guard ProcessInfo.processInfo.environment["CSMH_TEST_ALL"] == nil else { return Array(0..<depth) }
    return [0, 1]
  }

  /// Copies and compares anew.
  func migrate(user: String = "root", environment: [String: String] = [:]) async throws -> Command.Result {
    try await target.run("DROP DATABASE IF EXISTS \(installation.extendedDatabase)")
    let arguments = installation.arguments.map { $0.replacingOccurrences(of: "//root@", with: "//\(user)@") }
    return try await Command.csmh(
      ["migrate", "--quiet", "--retry-budget", "1", "--workers", "2"] + arguments, environment: environment)
  }

  var isEqual: Bool {
    get async throws {
      try await installation.dumpOriginal() == installation.dumpExtended()
    }
  }
}
