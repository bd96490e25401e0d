import ArgumentParser
import LMSConfiguration
import StudentModuleHistory

/// The flags where no LMS configuration tells them.
struct FlagsOption: ParsableArguments {
  /// The three states that make sense.
  enum State: String, ExpressibleByArgument, CaseIterable {
    case off
    case extended
    case readOnly = "read-only"

    var flags: HistoryFlags {
      HistoryFlags(extendedEnabled: self != .off, readOnlyFromExtended: self == .readOnly)
    }
  }

  @Option(
    help: ArgumentHelp(
      "With --original and --extended: off (default), extended (ENABLE_CSMH_EXTENDED), or read-only (both flags on).",
      valueName: "state"))
  var flags: State?

  /// The flags of an installation.
  ///
  /// - Throws: ``Failure`` (usage) where the LMS configuration tells the flags already, or (configuration) where nothing does;
  ///   `LMSConfigurationError`.
  func resolve(_ installation: Installation, _ console: Console) async throws -> HistoryFlags {
    guard installation.configuration != nil else { return (flags ?? .off).flags }
    guard flags == nil else {
      throw Failure(
        .usage, "the LMS configuration tells the flags, and --flags contradicts it or is not needed",
        remedy: Remedy(.leaveOutFlags))
    }
    return try await installation.requiredFlags(console) ?? .off
  }
}
