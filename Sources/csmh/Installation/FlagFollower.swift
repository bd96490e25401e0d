import HistoryStores
import LMSConfiguration
import StudentModuleHistory

/// The flags of configurations that follow one another. What was found out of an ENABLE_CSMH_EXTENDED that is not set holds until it is set.
struct FlagFollower: Sendable {
  /// The flags as they work now.
  private(set) var flags: HistoryFlags

  private var isExtendedSet: Bool

  /// - Parameter flags: those of the first configuration.
  init(_ flags: HistoryFlags, of configuration: LMSConfiguration?) {
    self.flags = flags
    isExtendedSet = configuration?.flags.extendedEnabled != nil
  }

  /// Goes on to a later configuration.
  ///
  /// - Throws: ``Failure`` or `LMSConfigurationError` for flags that make no sense together or that nothing tells; the last ones then hold.
  mutating func follow(
    _ configuration: LMSConfiguration, _ pair: StorePair, _ options: InstallationOptions, _ console: Console
  ) async throws {
    let installation = Installation(pair: pair, configuration: configuration, options: options)
    if let settled = try configuration.validatedFlags(extendedDefault: options.flagDefaults?.isOn) {
      flags = settled
    } else if !isExtendedSet {
      guard let kept = try configuration.validatedFlags(extendedDefault: flags.extendedEnabled) else { return }
      flags = kept
    } else {
      guard let found = try await installation.requiredFlags(console) else { return }
      flags = found
    }
    isExtendedSet = configuration.flags.extendedEnabled != nil
  }
}
