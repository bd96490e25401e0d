import Foundation
import HistoryStores
import StudentModuleHistory
import TestSupport

/// An embedded installation in a folder of a test's own, where remedies are followed that need no server.
struct DemoInstallation: Sendable {
  /// How far it has come.
  enum State: Sendable {
    /// The original table, and nothing else.
    case filled
    /// The extended table, empty.
    case provisioned
    /// The first flag on, everything compared behind a fence, and no native row.
    case migrated
  }

  /// Where printed commands run. Nothing else is in it.
  let folder: URL

  var directory: URL { folder.appendingPathComponent("demo") }
  var configuration: URL { directory.appendingPathComponent("lms.yml") }

  /// The options that name it.
  var place: [String] { ["--directory", directory.path] }
  var configured: [String] { ["--lms-config", configuration.path] }
  var urls: [String] { ["--original", url(.original), "--extended", url(.extended)] }

  func file(_ side: HistorySide) -> String {
    directory.appendingPathComponent(side == .original ? "edxapp.db" : "edxapp_csmh.db").path
  }

  func url(_ side: HistorySide) -> String { "sqlite://" + file(side) }

  static func with(
    _ state: State = .provisioned, rows: Int = 300, _ body: (DemoInstallation) async throws -> Void
  ) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("csmh-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let demo = DemoInstallation(folder: folder)
    try await demo.done("devstack", "--rows", String(rows), "--fill-only", "--quiet")
    if state != .filled { try await demo.done("provision") }
    if state == .migrated {
      try demo.set(.extendedEnabled, true)
      try await demo.done("migrate")
    }
    try await body(demo)
  }

  func csmh(_ words: String..., environment: [String: String] = [:]) async throws -> Command.Result {
    try await Command.csmh(words + place, environment: environment)
  }

  /// Runs a command that must succeed.
  func done(_ words: String...) async throws {
    let result = try await Command.csmh(words + place)
    guard result.status == 0 else { throw TestFailure("csmh \(words): \(result.output)\(result.error)") }
  }

  /// Runs a command line as it was printed, on this installation.
  func run(_ line: String, _ more: String...) async throws -> Command.Result {
    try await PrintedCommand.run(line, more + place, in: folder)
  }

  /// Edits a flag as an operator does with an editor.
  func set(_ flag: HistoryFlags.Name, _ value: Bool) throws {
    try edit { $0.replacing(try Regex("\(flag.rawValue): (true|false)"), with: "\(flag.rawValue): \(value)") }
  }

  func edit(_ change: (String) throws -> String) throws {
    let text = try change(try String(contentsOf: configuration, encoding: .utf8))
    try text.write(to: configuration, atomically: true, encoding: .utf8)
  }

  /// Writes a file beside the configuration, and returns its path.
  @discardableResult
  func write(_ text: String, to name: String) throws -> String {
    let file = directory.appendingPathComponent(name)
    try text.write(to: file, atomically: true, encoding: .utf8)
    return file.path
  }

  /// Runs SQL, as the LMS or an operator would.
  @discardableResult
  func sql(_ side: HistorySide, _ statements: String...) async throws -> Int {
    let session = try await SQLiteStore(side: side, path: file(side)).openSession()
    var count = 0
    for statement in statements { count = try await session.execute(statement) }
    await session.close()
    return count
  }

  func rows(_ side: HistorySide, _ sql: String) async throws -> [[SQLValue]] {
    let session = try await SQLiteStore(side: side, path: file(side)).openSession()
    let rows = try await session.rows(sql)
    await session.close()
    return rows
  }

  /// A row that the LMS writes now.
  func save(_ side: HistorySide, _ state: String = "{}") async throws {
    let table = side == .original ? "courseware_studentmodulehistory" : TestInstallation.extendedTable
    try await sql(
      side, "INSERT INTO \(table) (student_module_id, created, state) VALUES (7, datetime('now'), '\(state)')")
  }
}
