import HistoryStores
import LMSConfiguration
import StudentModuleHistory

/// An installation's two stores, and its LMS configuration if that is how it was named.
struct Installation: Sendable {
  let pair: StorePair
  let configuration: LMSConfiguration?

  /// What the operator says of an ENABLE_CSMH_EXTENDED that is not set.
  let flagDefault: FlagDefault?

  /// The options that named it, ready for a shell.
  let commandLine: String

  /// Whether the configuration came from standard input.
  let isFromStandardInput: Bool

  init(pair: StorePair, configuration: LMSConfiguration?, options: InstallationOptions) {
    self.pair = pair
    self.configuration = configuration
    flagDefault = options.flagDefaults
    commandLine = options.commandLine
    isFromStandardInput = options.readsStandardInput
  }

  init(
    pair: StorePair, configuration: LMSConfiguration?, flagDefault: FlagDefault?, commandLine: String,
    isFromStandardInput: Bool
  ) {
    self.pair = pair
    self.configuration = configuration
    self.flagDefault = flagDefault
    self.commandLine = commandLine
    self.isFromStandardInput = isFromStandardInput
  }

  /// What the flags mean now, as far as the configuration and the operator tell; nil for URLs.
  var flagsSentence: String? {
    guard let reading = settledFlags() else { return nil }
    return sentence(of: reading)
  }

  func sentence(of reading: FlagReading) -> String? {
    guard let configuration else { return nil }
    let readOnly = "READ_ONLY_FROM_CSMHE is \(configuration.flags.readOnlyFromExtended == true ? "on" : "off")"
    guard let flags = reading.flags else {
      return "ENABLE_CSMH_EXTENDED is not set, \(readOnly): \(reading.reason ?? "what that means is not known")"
    }
    let reason = reading.reason.map { " (not set; \($0))" } ?? ""
    return "ENABLE_CSMH_EXTENDED is \(flags.extendedEnabled ? "on" : "off")\(reason), \(readOnly): \(flags.meaning)"
  }
}
