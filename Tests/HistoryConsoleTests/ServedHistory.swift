import Foundation
import HistoryConsole
import Logging
import StudentModuleHistory
import Synchronization
import TestSupport

/// A server on a free port of loopback over an installation of two SQLite files, in the test's own process.
struct ServedHistory: Sendable {
  let installation: RoutedInstallation
  let routers: RouterSwitch
  let url: String

  /// What was logged.
  let log: CollectedLog

  /// Speaks without a token.
  let client: HTTPClient

  static let readToken = "a-token-to-read-with"
  static let writeToken = "a-token-to-write-with"

  /// Runs a test's body against a server that is stopped afterwards.
  static func with(
    _ flags: HistoryFlags = HistoryFlags(extendedEnabled: true, readOnlyFromExtended: false),
    startingID: UInt64? = nil, hasExtendedTable: Bool = true, tokens: BearerTokens = .none,
    configure: (inout HistoryServerConfiguration) -> Void = { _ in },
    beforeFlags: @escaping @Sendable () async -> Void = {},
    _ body: @Sendable (ServedHistory) async throws -> Void
  ) async throws {
    try await RoutedInstallation.with(.sqlite, hasExtendedTable: hasExtendedTable) { installation in
      let router = try installation.router(flags.extendedEnabled, flags.readOnlyFromExtended, startingID: startingID)
      let routers = RouterSwitch(router)
      var configuration = HistoryServerConfiguration(port: 0, tokens: tokens)
      configure(&configuration)
      let log = CollectedLog()
      let server = try HistoryServer(switch: routers, configuration: configuration, logger: log.logger) {
        await beforeFlags()
        return FlagsDocument(flags: routers.router.flags, phase: "copied", startingID: startingID, upperBound: 12)
      }
      try await withThrowingTaskGroup(of: Void.self) { group in
        let (urls, continuation) = AsyncStream.makeStream(of: String.self)
        group.addTask { try await server.run { continuation.yield($0) } }
        guard let url = await urls.first(where: { _ in true }) else { throw TestFailure("the server did not start") }
        do {
          try await body(
            ServedHistory(
              installation: installation, routers: routers, url: url, log: log, client: HTTPClient(url)))
        } catch {
          group.cancelAll()
          throw error
        }
        group.cancelAll()
        // A server whose task is cancelled ends with that.
        do { try await group.waitForAll() } catch is CancellationError {}
      }
    }
  }

  /// The ids of the entries of a history's answer.
  static func ids(_ answer: HTTPClient.Answer) -> [Int] {
    (answer.json["entries"] as? [[String: Any]] ?? []).compactMap { $0["id"] as? Int }
  }

  /// Takes the table away from under the server.
  func breakTable(_ side: HistorySide) async throws {
    let pool = side == .original ? installation.original : installation.extended
    try await pool.withSession(isRepeatable: false) { session in
      _ = try await session.execute("ALTER TABLE \(session.tableSQL) RENAME TO elsewhere")
    }
  }
}

/// A logger that keeps its lines.
final class CollectedLog: Sendable {
  private let collected = Mutex<[String]>([])

  var lines: [String] { collected.withLock { $0 } }

  var logger: Logger {
    Logger(label: "test") { [self] _ in Handler(log: self) }
  }

  private struct Handler: LogHandler {
    let log: CollectedLog
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .debug

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      log.collected.withLock { $0.append("\(event.level): \(event.message)") }
    }
  }
}
