package import StudentModuleHistory

extension LMSConfiguration {
  /// One of the two switches, by its name on csmh's command line and in the migration's documents.
  package typealias Flag = HistoryFlags.Name

  /// A name under which a flag stands in a configuration file.
  package enum FlagSpelling: String, Sendable, Hashable, CaseIterable {
    /// ``Flag/extendedEnabled``, in every Open edX.
    case enableCSMHExtended = "ENABLE_CSMH_EXTENDED"
    /// ``Flag/readOnlyFromExtended``, as the migration was drafted.
    case readOnlyFromCSMHE = "READ_ONLY_FROM_CSMHE"
    /// ``Flag/readOnlyFromExtended`` with the opposite sense, as Open edX shipped it. Its default there is true.
    case enableReadingFromMultipleHistoryTables = "ENABLE_READING_FROM_MULTIPLE_HISTORY_TABLES"

    /// The flag that is meant.
    package var flag: Flag {
      switch self {
      case .enableCSMHExtended: .extendedEnabled
      case .readOnlyFromCSMHE, .enableReadingFromMultipleHistoryTables: .readOnlyFromExtended
      }
    }

    /// Whether true in the file means that the flag is off.
    package var isInverted: Bool { self == .enableReadingFromMultipleHistoryTables }
  }

  /// A place in a configuration file where a flag is set.
  package struct FlagPlace: Sendable, Hashable {
    /// The name that the flag has there.
    package let spelling: FlagSpelling
    /// The flag's value, in the sense of the flag: the opposite of what is written for an inverted spelling.
    package let value: Bool
    /// The file, spelt as it was given.
    package let file: String
    /// The line, from 1, of the key.
    package let line: Int
    /// The keys that lead there: the name alone, or below `FEATURES`.
    package let keyPath: [String]

    /// What is written in the file.
    package var writtenValue: Bool { value != spelling.isInverted }
  }
}

extension ConfigurationDocument {
  /// The mapping that Open edX keeps most of its switches in.
  static let features = "FEATURES"

  /// The mappings that a flag may stand in: the top level, and `FEATURES` if there is such a mapping.
  func flagMappings() throws(LMSConfigurationError) -> [ConfigurationMapping] {
    if let features = try mapping.mapping(Self.features) { return [mapping, features] }
    return [mapping]
  }

  /// Every place in this file where `flag` is set, from the top down.
  func places(of flag: LMSConfiguration.Flag) throws(LMSConfigurationError) -> [LMSConfiguration.FlagPlace] {
    var places: [LMSConfiguration.FlagPlace] = []
    for mapping in try flagMappings() {
      for spelling in LMSConfiguration.FlagSpelling.allCases where spelling.flag == flag {
        guard let value = mapping.node[spelling.rawValue] else { continue }
        let key = spelling.rawValue
        guard let written = value.scalar?.bool else {
          if let scalar = value.scalar, scalar.kind == .text, scalar.looksBoolean {
            let remedy = scalar.isPlain ? "write true or false in small letters" : "remove the quotes"
            throw mapping.error(key, "is text where a boolean is expected: \(remedy)")
          }
          throw mapping.error(key, "is \(value.typeName) where a boolean is expected: write true or false")
        }
        let place = LMSConfiguration.FlagPlace(
          spelling: spelling, value: written != spelling.isInverted, file: path,
          line: mapping.node.ownEntry(key)?.key.line ?? value.line, keyPath: mapping.keyPath + [key])
        places.append(place)
      }
    }
    return places.sorted { $0.line < $1.line }
  }
}
