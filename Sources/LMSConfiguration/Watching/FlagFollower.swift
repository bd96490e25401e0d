package import StudentModuleHistory

/// The flags of configurations that follow one another: which change counts, and what holds meanwhile. Decided without I/O.
///
/// What was found out of an ENABLE_CSMH_EXTENDED that is not set holds until it is set.
package struct FlagFollower: Sendable {
  /// What a configuration changes.
  package enum Step: Sendable, Hashable {
    /// The flags work as before.
    case unchanged
    case changed(HistoryFlags)
    /// A flag that was set is not set any more, and nothing but the tables can tell what that means: ``settle(_:)``.
    case untold
  }

  /// The flags as they work now.
  package private(set) var flags: HistoryFlags

  private let original: DatabaseSettings
  private let extended: DatabaseSettings?
  private let extendedDefault: Bool?
  private var isExtendedSet: Bool

  /// - Parameters:
  ///   - flags: as they work with the first configuration.
  ///   - configuration: the first one.
  ///   - extendedDefault: as for ``LMSConfiguration/validatedFlags(extendedDefault:)``.
  package init(_ flags: HistoryFlags, of configuration: LMSConfiguration, extendedDefault: Bool?) {
    self.flags = flags
    self.extendedDefault = extendedDefault
    original = configuration.original
    extended = configuration.extended
    isExtendedSet = configuration.flags.extendedEnabled != nil
  }

  /// Whether a configuration names other databases, or other accounts, than the first one. Where they stand in the file does not matter:
  /// a flag may have been written above them.
  package func isElsewhere(_ configuration: LMSConfiguration) -> Bool {
    guard configuration.original.isSame(as: original) else { return true }
    switch (configuration.extended, extended) {
    case (nil, nil): return false
    case (let now?, let before?): return !now.isSame(as: before)
    case (nil, _?), (_?, nil): return true
    }
  }

  /// Goes on to a later configuration.
  ///
  /// - Throws: ``LMSConfigurationError`` for flags that make no sense together; the last ones then hold.
  package mutating func follow(_ configuration: LMSConfiguration) throws(LMSConfigurationError) -> Step {
    if let told = try configuration.validatedFlags(extendedDefault: extendedDefault) {
      isExtendedSet = configuration.flags.extendedEnabled != nil
      return take(told)
    }
    guard !isExtendedSet, let kept = try configuration.validatedFlags(extendedDefault: flags.extendedEnabled) else {
      return .untold
    }
    return take(kept)
  }

  /// Takes what the tables have told of an ``Step/untold`` configuration.
  package mutating func settle(_ found: HistoryFlags) -> Step {
    isExtendedSet = false
    return take(found)
  }

  private mutating func take(_ now: HistoryFlags) -> Step {
    guard now != flags else { return .unchanged }
    flags = now
    return .changed(now)
  }
}
