package import StudentModuleHistory

/// The two switches as a configuration sets them. One that is not set is not off: what it means, the LMS's release decides.
package struct FlagSettings: Sendable, Hashable {
  /// `ENABLE_CSMH_EXTENDED`; nil where it is not set. Releases since 2020 take that for on, older ones for off.
  package var extendedEnabled: Bool?

  /// `READ_ONLY_FROM_CSMHE`; nil where it is not set, which in every release means that both tables are read.
  package var readOnlyFromExtended: Bool?

  package init(extendedEnabled: Bool? = nil, readOnlyFromExtended: Bool? = nil) {
    self.extendedEnabled = extendedEnabled
    self.readOnlyFromExtended = readOnlyFromExtended
  }

  /// The value of a flag; nil where it is not set.
  package subscript(name: HistoryFlags.Name) -> Bool? {
    switch name {
    case .extendedEnabled: extendedEnabled
    case .readOnlyFromExtended: readOnlyFromExtended
    }
  }

  /// The flags as they work; nil if that cannot be told.
  ///
  /// - Parameter extendedDefault: what an `ENABLE_CSMH_EXTENDED` that is not set means; nil if that is not known.
  package func flags(extendedDefault: Bool?) -> HistoryFlags? {
    guard let extended = extendedEnabled ?? extendedDefault else { return nil }
    return HistoryFlags(extendedEnabled: extended, readOnlyFromExtended: readOnlyFromExtended ?? false)
  }
}
