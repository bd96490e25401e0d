internal import MigrationProtocol

/// What the operator gives beside the installation: wishes, and what the printed commands need.
package struct AdviceTerms: Sendable, Hashable {
  /// Where the flags are set, as far as csmh can tell.
  package enum FlagPlace: Sendable, Hashable {
    /// In the files that the installation was named by: `csmh flags` edits them.
    case lmsConfiguration
    /// In a Tutor project, which makes the LMS's configuration anew from templates.
    case tutor
    /// In files that this command was not told of.
    case elsewhere
  }

  /// The option to plan for; nil for the one that fits.
  package var option: MigrationOption?

  /// A measured rate of copying; nil for the usual one.
  package var rowsPerSecond: Double?

  /// The options that name the installation, ready for a shell, without any password: `--lms-config /edx/etc/lms.yml`.
  package var installationOptions: String

  package var flagPlace: FlagPlace

  /// The headroom that `csmh provision` takes by itself.
  package var usualHeadroom: UInt64

  package init(
    option: MigrationOption? = nil, rowsPerSecond: Double? = nil, installationOptions: String = "",
    flagPlace: FlagPlace = .elsewhere, usualHeadroom: UInt64 = Provisioner.usualHeadroom
  ) {
    self.option = option
    self.rowsPerSecond = rowsPerSecond
    self.installationOptions = installationOptions
    self.flagPlace = flagPlace
    self.usualHeadroom = usualHeadroom
  }
}
