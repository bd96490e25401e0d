package import Foundation
package import MariaDBClient

/// A throw-away server that `Scripts/server.sh` starts on loopback, in a folder of its own.
package actor TestServer {
  /// The families that the tests run against.
  package enum Family: String, Sendable, CaseIterable {
    case mariaDB = "mariadb"
    case mySQL = "mysql"
  }

  package nonisolated let family: Family
  package nonisolated let directory: URL
  package nonisolated let port: UInt16
  package nonisolated let options: [String]

  private init(family: Family, directory: URL, port: UInt16, options: [String]) {
    self.family = family
    self.directory = directory
    self.port = port
    self.options = options
  }

  /// Whether a server of the family can be had on this machine.
  package static func isAvailable(_ family: Family) -> Bool {
    switch family {
    case .mariaDB: true
    case .mySQL:
      FileManager.default.isExecutableFile(
        atPath: ProcessInfo.processInfo.environment["CSMH_MYSQL_HOME"].map { $0 + "/mysqld" }
          ?? project.appendingPathComponent(".mysql-server/mysqld").path)
    }
  }

  /// The project's root.
  package static let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// The folder below which all servers of this run live; `Scripts/test.sh` stops what is left there.
  package static let root = URL(
    fileURLWithPath: ProcessInfo.processInfo.environment["CSMH_TEST_SERVERS"]
      ?? NSTemporaryDirectory() + "csmh-tests.\(ProcessInfo.processInfo.processIdentifier)")

  /// Starts a server.
  package static func start(_ family: Family, name: String, options: [String] = []) async throws -> TestServer {
    let directory = root.appendingPathComponent(name)
    let port = try await launch(family, directory, options)
    return TestServer(family: family, directory: directory, port: port, options: options)
  }

  private static func launch(_ family: Family, _ directory: URL, _ options: [String]) async throws -> UInt16 {
    let result = try await Command.run(
      "/bin/bash", [script, "start", family.rawValue, directory.path] + options, environment: [:])
    guard result.status == 0,
      let line = result.output.split(separator: "\n").first(where: { $0.hasPrefix("PORT=") }),
      let port = UInt16(line.dropFirst(5))
    else { throw TestFailure("the server \(directory.lastPathComponent) did not start: \(result.error)") }
    return port
  }

  private static let script = project.appendingPathComponent("Scripts/server.sh").path

  /// Starts it again on its data, after ``stop()`` or ``kill()``.
  package func restart() async throws {
    _ = try await Self.launch(family, directory, options)
  }

  package func stop() async throws {
    _ = try await Command.run("/bin/bash", [Self.script, "stop", directory.path], environment: [:])
  }

  /// As a power failure does it.
  package func kill() async throws {
    _ = try await Command.run("/bin/bash", [Self.script, "kill", directory.path], environment: [:])
  }

  /// Connects as root.
  package nonisolated func connect(database: String? = nil) async throws -> MariaDBConnection {
    try await MariaDBConnection.connect(
      ConnectionConfiguration(endpoint: .tcp(host: "127.0.0.1", port: port), user: "root", database: database))
  }

  /// Runs statements as root, on a connection of their own.
  package nonisolated func run(_ statements: String..., database: String? = nil) async throws {
    let connection = try await connect(database: database)
    for statement in statements { try await connection.execute(StatementText(statement)) }
    await connection.close()
  }

  /// Runs a query as root.
  package nonisolated func query(_ sql: String, database: String? = nil) async throws -> [[String?]] {
    let connection = try await connect(database: database)
    let rows = try await connection.query(StatementText(sql))
    await connection.close()
    return rows
  }
}

/// What a test's own machinery could not do.
package struct TestFailure: Error, CustomStringConvertible {
  package let description: String

  package init(_ description: String) {
    self.description = description
  }
}
