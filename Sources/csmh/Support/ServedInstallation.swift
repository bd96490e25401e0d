import Foundation
import HistoryConsole
import HistoryMigration
import HistoryStores
import LMSConfiguration
import MariaDBClient
import StudentModuleHistory
import Synchronization

/// An installation whose history is read and written for clients: its connections, and the router that its configuration asks for.
///
/// The LMS configuration is watched by its contents. A file that cannot be used leaves everything as it is; that is said once.
final class ServedInstallation: Sendable {
  private struct Known {
    var flags: HistoryFlags
    var migration: MigrationRecord?
    var journalReadAt: ContinuousClock.Instant?
    /// The contents of the configuration files when they were last looked at.
    var contents: [Data?]
  }

  let routers: RouterSwitch

  private let pair: StorePair
  private let original: SessionPool
  private let extended: SessionPool
  private let options: InstallationOptions
  private let files: [String]
  private let databases: [DatabaseSettings?]
  private let known: Mutex<Known>

  /// How old what is known of the journal may become.
  private static let journalAge = Duration.seconds(30)

  /// How long a database may be silent before a request fails. A copy may wait for minutes, a reader may not.
  private static let patience = Duration.seconds(30)

  /// - Parameters:
  ///   - poolSize: the most connections to each database.
  ///   - options: what named the installation; they read its LMS configuration again.
  init(
    _ installation: Installation, flags: HistoryFlags, poolSize: Int, options: InstallationOptions
  ) async throws {
    pair = installation.pair.withTimeout(Self.patience)
    original = SessionPool(pair.original, limit: poolSize)
    extended = SessionPool(pair.extended, limit: poolSize)
    self.options = options
    files = installation.configuration?.files ?? []
    databases = [installation.configuration?.original, installation.configuration?.extended]
    known = Mutex(Known(flags: flags, contents: Self.contents(files)))
    routers = RouterSwitch(try HistoryRouter(flags: flags, original: original, extended: extended))
    _ = try await renew(flags)
  }

  /// Closes the connections.
  func close() async {
    await original.close()
    await extended.close()
  }

  /// What `/v1/flags` tells.
  func flagsDocument() -> FlagsDocument {
    let known = known.withLock { $0 }
    return FlagsDocument(
      flags: known.flags, phase: known.migration?.phase.rawValue, startingID: known.migration?.startingID,
      upperBound: known.migration?.upperBound)
  }

  /// Looks at the configuration and the journal again and again, until the task is cancelled.
  func watch(every interval: Duration, _ console: Console) async {
    while (try? await Task.sleep(for: interval)) != nil {
      await look(console)
    }
  }

  private func look(_ console: Console) async {
    let contents = Self.contents(files)
    let (isChanged, flags, isJournalOld) = known.withLock { known in
      defer { known.contents = contents }
      return (
        known.contents != contents, known.flags,
        known.journalReadAt.map { ContinuousClock.now - $0 >= Self.journalAge } ?? true
      )
    }
    var wanted = flags
    if isChanged {
      do {
        let configuration = try options.configuration()
        wanted = try configuration.validatedFlags()
        if [configuration.original, configuration.extended] != databases {
          console.warn("the databases in the LMS configuration have changed: restart csmh serve to use them")
        }
      } catch {
        console.warn("\(Failure(error).message). The flags stay as they were")
      }
    }
    guard wanted != flags || isJournalOld else { return }
    do {
      guard try await renew(wanted) else { return }
    } catch {
      console.warn(Failure(error).message)
    }
    if wanted != flags { console.note("the flags have changed: \(wanted.meaning)") }
  }

  /// Reads the journal, and replaces the router if something has changed. Returns whether it has.
  private func renew(_ flags: HistoryFlags) async throws -> Bool {
    let (earlier, before) = known.withLock { ($0.migration, $0.flags) }
    let migration = await migration() ?? earlier
    known.withLock { known in
      known.flags = flags
      known.migration = migration
      known.journalReadAt = .now
    }
    guard flags != before || migration?.startingID != routers.router.startingID else { return false }
    await routers.replace(
      with: try HistoryRouter(
        flags: flags, original: original, extended: extended, startingID: migration?.startingID))
    return true
  }

  /// The journal's row. Nil where there is none, and where it cannot be read now: an installation that has not begun to migrate has
  /// neither, and what fails for another reason is told by the requests that need the database.
  private func migration() async -> MigrationRecord? {
    try? await extended.withSession(isRepeatable: true) { session in
      try await Journal(dialect: session.dialect).migration(session)
    }
  }

  private static func contents(_ files: [String]) -> [Data?] {
    files.map { FileManager.default.contents(atPath: $0) }
  }
}

extension StorePair {
  /// The same stores, whose servers may be silent for no longer than `timeout`.
  fileprivate func withTimeout(_ timeout: Duration) -> StorePair {
    guard case .mySQL(let original, let extended) = self else { return self }
    func impatient(_ store: MySQLStore) -> MySQLStore {
      var configuration = store.configuration
      configuration.readTimeout = min(configuration.readTimeout, timeout)
      configuration.writeTimeout = min(configuration.writeTimeout, timeout)
      return MySQLStore(side: store.side, configuration: configuration, tableName: store.tableName)
    }
    return .mySQL(original: impatient(original), extended: impatient(extended))
  }
}
