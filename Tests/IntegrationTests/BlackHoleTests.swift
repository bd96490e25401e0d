import Foundation
import MariaDBClient
import Synchronization
import TestSupport
import Testing

/// The network to one of the two servers swallows everything, in the middle of a command that holds locks; or csmh's machine is gone without
/// a word. Learners wait no longer than the lock limit, and csmh goes on, or ends, within a minute.
@Suite(.limitedConcurrency) struct BlackHoleTests {
  /// Where the hole is, and with which statement it opens.
  struct Hole: Sendable, CustomStringConvertible {
    enum Work: String, Sendable {
      case copy
      case catchUp = "catch-up"
      case drain
      case comeBack = "return"
    }

    let work: Work
    let isExtended: Bool
    let statements: [String]
    var isDelivered = true
    var place = TestInstallation.Place.betweenMariaDBs

    var description: String {
      "\(work.rawValue), \(isExtended ? "extended" : "original"), \(statements.last!)\(isDelivered ? "" : " lost"), \(place)"
    }
  }

  /// Of MariaDB: what a select that locks rows begins with.
  private static let lockingRead = "SET STATEMENT max_statement_time"

  static let holes: [Hole] = {
    var holes = [
      Hole(work: .copy, isExtended: false, statements: [lockingRead]),
      Hole(work: .copy, isExtended: true, statements: ["INSERT INTO `edxapp_csmh"]),
      // The rows are committed, and nobody hears of it.
      Hole(work: .copy, isExtended: true, statements: ["INSERT INTO `edxapp_csmh", "COMMIT"]),
      Hole(work: .copy, isExtended: true, statements: ["BIT_XOR"], isDelivered: false),
      Hole(work: .catchUp, isExtended: false, statements: ["LOCK TABLES"]),
      Hole(work: .catchUp, isExtended: false, statements: [lockingRead]),
      Hole(work: .catchUp, isExtended: true, statements: ["INSERT INTO `edxapp_csmh"]),
      // The first one only asks for the privilege.
      Hole(work: .drain, isExtended: false, statements: ["DELETE", "DELETE"]),
      Hole(work: .drain, isExtended: true, statements: [lockingRead], isDelivered: false),
      Hole(work: .comeBack, isExtended: true, statements: [lockingRead]),
    ]
    if TestServer.isAvailable(.mySQL) {
      let place = TestInstallation.Place(source: .mySQL, target: .mySQL, isOneServer: false)
      holes += [
        Hole(
          work: .copy, isExtended: true, statements: ["INSERT INTO `edxapp_csmh", "COMMIT"], isDelivered: false,
          place: place),
        Hole(work: .drain, isExtended: true, statements: ["MAX_EXECUTION_TIME("], place: place),
      ]
    }
    guard ProcessInfo.processInfo.environment["CSMH_TEST_ALL"] == nil else { return holes }
    // One of each side, drawn, beside the one that the limit was made for.
    let others = holes.enumerated().filter { $0.offset != 1 }.map(\.element).shuffled()
    return [holes[1]] + [true, false].compactMap { side in others.first { $0.isExtended == side } }
  }()

  /// Seconds; the servers' own clock for silent sessions ticks in whole ones.
  private static let limit = 5.0
  private static let slack = 1.0

  private static let rowCount = 12_000
  private static let original = "courseware_studentmodulehistory"

  private func prepare(_ hole: Hole) async throws -> (installation: TestInstallation, words: [String]) {
    switch hole.work {
    case .drain:
      let proven = try await DrainTests.proven(hole.place, rows: Self.rowCount)
      return (proven.installation, ["drain", "--yes"])
    case .copy, .catchUp, .comeBack:
      let installation = try await TestInstallation(hole.place)
      for sql in Tables.today.sql + [Tables.plainRows(Self.rowCount)] { try await installation.original(sql) }
      #expect(try await installation.csmh("provision").status == 0)
      guard hole.work != .copy else { return (installation, ["copy", "--workers", "1"]) }
      #expect(try await installation.csmh("migrate").status == 0)
      if hole.work == .comeBack {
        try await installation.extended(
          "INSERT INTO \(TestInstallation.extendedTable) (student_module_id, created, state) VALUES"
            + (1...40).map { " (\($0), '2026-01-01', 'native')" }.joined(separator: ","))
        return (installation, ["return", "--workers", "1"])
      }
      try await installation.original("UPDATE \(Self.original) SET grade = 0.5 WHERE id < 900 AND id % 50 = 7")
      return (installation, ["catch-up"])
    }
  }

  private func arguments(_ installation: TestInstallation, _ hole: Hole, through proxy: BlackHoleProxy) -> [String] {
    let port = hole.isExtended ? installation.target.port : installation.source.port
    return installation.arguments.enumerated().map { index, word in
      guard index == (hole.isExtended ? 3 : 1) else { return word }
      return word.replacingOccurrences(of: ":\(port)/", with: ":\(proxy.port)/") + "?ssl-mode=disabled"
    }
  }

  @Test(
    "a network that goes black keeps no learner waiting for longer than the limit, and csmh goes on", arguments: holes)
  func hole(_ hole: Hole) async throws {
    let (installation, words) = try await prepare(hole)
    let rows = try await installation.dumpOriginal()
    let proxy = try BlackHoleProxy(to: Int(hole.isExtended ? installation.target.port : installation.source.port))
    defer { proxy.stop() }
    proxy.goBlack(at: hole.statements, isDelivered: hole.isDelivered)
    let learners = WaitingLearners(installation)
    let learning = Task { try await learners.work() }
    let command = try Command(
      try Command.csmh, words + arguments(installation, hole, through: proxy), environment: ["NO_COLOR": "1"])
    let healing = Task {
      while proxy.blackSince == nil, command.isRunning { try await Task.sleep(for: .milliseconds(20)) }
      // Longer than the limit: by then nobody waits any more, whatever csmh knows.
      try await Task.sleep(for: .seconds(8))
      proxy.heal()
    }
    let result = await command.wait()
    let end = ContinuousClock.now
    learners.stop()
    try await learning.value
    healing.cancel()
    let told = "\(result.output)\(result.error)"
    let black = try #require(proxy.blackSince, "the statement did not come: \(told)")
    print("\(hole): learners' longest wait \(learners.longest) s, csmh went on and ended after \(end - black)")
    #expect(learners.longest < Self.limit + Self.slack, "learners waited for \(learners.longest) s: \(told)")
    #expect(end - black < .seconds(60), "\(end - black): \(told)")
    #expect(result.status == 0, "\(told)")
    let copies = try await installation.dumpExtended(upTo: rows.last?[0])
    #expect(copies == rows, "\(told)")
    switch hole.work {
    case .drain: #expect(try await installation.dumpOriginal().isEmpty, "\(told)")
    case .comeBack:
      #expect(try await installation.dumpOriginal() == installation.dumpExtended(), "\(told)")
    case .copy, .catchUp:
      #expect(
        try await installation.extendedRows("SELECT DISTINCT state FROM csmh_range") == [["copied"]], "\(told)")
    }
  }

  @Test(
    "a machine that is lost without a word leaves no lock for longer than the limit",
    arguments: [
      Hole(work: .copy, isExtended: false, statements: [lockingRead]),
      // The first one only asks for the privilege.
      Hole(work: .drain, isExtended: false, statements: ["DELETE", "DELETE"]),
    ])
  func vanished(_ hole: Hole) async throws {
    let (installation, words) = try await prepare(hole)
    let proxy = try BlackHoleProxy(to: Int(installation.source.port))
    defer { proxy.stop() }
    proxy.goBlack(at: hole.statements, isDelivered: true)
    let learners = WaitingLearners(installation)
    let learning = Task { try await learners.work() }
    let command = try Command(
      try Command.csmh, words + arguments(installation, hole, through: proxy), environment: ["NO_COLOR": "1"])
    while proxy.blackSince == nil, command.isRunning { try await Task.sleep(for: .milliseconds(10)) }
    command.send(SIGKILL)
    _ = await command.wait()
    try await Task.sleep(for: .seconds(7))
    learners.stop()
    try await learning.value
    #expect(proxy.blackSince != nil)
    print("\(hole), lost: learners' longest wait \(learners.longest) s")
    #expect(learners.longest < Self.limit + Self.slack)
    let open = try await installation.source.query(
      "SELECT COUNT(*) FROM information_schema.INNODB_TRX WHERE trx_rows_locked > 0")
    #expect(open == [["0"]] || learners.longest < Self.limit, "the session still holds locks")
  }
}

/// Learners who touch every row of both tables that they can, again and again, and notice for how long they have to wait.
private final class WaitingLearners: Sendable {
  private let installation: TestInstallation
  private let isStopped = Atomic<Bool>(false)
  private let waited = Mutex(Duration.zero)

  init(_ installation: TestInstallation) {
    self.installation = installation
  }

  /// In seconds.
  var longest: Double { waited.withLock { $0 / .seconds(1) } }

  func stop() { isStopped.store(true, ordering: .relaxed) }

  func work() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        try await self.touch(
          self.installation.source, self.installation.originalDatabase, "courseware_studentmodulehistory")
      }
      group.addTask {
        try await self.touch(
          self.installation.target, self.installation.extendedDatabase, TestInstallation.extendedTable)
      }
      try await group.waitForAll()
    }
  }

  /// Takes rows as an update does, and changes nothing.
  private func touch(_ server: TestServer, _ database: String, _ table: String) async throws {
    let connection = try await server.connect(database: database)
    try await connection.execute("SET SESSION innodb_lock_wait_timeout = 60, lock_wait_timeout = 60")
    var first = 1
    while !isStopped.load(ordering: .relaxed) {
      let start = ContinuousClock.now
      let update = StatementText(
        "UPDATE \(table) SET max_grade = max_grade WHERE id BETWEEN \(first) AND \(first + 2_000)")
      do throws(MariaDBError) {
        try await connection.execute(update)
      } catch {
        // The other one of a deadlock; a table that is not there yet.
        guard [.transient, .unknownTable].contains(error.kind) else { throw error }
      }
      let took = ContinuousClock.now - start
      waited.withLock { $0 = max($0, took) }
      first = first > 12_000 ? 1 : first + 2_000
      try await Task.sleep(for: .milliseconds(10))
    }
    await connection.close()
  }
}
