import Foundation
import TestSupport

/// A small site of Django's (Tests/OpenEdX) over the databases of an installation, with an `lms.yml` that csmh reads, too.
struct DjangoSite: Sendable {
  let release: DjangoRelease
  let installation: TestInstallation
  let directory: URL

  static let project = TestServer.project.appendingPathComponent("Tests/OpenEdX")

  /// Makes the two databases, of which the extended one is empty, and an `lms.yml` with both flags off.
  init(_ release: DjangoRelease, _ place: TestInstallation.Place) async throws {
    self.release = release
    installation = try await TestInstallation(place)
    directory = FileManager.default.temporaryDirectory.appendingPathComponent("csmh-site-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    try await installation.target.run(
      "CREATE DATABASE \(installation.extendedDatabase) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci")
    try set(extendedEnabled: false)
  }

  var configuration: String { directory.appendingPathComponent("lms.yml").path }

  /// Writes the flags down, in Open edX's own spelling, where the release looks for them.
  func set(extendedEnabled: Bool, readsBoth: Bool = true) throws {
    let first = "ENABLE_CSMH_EXTENDED: \(extendedEnabled)"
    let second = "ENABLE_READING_FROM_MULTIPLE_HISTORY_TABLES: \(readsBoth)"
    let flags =
      switch release.flags {
      case .features: "FEATURES:\n  \(first)\n  \(second)\n"
      case .flat: "\(first)\n\(second)\n"
      case .mixed: "\(first)\nFEATURES:\n  \(second)\n"
      }
    func database(_ server: TestServer, _ name: String, _ more: String = "") -> String {
      // Django 4.2 would speak three-byte UTF-8 by itself.
      "{ENGINE: django.db.backends.mysql, NAME: \(name), USER: root, PASSWORD: '', HOST: 127.0.0.1, PORT: '\(server.port)'"
        + ", OPTIONS: {charset: utf8mb4}\(more)}"
    }
    let text = """
      DATABASES:
        default: \(database(installation.source, installation.originalDatabase, ", ATOMIC_REQUESTS: true"))
        student_module_history: \(database(installation.target, installation.extendedDatabase))
      DATABASE_ROUTERS:
        - openedx.core.lib.django_courseware_routers.StudentModuleHistoryExtendedRouter
      \(flags)
      """
    try text.write(toFile: configuration, atomically: true, encoding: .utf8)
  }

  /// Runs `manage.py` with these words.
  func manage(_ words: [String], isExtendedInstalled: Bool = true) async throws -> Command.Result {
    try await Command.run(
      release.python.path, ["-B", "manage.py"] + words, environment: environment(isExtendedInstalled),
      directory: Self.project)
  }

  /// Makes the tables of the original database, as the LMS's own migrations do it.
  func makeOriginalTables() async throws {
    let result = try await manage(["lms", "migrate"], isExtendedInstalled: false)
    guard result.status == 0 else { throw TestFailure("migrate failed: \(result.error)") }
  }

  /// Starts a process of the LMS with the flags that stand in the `lms.yml` now.
  func start(isExtendedInstalled: Bool) throws -> SiteProcess {
    try process(["driver.py"], isExtendedInstalled: isExtendedInstalled)
  }

  /// Starts a process that saves and deletes until it is stopped, and writes a ledger.
  func startWriter(seed: String, learner: Int, ledger: URL, isExtendedInstalled: Bool) throws -> SiteProcess {
    try process(["writer.py", seed, String(learner), ledger.path], isExtendedInstalled: isExtendedInstalled)
  }

  /// Runs something with a process of the LMS that is stopped afterwards.
  func with<Value>(isExtendedInstalled: Bool, _ body: (SiteProcess) async throws -> Value) async throws -> Value {
    let process = try start(isExtendedInstalled: isExtendedInstalled)
    do {
      let value = try await body(process)
      try await process.stop()
      return value
    } catch {
      try? await process.stop()
      throw error
    }
  }

  func csmh(_ arguments: String...) async throws -> Command.Result {
    try await Command.csmh(arguments + ["--lms-config", configuration])
  }

  /// The history of a student module as `csmh history` tells it.
  func csmhHistory(_ module: UInt64) async throws -> [ShownRecord] {
    struct Document: Decodable { let entries: [ShownRecord] }
    let result = try await csmh("history", String(module), "--all", "--json")
    guard result.status == 0 else { throw TestFailure("csmh history: \(result.error)") }
    return try JSONDecoder().decode(Document.self, from: Data(result.output.utf8)).entries
  }

  /// Runs a test's body with a site whose files are removed afterwards.
  static func with(
    _ release: DjangoRelease, _ place: TestInstallation.Place, _ body: (DjangoSite) async throws -> Void
  ) async throws {
    let site = try await DjangoSite(release, place)
    defer { try? FileManager.default.removeItem(at: site.directory) }
    try await body(site)
  }

  private func process(_ arguments: [String], isExtendedInstalled: Bool) throws -> SiteProcess {
    try SiteProcess(
      release.python, ["-B"] + arguments, environment: environment(isExtendedInstalled), directory: Self.project)
  }

  private func environment(_ isExtendedInstalled: Bool) -> [String: String] {
    [
      "LMS_CFG": configuration, "SITE_FLAGS": release.flags == .features ? "features" : "flat",
      "SITE_SETTINGS": isExtendedInstalled ? "lms.settings" : "lms.settings_without_extended",
    ]
  }
}
