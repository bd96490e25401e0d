import Foundation
import LMSConfiguration
import MigrationProtocol
import StudentModuleHistory

/// What the flags of an installation are, and how that is known.
struct FlagReading: Sendable {
  /// What tells the value of ENABLE_CSMH_EXTENDED.
  enum Basis: Sendable {
    /// It is set.
    case configuration
    /// It is not set: the operator says what that means.
    case operatorsWord
    /// It is not set, and the configuration shows that it is off.
    case unsetMeansOff(LMSConfiguration.UnsetMeansOff)
    /// It is not set, and the tables show what it is.
    case evidence(FlagEvidence)
    /// It is not set, and nothing tells.
    case doubt(FlagDoubt)
  }

  /// Nil where nothing tells what they are.
  let flags: HistoryFlags?
  let basis: Basis

  var doubt: FlagDoubt? { if case .doubt(let doubt) = basis { doubt } else { nil } }

  /// The flags; where ENABLE_CSMH_EXTENDED is in doubt it is taken for off, for what asks ``doubt`` first.
  func flags(of configuration: LMSConfiguration) -> HistoryFlags {
    flags
      ?? HistoryFlags(extendedEnabled: false, readOnlyFromExtended: configuration.flags.readOnlyFromExtended ?? false)
  }

  /// Why an ENABLE_CSMH_EXTENDED that is not set is what it is; nil for one that is set.
  var reason: String? {
    switch basis {
    case .configuration: nil
    case .operatorsWord: "as --flag-defaults says"
    case .unsetMeansOff(.tutor): "Tutor turns it off"
    case .unsetMeansOff(.applicationTakenOut(let file, let line)):
      "INSTALLED_APPS at \(file):\(line) has no coursewarehistoryextended"
    case .evidence(let evidence): evidence.sentence
    case .doubt(let doubt): doubt.evidence?.sentence ?? "what that means depends on the LMS's release"
    }
  }

  /// The name of the basis in JSON.
  var basisName: String {
    switch basis {
    case .configuration: "set"
    case .operatorsWord: "flag-defaults"
    case .unsetMeansOff(.tutor): "tutor"
    case .unsetMeansOff(.applicationTakenOut): "installed-apps"
    case .evidence: "evidence"
    case .doubt: "unknown"
    }
  }
}

extension Installation {
  /// The flags as far as the configuration and the operator tell them; the databases are not asked. Nil for URLs.
  func settledFlags() -> FlagReading? {
    guard let configuration else { return nil }
    let flags = configuration.knownFlags(extendedDefault: flagDefault?.isOn)
    let basis: FlagReading.Basis =
      if configuration.flags.extendedEnabled != nil { .configuration } else if flagDefault != nil {
        .operatorsWord
      } else if let reason = configuration.unsetMeansOff { .unsetMeansOff(reason) } else { .doubt(doubt(nil)) }
    return FlagReading(flags: flags, basis: basis)
  }

  /// The flags, for what depends on them a little: where only the tables can tell, they are looked at. Nil for URLs.
  ///
  /// - Throws: `HistoryStoreError`.
  func flagReading() async throws -> FlagReading? {
    guard let settled = settledFlags() else { return nil }
    guard let configuration, settled.doubt != nil else { return settled }
    let evidence = try await FlagEvidence(lanes: pair)
    guard evidence.verdict != .none else { return FlagReading(flags: nil, basis: .doubt(doubt(evidence))) }
    return FlagReading(
      flags: configuration.knownFlags(extendedDefault: evidence.verdict == .on), basis: .evidence(evidence))
  }

  /// The flags, for what writes or reads histories by them; nil for URLs.
  ///
  /// - Throws: ``Failure`` (configuration) where nothing tells what an unset ENABLE_CSMH_EXTENDED means; `LMSConfigurationError` for
  ///   flags that contradict each other.
  func requiredFlags(_ console: Console) async throws -> HistoryFlags? {
    guard let reading = try await flagReading() else { return nil }
    if let doubt = reading.doubt { throw Failure(doubt) }
    if case .evidence(let evidence) = reading.basis, let flags = reading.flags {
      console.note(
        "ENABLE_CSMH_EXTENDED is not set; it is \(flags.extendedEnabled ? "on" : "off"), as \(evidence.sentence)")
    }
    return try configuration?.validatedFlags(extendedDefault: reading.flags?.extendedEnabled)
  }

  private func doubt(_ evidence: FlagEvidence?) -> FlagDoubt {
    let files = configuration?.files ?? []
    let file = configuration?.flagsFile ?? files.first ?? "the LMS configuration"
    let command =
      isFromStandardInput
      ? nil : ["csmh flags", commandLine].filter { !$0.isEmpty }.joined(separator: " ")
    return FlagDoubt(file: file, evidence: evidence, command: command)
  }
}

extension Failure {
  /// What depends on the flags cannot be done while nobody knows them.
  init(_ doubt: FlagDoubt) {
    self.init(.misconfigured, doubt.sentence, remedy: .joined(doubt.remedies, by: "; "))
  }
}
