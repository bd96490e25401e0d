import Foundation

/// The servers that tests share, each started when it is first asked for.
package actor TestServers {
  package static let shared = TestServers()

  private var servers: [String: Task<TestServer, any Error>] = [:]

  /// The first or second server of a family. Tests use databases of their own on it and change nothing global.
  package func server(_ family: TestServer.Family, _ index: Int = 1) async throws -> TestServer {
    try await named("\(family.rawValue)-\(index)", family)
  }

  /// A server with options of its own, shared by all tests that name it.
  package func named(_ name: String, _ family: TestServer.Family, options: [String] = []) async throws -> TestServer {
    if let running = servers[name] { return try await running.value }
    let usual = ["--innodb-flush-log-at-trx-commit=0", "--innodb-lock-wait-timeout=5", "--max-connections=500"]
    let packet = options.contains { $0.contains("max-allowed-packet") } ? [] : ["--max-allowed-packet=64M"]
    let task = Task { try await TestServer.start(family, name: name, options: usual + packet + options) }
    servers[name] = task
    return try await task.value
  }
}
