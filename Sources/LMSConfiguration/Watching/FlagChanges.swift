package import StudentModuleHistory

/// The flags of an installation as its configuration files change: as they are at first, and then every change, and everything that
/// kept a later configuration from being followed. One sequence; it starts no task of its own.
///
/// It ends when the readings do.
package struct FlagChanges: AsyncSequence, Sendable {
  /// What happened.
  package enum Element: Sendable {
    case flags(HistoryFlags)
    /// A reading cannot be used. The last good flags hold.
    case unusable(any Error)
    /// A configuration names other databases, or other accounts, than the first one. Its flags are followed all the same.
    case otherDatabases

    /// The flags, where these have changed.
    package var flags: HistoryFlags? { if case .flags(let flags) = self { flags } else { nil } }
  }

  package typealias Failure = Never

  private let readings: AsyncStream<ConfigurationWatcher.Reading>
  private let follower: FlagFollower
  private let look: @Sendable (LMSConfiguration) async throws -> HistoryFlags

  /// - Parameters:
  ///   - readings: what the files hold after ``follower``'s first configuration; read by nobody else meanwhile.
  ///   - look: asks the tables what a flag means that is not set any more. What it throws makes the reading unusable.
  package init(
    _ readings: AsyncStream<ConfigurationWatcher.Reading>, after follower: FlagFollower,
    look: @escaping @Sendable (LMSConfiguration) async throws -> HistoryFlags
  ) {
    self.readings = readings
    self.follower = follower
    self.look = look
  }

  package func makeAsyncIterator() -> AsyncIterator { AsyncIterator(readings.makeAsyncIterator(), follower, look) }

  package struct AsyncIterator: AsyncIteratorProtocol {
    private var readings: AsyncStream<ConfigurationWatcher.Reading>.Iterator
    private var follower: FlagFollower
    private let look: @Sendable (LMSConfiguration) async throws -> HistoryFlags
    private var isAtStart = true

    /// A configuration that was told to name other databases, and is still to be followed.
    private var held: LMSConfiguration?

    init(
      _ readings: AsyncStream<ConfigurationWatcher.Reading>.Iterator, _ follower: FlagFollower,
      _ look: @escaping @Sendable (LMSConfiguration) async throws -> HistoryFlags
    ) {
      self.readings = readings
      self.follower = follower
      self.look = look
    }

    package mutating func next() async -> Element? {
      if isAtStart {
        isAtStart = false
        return .flags(follower.flags)
      }
      if let configuration = held.take(), let change = await follow(configuration) { return change }
      while let reading = await readings.next(isolation: #isolation) {
        switch reading {
        case .failure(let error): return .unusable(error)
        case .configuration(let configuration):
          if follower.isElsewhere(configuration) {
            held = configuration
            return .otherDatabases
          }
          if let change = await follow(configuration) { return change }
        }
      }
      return nil
    }

    /// - Returns: nil where nothing has changed.
    private mutating func follow(_ configuration: LMSConfiguration) async -> Element? {
      do {
        var step = try follower.follow(configuration)
        if step == .untold { step = follower.settle(try await look(configuration)) }
        if case .changed(let flags) = step { return .flags(flags) }
        return nil
      } catch {
        return .unusable(error)
      }
    }
  }
}

extension ConfigurationWatcher.Reading {
  /// The configuration to begin with: one that was understood, and whose flags make sense together.
  ///
  /// - Parameter extendedDefault: as for ``LMSConfiguration/validatedFlags(extendedDefault:)``.
  /// - Throws: ``LMSConfigurationError`` where it is to be waited for another one.
  package func usable(extendedDefault: Bool?) throws(LMSConfigurationError) -> LMSConfiguration {
    switch self {
    case .failure(let error): throw error
    case .configuration(let configuration):
      _ = try configuration.validatedFlags(extendedDefault: extendedDefault)
      return configuration
    }
  }
}
