import Foundation
import HistoryMigration
import LMSConfiguration
import StudentModuleHistory
import Synchronization

/// The flags of an installation as they change, out of configuration files that may be invalid for a while.
final class ConfigurationReadings: Sendable {
  private let options: InstallationOptions
  private let console: Console

  /// One stream for its whole life: what is read at first and what comes later are taken from it one after the other.
  private let readings: AsyncStream<ConfigurationWatcher.Reading>
  private let state = Mutex<(installation: Installation?, follower: FlagFollower?, failure: Failure?)>((nil, nil, nil))

  /// - Parameter stop: ends everything that is read here.
  init(
    _ options: InstallationOptions, _ watcher: ConfigurationWatcher, _ console: Console, until stop: StopSignal
  ) {
    self.options = options
    self.console = console
    readings = Self.stoppable(watcher.readings(), stop)
  }

  /// Why the flags cannot be followed any longer.
  var failure: Failure? { state.withLock { $0.failure } }

  /// The installation that the first good configuration describes; waits for one, and returns nil if it is to stop before.
  ///
  /// - Throws: ``Failure`` for files that do not exist, and for databases that no configuration could make good.
  func first() async throws -> Installation? {
    let files =
      if let root = options.tutorRoot { [LMSConfiguration.tutorConfiguration(root)] } else {
        try options.configurationFiles()
      }
    if let missing = files.first(where: { !FileManager.default.fileExists(atPath: $0) }) {
      throw Failure(.misconfigured, "\(missing) does not exist", remedy: Remedy(.nameConfigurationFile))
    }
    for await reading in readings {
      switch reading {
      case .failure(let error): console.warn("the configuration cannot be used: \(error). Waiting for a good one")
      case .configuration(let configuration):
        guard isSound(configuration, "Waiting for a good one") else { continue }
        for key in configuration.repeatedKeys { console.note(key.description) }
        let installation = try options.installation(configuration, console)
        guard let flags = try await installation.requiredFlags(console) else { return nil }
        let follower = FlagFollower(flags, of: configuration)
        state.withLock { $0 = (installation, follower, nil) }
        return installation
      }
    }
    return nil
  }

  /// The flags of that configuration, and those of every later good one.
  func flags() -> AsyncStream<HistoryFlags> {
    let (stream, continuation) = AsyncStream.makeStream(of: HistoryFlags.self)
    let (installation, first) = state.withLock { ($0.installation, $0.follower) }
    guard let pair = installation?.pair, let known = installation?.configuration, let first else {
      continuation.finish()
      return stream
    }
    continuation.yield(first.flags)
    let task = Task {
      var follower = first
      for await reading in readings {
        switch reading {
        case .failure(let error):
          console.warn("the configuration cannot be used: \(error). The last good one holds")
        case .configuration(let configuration):
          guard configuration.original == known.original, configuration.extended == known.extended else {
            state.withLock {
              $0.failure = Failure(
                .workLeft, "the configuration names other databases or accounts now",
                remedy: Remedy(.startSuperviseAgain))
            }
            continuation.finish()
            return
          }
          let before = follower.flags
          do {
            try await follower.follow(configuration, pair, options, console)
          } catch {
            console.warn("the configuration cannot be used: \(Failure(error).message). The last good one holds")
            continue
          }
          if follower.flags != before { continuation.yield(follower.flags) }
        }
      }
      continuation.finish()
    }
    continuation.onTermination = { _ in task.cancel() }
    return stream
  }

  private func isSound(_ configuration: LMSConfiguration, _ consequence: String) -> Bool {
    do {
      _ = try configuration.validatedFlags(extendedDefault: options.flagDefaults?.isOn)
      return true
    } catch {
      console.warn("the configuration cannot be used: \(error). \(consequence)")
      return false
    }
  }

  /// The readings until a stop is asked for.
  private static func stoppable(
    _ readings: AsyncStream<ConfigurationWatcher.Reading>, _ stop: StopSignal
  ) -> AsyncStream<ConfigurationWatcher.Reading> {
    let (stream, continuation) = AsyncStream.makeStream(of: ConfigurationWatcher.Reading.self)
    let reading = Task {
      for await reading in readings { continuation.yield(reading) }
      continuation.finish()
    }
    let stopping = Task {
      await stop.wait()
      continuation.finish()
    }
    continuation.onTermination = { _ in
      reading.cancel()
      stopping.cancel()
    }
    return stream
  }
}
