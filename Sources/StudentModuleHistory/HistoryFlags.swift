/// The two switches of an installation's LMS configuration that decide where history is written and read.
public struct HistoryFlags: Sendable, Hashable {
  /// `ENABLE_CSMH_EXTENDED`: new records go only to the extended table, and reads take both tables.
  public var extendedEnabled: Bool

  /// `READ_ONLY_FROM_CSMHE`: reads take the extended table alone.
  ///
  /// Shipped Open edX spells it `ENABLE_READING_FROM_MULTIPLE_HISTORY_TABLES`, with the opposite sense.
  public var readOnlyFromExtended: Bool

  /// Flags as they are given; a contradiction between them is refused where they are used.
  public init(extendedEnabled: Bool, readOnlyFromExtended: Bool) {
    self.extendedEnabled = extendedEnabled
    self.readOnlyFromExtended = readOnlyFromExtended
  }

  /// The flags by their names in the migration's documents.
  public enum Name: String, Sendable, Hashable, CaseIterable {
    /// See ``HistoryFlags/extendedEnabled``.
    case extendedEnabled = "ENABLE_CSMH_EXTENDED"
    /// See ``HistoryFlags/readOnlyFromExtended``.
    case readOnlyFromExtended = "READ_ONLY_FROM_CSMHE"
  }

  /// The value of a flag.
  public subscript(name: Name) -> Bool {
    get {
      switch name {
      case .extendedEnabled: extendedEnabled
      case .readOnlyFromExtended: readOnlyFromExtended
      }
    }
    set {
      switch name {
      case .extendedEnabled: extendedEnabled = newValue
      case .readOnlyFromExtended: readOnlyFromExtended = newValue
      }
    }
  }

  /// Both flags off: an installation that has not begun.
  public static let off = HistoryFlags(extendedEnabled: false, readOnlyFromExtended: false)

  /// What the flags mean for reads and writes, as a sentence for people.
  public var meaning: String {
    switch (extendedEnabled, readOnlyFromExtended) {
    case (false, false): "writes and reads go to the original table"
    case (true, false): "writes go to the extended table, reads take both tables"
    case (true, true): "writes and reads go to the extended table"
    case (false, true): "READ_ONLY_FROM_CSMHE without ENABLE_CSMH_EXTENDED: a configuration error"
    }
  }
}
