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
  private let state = Mutex<(installation: Installation?, failure: Failure?)>((nil, nil))

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
      throw Failure(.misconfigured, "\(missing) does not exist", remedy: "name the LMS configuration with --lms-config")
    }
    for await reading in readings {
      switch reading {
      case .failure(let error): console.warn("the configuration cannot be used: \(error). Waiting for a good one")
      case .configuration(let configuration):
        guard isSound(configuration, "Waiting for a good one") else { continue }
        let installation = try options.installation(configuration, console)
        state.withLock { $0.installation = installation }
        return installation
      }
    }
    return nil
  }

  /// The flags of that configuration, and those of every later good one.
  func flags() -> AsyncStream<HistoryFlags> {
    let (stream, continuation) = AsyncStream.makeStream(of: HistoryFlags.self)
    guard var known = state.withLock({ $0.installation?.configuration }) else {
      continuation.finish()
      return stream
    }
    continuation.yield(known.flags)
    let task = Task {
      for await reading in readings {
        switch reading {
        case .failure(let error):
          console.warn("the configuration cannot be used: \(error). The last good one holds")
        case .configuration(let configuration):
          guard isSound(configuration, "The last good one holds") else { continue }
          guard configuration.original == known.original, configuration.extended == known.extended else {
            state.withLock {
              $0.failure = Failure(
                .workLeft, "the configuration names other databases or accounts now",
                remedy: "start csmh supervise again: it then works on them")
            }
            continuation.finish()
            return
          }
          if configuration.flags != known.flags { continuation.yield(configuration.flags) }
          known = configuration
        }
      }
      continuation.finish()
    }
    continuation.onTermination = { _ in task.cancel() }
    return stream
  }

  private func isSound(_ configuration: LMSConfiguration, _ consequence: String) -> Bool {
    do {
      _ = try configuration.validatedFlags()
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
