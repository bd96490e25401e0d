internal import Foundation
package import StudentModuleHistory

/// Watches the files of an LMS configuration, and reads them anew when they change.
///
/// Files may be replaced by renaming, by links that are turned (as container platforms do), or written in place; a change counts once
/// the files have stayed the same for a moment, so that a half-written file is not taken for a whole one.
package struct ConfigurationWatcher: Sendable {
  /// How changes are noticed.
  package enum Method: Sendable, Hashable {
    /// The system tells (inotify); besides, the files are looked at every 30 seconds. Where there is no such thing, every 2 seconds.
    case events
    /// The files are looked at in this rhythm. For network file systems, which do not tell.
    case polling(Duration)
  }

  /// What the files hold at a time.
  package enum Reading: Sendable {
    case configuration(LMSConfiguration)
    /// They cannot be understood: half-written, or wrong.
    case failure(LMSConfigurationError)
  }

  private let method: Method
  private let files: [String]
  private let environment: Environment
  private let read: @Sendable () throws(LMSConfigurationError) -> LMSConfiguration

  /// How long files must have stayed the same.
  private static let settlingTime = Duration.milliseconds(300)

  /// - Parameter files: as for ``LMSConfiguration/init(files:)``.
  package init(files: [String], method: Method = .events, environment: Environment = .process) {
    self.environment = environment
    self.files = files
    self.method = method
    read = { () throws(LMSConfigurationError) in try LMSConfiguration(files: files) }
  }

  /// Watches Tutor's `config.yml` in a project root.
  package init(tutorRoot: String, method: Method = .events, environment: Environment = .process) {
    self.environment = environment
    files = [LMSConfiguration.tutorConfiguration(tutorRoot)]
    self.method = method
    read = { () throws(LMSConfigurationError) in try LMSConfiguration(tutorRoot: tutorRoot) }
  }

  /// The present reading, and a new one whenever the files' bytes have changed. Ends when the task that reads it is cancelled.
  ///
  /// - Parameter end: returns when nothing is to be read any more, or its task is cancelled.
  package func readings(until end: (@Sendable () async -> Void)? = nil) -> AsyncStream<Reading> {
    let (stream, continuation) = AsyncStream.makeStream(of: Reading.self)
    let task = Task {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { await watch { continuation.yield($0) } }
        if let end { group.addTask { await end() } }
        await group.next()
        group.cancelAll()
      }
      continuation.finish()
    }
    continuation.onTermination = { _ in task.cancel() }
    return stream
  }

  private func watch(_ yield: (Reading) -> Void) async {
    let folders = Set(files.map { URL(fileURLWithPath: $0).deletingLastPathComponent().path })
    let events = method == .events ? FolderEvents(folders) : nil
    let rhythm: Duration =
      switch method {
      case .events: events == nil ? .seconds(2) : .seconds(30)
      case .polling(let rhythm): rhythm
      }
    var known: [[UInt8]?]?
    while !Task.isCancelled {
      let contents = await settled()
      if Task.isCancelled { return }
      if contents != known {
        known = contents
        do throws(LMSConfigurationError) {
          yield(.configuration(try read()))
        } catch {
          yield(.failure(error))
        }
        // What was read may be newer than what was compared.
        continue
      }
      await pause(rhythm, events)
    }
  }

  /// The files' bytes, once two looks at them agree.
  private func settled() async -> [[UInt8]?] {
    var before = contents()
    while !Task.isCancelled {
      try? await environment.sleep(for: Self.settlingTime)
      let now = contents()
      if now == before { break }
      before = now
    }
    return before
  }

  private func contents() -> [[UInt8]?] {
    files.map { file in
      do throws(LMSConfigurationError) {
        return try FileAccess.read(file, limit: ConfigurationDocument.byteLimit)
      } catch {
        return nil
      }
    }
  }

  private func pause(_ rhythm: Duration, _ events: FolderEvents?) async {
    let end = environment.now() + rhythm
    while !Task.isCancelled, environment.now() < end {
      if let events, events.take() { return }
      // Reading what the system has noted down costs next to nothing.
      try? await environment.sleep(for: min(.milliseconds(200), rhythm))
    }
  }
}
