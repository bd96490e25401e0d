import Foundation
import TestSupport

/// Where a page is run: throw-away servers in the place of `db1` and `db2`, a folder in the place of `/edx`, and the csmh that was built
/// together with the tests. Names are replaced in what is run, and back in what is printed.
struct PageStage: Sendable {
  /// The folder that holds everything of the page.
  let root: URL
  private let servers: [TestServer]
  private let ports: (serve: Int, otherServe: Int)
  private let csmh: String

  /// - Parameter name: of the page, for the servers' folders.
  init(name: String, serverCount: Int, family: TestServer.Family) async throws {
    root = URL(fileURLWithPath: "/tmp/csmh-page.\(UUID().uuidString.prefix(8))")
    csmh = try Command.csmh
    for folder in ["edx/etc", "work"] {
      try FileManager.default.createDirectory(
        at: root.appendingPathComponent(folder), withIntermediateDirectories: true)
    }
    var servers: [TestServer] = []
    for number in 0..<serverCount {
      servers.append(
        try await TestServer.start(
          family, name: "page-\(name)-\(number + 1)",
          options: ["--innodb-flush-log-at-trx-commit=0", "--max-allowed-packet=64M"]))
    }
    self.servers = servers
    // Below the range that the system hands out to clients, and apart from the servers' (Scripts/server.sh).
    let port = Int.random(in: 11_000..<14_900)
    ports = (port, port + 50)
  }

  func end() async {
    for server in servers { try? await server.stop() }
    try? FileManager.default.removeItem(at: root)
  }

  private var port1: String { servers.first.map { String($0.port) } ?? "1" }
  private var port2: String { servers.last.map { String($0.port) } ?? "1" }

  /// The folder in which commands run.
  var workingDirectory: URL { root.appendingPathComponent("work") }

  var environment: [String: String] {
    [
      "DB1_PORT": port1, "DB2_PORT": port2, "PAGE_ROOT": root.path, "CSMH": csmh, "SERVE_PORT": String(ports.serve),
      "HOME": root.path, "LANG": "C.UTF-8", "TERM": "dumb", "PROJECT": TestServer.project.path,
    ]
  }

  /// What is run in the place of a page's text.
  func localized(_ text: String) -> String {
    var result = text
    for (name, port) in [("db1", port1), ("db2", port2)] {
      for address in ["@\(name):3306/", "@\(name)/"] {
        result = result.replacingOccurrences(of: address, with: "@127.0.0.1:\(port)/")
      }
      result = result.replacingOccurrences(of: "-h \(name) -u root -p", with: "-h 127.0.0.1 -P \(port) -u root")
    }
    // At the beginning of a word: `/opt/edx/` is another folder.
    result = result.replacing(/([ =:'"]|^)\/edx\//.anchorsMatchLineEndings()) { "\($0.output.1)\(root.path)/edx/" }
    result = result.replacingOccurrences(of: "127.0.0.1:8470", with: "127.0.0.1:\(ports.serve)")
    return result.replacingOccurrences(of: "10.0.0.5:8470", with: "127.0.0.1:\(ports.otherServe)")
  }

  /// The statements of a page: `EXT` is short for the extended table.
  func localizedSQL(_ text: String) -> String {
    text.replacing(/\bEXT\b/, with: "edxapp_csmh.coursewarehistoryextended_studentmodulehistoryextended")
  }

  /// What a page would show of an output.
  func delocalized(_ text: String) -> String {
    var result = text
    for (name, port) in [("db1", port1), ("db2", port2)] {
      result = result.replacingOccurrences(of: "127.0.0.1:\(port)", with: "\(name):3306")
    }
    // As the pages write their URLs.
    result = result.replacing(/(mysql:\/\/[^ @]*@db[12]):3306/) { $0.output.1 }
    result = result.replacingOccurrences(of: root.path + "/edx", with: "/edx")
    result = result.replacingOccurrences(of: workingDirectory.path, with: "/...")
    result = result.replacingOccurrences(of: csmh, with: "csmh")
    result = result.replacingOccurrences(of: "127.0.0.1:\(ports.serve)", with: "127.0.0.1:8470")
    return result.replacingOccurrences(of: "127.0.0.1:\(ports.otherServe)", with: "10.0.0.5:8470")
  }

  /// Runs a script as bash does, with `stage.sh` read before.
  ///
  /// - Returns: what it printed, standard error among it, as a page shows it.
  func run(_ script: String) async throws -> (status: Int32, output: String) {
    // A command that hangs must not hang the tests.
    let result = try await Command.run(
      "/usr/bin/timeout", ["--kill-after=5", "120", "/bin/bash", "-c", Self.head + script],
      environment: environment, directory: workingDirectory)
    return (result.status, delocalized(result.output))
  }

  static let head = ". \(script.path)\nexec 2>&1\n"

  private static let script = TestServer.project.appendingPathComponent("Tests/DocumentTests/stage.sh")
}
