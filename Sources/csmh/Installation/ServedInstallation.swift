import Foundation
import HistoryConsole
import HistoryStores
import LMSConfiguration
import MariaDBClient
import MigrationBase
import MigrationJournal
import MigrationProtocol
import StudentModuleHistory
import Synchronization

/// An installation whose history is read and written for clients: its connections, and the router that its configuration asks for.
///
/// The LMS configuration is watched. A file that cannot be used leaves everything as it is; that is said once.
final class ServedInstallation: Sendable {
  private struct Known {
    var flags: HistoryFlags
    var migration: MigrationRecord?
    var provenBelow: UInt64 = 0
  }

  let routers: RouterSwitch

  private let pair: StorePair
  private let history: InstallationHistory
  private let options: InstallationOptions
  private let configuration: LMSConfiguration?
  private let known: Mutex<Known>
  private let readiness = ReadinessCache()

  /// Whether a look at the journal waits for its turn. Never more than one does; changes of the flags all do: none comes twice.
  private let journalIsDue = Atomic(false)

  /// How long a database may be silent before a request fails. A copy may wait for minutes, a reader may not.
  private static let patience = Duration.seconds(30)

  /// - Parameters:
  ///   - poolSize: the most connections to each database.
  ///   - options: what named the installation; they read its LMS configuration again.
  init(
    _ installation: Installation, flags: HistoryFlags, poolSize: Int, options: InstallationOptions
  ) async throws {
    pair = installation.pair.withTimeout(Self.patience)
    history = InstallationHistory(pair, connectionLimit: poolSize)
    self.options = options
    configuration = installation.configuration
    known = Mutex(Known(flags: flags))
    routers = RouterSwitch(try history.router(flags))
    try await renew(flags)
  }

  /// Closes the connections.
  func close() async {
    await history.close()
  }

  /// What `/v1/flags` tells: the flags, and which change of them is safe now; at most two seconds old. Without the databases, the
  /// flags alone.
  func flagsDocument() async -> FlagsDocument {
    await readiness.document { [self] in
      let known = known.withLock { $0 }
      guard let facts = try? await InstallationFacts(lanes: pair, flags: known.flags) else {
        return FlagsDocument(
          flags: known.flags, phase: known.migration?.phase.rawValue, startingID: known.migration?.startingID,
          upperBound: known.migration?.upperBound)
      }
      return FlagsDocument(
        flags: known.flags, phase: facts.phase?.rawValue, startingID: known.migration?.startingID,
        upperBound: facts.upperBound,
        changes: FlagAdvice(facts).changes.map {
          FlagsDocument.Change(
            flag: $0.flag.rawValue, value: $0.value, verdict: $0.isSafe ? .safe : .unsafe,
            reason: $0.reason + ($0.loss.map { "; \($0)" } ?? ""))
        })
    }
  }

  /// Follows the configuration and the journal until the task is cancelled.
  ///
  /// - Parameters:
  ///   - interval: between two looks at the configuration.
  ///   - journalInterval: between two looks at the journal.
  /// One thing after the other: a look at the journal that began with the flags of before must not bring them back.
  func watch(every interval: Duration, journalEvery journalInterval: Duration, _ console: Console) async {
    enum Occasion: Sendable { case change(FlagChanges.Element), journal }
    let (occasions, send) = AsyncStream.makeStream(of: Occasion.self)
    await withTaskGroup(of: Void.self) { group in
      group.addTask {
        while (try? await Task.sleep(for: journalInterval)) != nil {
          if !self.journalIsDue.exchange(true, ordering: .relaxed) { send.yield(.journal) }
        }
        send.finish()
      }
      // Databases that were named by URLs have no configuration.
      if let configuration, let watched = try? WatchedConfiguration(options, .polling(interval), console) {
        let changes = watched.changes(of: known.withLock { $0.flags }, pair, configuration)
        group.addTask {
          for await change in changes { send.yield(.change(change)) }
        }
      }
      for await occasion in occasions {
        switch occasion {
        case .change(let change): await take(change, console)
        case .journal:
          journalIsDue.store(false, ordering: .relaxed)
          await renewQuietly(console)
        }
      }
      group.cancelAll()
    }
  }

  private func renewQuietly(_ console: Console) async {
    do {
      try await renew(known.withLock { $0.flags })
    } catch {
      console.warn(Failure(error).message)
    }
  }

  private func take(_ change: FlagChanges.Element, _ console: Console) async {
    do {
      switch change {
      case .unusable(let error): throw error
      case .otherDatabases:
        console.warn("the databases in the LMS configuration have changed: restart csmh serve to use them")
      case .flags(let flags):
        guard flags != known.withLock({ $0.flags }) else { return }
        try await renew(flags)
        console.note("the flags have changed: \(flags.meaning)")
      }
    } catch {
      console.warn("\(Failure(error).message). The flags stay as they were")
    }
  }

  /// Reads the journal, and replaces the router if something has changed.
  private func renew(_ flags: HistoryFlags) async throws {
    let now = await readJournal(flags, known: known.withLock { $0.migration })
    known.withLock { $0 = now }
    let router = routers.router
    guard
      flags != router.flags || now.migration?.startingID != router.startingID || now.provenBelow != router.provenBelow
    else { return }
    let renewed = try history.router(
      flags, startingID: now.migration?.startingID, provenBelow: now.provenBelow)
    guard flags != router.flags else { return routers.update(to: renewed) }
    await readiness.forget()
    await routers.replace(with: renewed)
  }

  /// What the journal says with these flags. An installation that has not begun to migrate has none. Where it cannot be read now, the
  /// migration is still the one that was known, but nothing is proven; what fails is told by the requests that need the database.
  private func readJournal(_ flags: HistoryFlags, known: MigrationRecord?) async -> Known {
    do {
      return try await history.extended.withSession(isRepeatable: true) { session in
        let journal = Journal()
        let migration = try await journal.migration(session)
        return Known(
          flags: flags, migration: migration, provenBelow: try await journal.provenBelow(migration, session))
      }
    } catch MigrationError.notProvisioned {
      return Known(flags: flags)
    } catch {
      return Known(flags: flags, migration: known)
    }
  }
}

/// Looks at an installation for many who ask: once at a time, because a look takes connections of its own, and not more often than
/// every two seconds.
private actor ReadinessCache {
  private var latest: (document: FlagsDocument, at: ContinuousClock.Instant)?
  private var running: Task<FlagsDocument, Never>?

  func document(_ look: @escaping @Sendable () async -> FlagsDocument) async -> FlagsDocument {
    if let latest, ContinuousClock.now - latest.at < .seconds(2) { return latest.document }
    if let running { return await running.value }
    let task = Task { await look() }
    running = task
    let document = await task.value
    running = nil
    latest = (document, .now)
    return document
  }

  func forget() { latest = nil }
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
