import Foundation
import HistoryStores
import LMSConfiguration
import MigrationBase
import StudentModuleHistory

/// An installation's configuration files as they change: what its first installation is, and its flags from then on.
struct WatchedConfiguration: Sendable {
  private let options: InstallationOptions
  private let console: Console

  /// One stream for its whole life: what is read at first and what comes later are taken from it one after the other.
  private let readings: AsyncStream<ConfigurationWatcher.Reading>

  /// - Parameter stop: ends everything that is read here, if it is to end before the task is cancelled.
  init(
    _ options: InstallationOptions, _ method: ConfigurationWatcher.Method, _ console: Console,
    until stop: StopSignal? = nil
  ) throws {
    self.options = options
    self.console = console
    readings = try options.watcher(method).readings(until: stop.map { stop in { @Sendable in await stop.wait() } })
  }

  /// The installation that the first good configuration describes, and its flags from then on; waits for one, and returns nil if it is to stop before.
  ///
  /// - Throws: ``Failure`` for files that do not exist, and for databases that no configuration could make good.
  func first() async throws -> (installation: Installation, changes: FlagChanges)? {
    let files =
      if let root = options.tutorRoot { [LMSConfiguration.tutorConfiguration(root)] } else {
        try options.configurationFiles()
      }
    if let missing = files.first(where: { !FileManager.default.fileExists(atPath: $0) }) {
      throw Failure(.misconfigured, "\(missing) does not exist", remedy: Remedy(.nameConfigurationFile))
    }
    for await reading in readings {
      let configuration: LMSConfiguration
      do throws(LMSConfigurationError) {
        configuration = try reading.usable(extendedDefault: options.flagDefaults?.isOn)
      } catch {
        console.warn("the configuration cannot be used: \(error). Waiting for a good one")
        continue
      }
      for key in configuration.repeatedKeys { console.note(key.description) }
      let installation = try options.installation(configuration, console)
      guard let flags = try await installation.requiredFlags(console) else { return nil }
      return (installation, changes(of: flags, installation.pair, configuration))
    }
    return nil
  }

  /// The flags of an installation that was opened before, and their changes from its configuration on.
  func changes(of flags: HistoryFlags, _ pair: StorePair, _ configuration: LMSConfiguration) -> FlagChanges {
    let follower = FlagFollower(flags, of: configuration, extendedDefault: options.flagDefaults?.isOn)
    return FlagChanges(readings, after: follower) { [options, console] configuration in
      // The databases stay those of the beginning.
      let installation = Installation(pair: pair, configuration: configuration, options: options)
      return try await installation.requiredFlags(console) ?? flags
    }
  }
}
