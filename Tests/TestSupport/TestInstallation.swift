import Foundation
package import HistoryStores
import MariaDBClient
import StudentModuleHistory
import Synchronization

/// Two databases of a test's own, on one or two servers.
package struct TestInstallation: Sendable {
  /// Where the two databases are.
  package struct Place: Sendable, CustomStringConvertible {
    package let source: TestServer.Family
    package let target: TestServer.Family
    package let isOneServer: Bool

    package init(source: TestServer.Family, target: TestServer.Family, isOneServer: Bool) {
      self.source = source
      self.target = target
      self.isOneServer = isOneServer
    }

    package var description: String {
      isOneServer ? "\(source.rawValue), one server" : "\(source.rawValue) to \(target.rawValue)"
    }

    /// Every place that this machine can offer with CSMH_TEST_ALL; else two MariaDB servers, as most sites have them, a place whose
    /// target is MySQL, and one of the others: drawn anew for each test, which names its places. For a part of
    /// the places filter ``every``: of those that are drawn, none may be in it.
    package static var all: [Place] {
      let others = every.filter { $0.description != betweenMariaDBs.description }.shuffled()
      guard ProcessInfo.processInfo.environment["CSMH_TEST_ALL"] == nil,
        let mySQL = others.first(where: { $0.target == .mySQL }),
        let other = others.first(where: { $0.description != mySQL.description })
      else { return every }
      return [betweenMariaDBs, mySQL, other]
    }

    /// Every place that this machine can offer.
    package static var every: [Place] {
      var places: [Place] = []
      let families = TestServer.Family.allCases.filter { TestServer.isAvailable($0) }
      for source in families {
        places.append(Place(source: source, target: source, isOneServer: true))
        for target in families { places.append(Place(source: source, target: target, isOneServer: false)) }
      }
      return places
    }

    /// MariaDB to MariaDB, on two servers and on one.
    package static var mariaDB: [Place] {
      [betweenMariaDBs, Place(source: .mariaDB, target: .mariaDB, isOneServer: true)]
    }

    package static let betweenMariaDBs = Place(source: .mariaDB, target: .mariaDB, isOneServer: false)
  }

  package let source: TestServer
  package let target: TestServer
  package let originalDatabase: String
  package let extendedDatabase: String

  private static let counter = Atomic<Int>(0)

  /// Names two databases that nobody else uses; creates the original one.
  package init(_ place: Place) async throws {
    let source = try await TestServers.shared.server(place.source, 1)
    let target = place.isOneServer ? source : try await TestServers.shared.server(place.target, 2)
    try await self.init(source: source, target: target)
  }

  package init(source: TestServer, target: TestServer) async throws {
    let number = Self.counter.wrappingAdd(1, ordering: .relaxed).newValue
    self.source = source
    self.target = target
    originalDatabase = "edxapp_\(number)"
    extendedDatabase = "edxapp_csmh_\(number)"
    try await source.run("CREATE DATABASE \(originalDatabase) DEFAULT CHARACTER SET utf8mb4")
  }

  /// The same databases, with the extended one looked for on another server.
  package func onTarget(_ server: TestServer) -> TestInstallation {
    TestInstallation(
      source: source, target: server, originalDatabase: originalDatabase, extendedDatabase: extendedDatabase)
  }

  private init(source: TestServer, target: TestServer, originalDatabase: String, extendedDatabase: String) {
    self.source = source
    self.target = target
    self.originalDatabase = originalDatabase
    self.extendedDatabase = extendedDatabase
  }

  package var pair: StorePair {
    .mySQL(
      original: MySQLStore(side: .original, configuration: configuration(source, originalDatabase)),
      extended: MySQLStore(side: .extended, configuration: configuration(target, extendedDatabase)))
  }

  private func configuration(_ server: TestServer, _ database: String) -> ConnectionConfiguration {
    ConnectionConfiguration(endpoint: .tcp(host: "127.0.0.1", port: server.port), user: "root", database: database)
  }

  /// The options that name the two databases to csmh.
  package var arguments: [String] {
    [
      "--original", "mysql://root@127.0.0.1:\(source.port)/\(originalDatabase)",
      "--extended", "mysql://root@127.0.0.1:\(target.port)/\(extendedDatabase)",
    ]
  }

  package func original(_ statements: String...) async throws {
    let connection = try await source.connect(database: originalDatabase)
    for statement in statements { try await connection.execute(StatementText(statement)) }
    await connection.close()
  }

  package func extended(_ statements: String...) async throws {
    let connection = try await target.connect(database: extendedDatabase)
    for statement in statements { try await connection.execute(StatementText(statement)) }
    await connection.close()
  }

  package func originalRows(_ sql: String) async throws -> [[String?]] {
    try await source.query(sql, database: originalDatabase)
  }

  package func extendedRows(_ sql: String) async throws -> [[String?]] {
    try await target.query(sql, database: extendedDatabase)
  }

  /// Runs csmh on the installation.
  package func csmh(_ arguments: String..., environment: [String: String] = [:]) async throws -> Command.Result {
    try await Command.csmh(arguments + self.arguments, environment: environment)
  }

  /// Every row of a table as text and hexadecimal digits, without any of csmh's own code: the oracle of the tests.
  package func dump(
    _ server: TestServer, _ database: String, _ table: String, upTo bound: String? = nil
  ) async throws
    -> [[String?]]
  {
    try await server.query(
      """
      SELECT id, student_module_id, HEX(CONVERT(version USING utf8mb4)), DATE_FORMAT(created, '%Y-%m-%d %H:%i:%s.%f'), \
      HEX(CONVERT(state USING utf8mb4)), grade, max_grade FROM \(database).\(table) \
      \(bound.map { "WHERE id <= \($0)" } ?? "") ORDER BY id
      """)
  }

  package func dumpOriginal(upTo bound: String? = nil) async throws -> [[String?]] {
    try await dump(source, originalDatabase, "courseware_studentmodulehistory", upTo: bound)
  }

  /// The copied rows, which end at the largest original id.
  package func dumpExtended(upTo bound: String? = nil, table: String = extendedTable) async throws -> [[String?]] {
    try await dump(target, extendedDatabase, table, upTo: bound)
  }

  package static let extendedTable = "coursewarehistoryextended_studentmodulehistoryextended"
}
