package import StudentModuleHistory

/// Whether the original table may be emptied now, worked out of what is known. No I/O.
package enum DrainPermission: Sendable, Hashable {
  case granted
  /// Why not, and what to do.
  case refused(reason: String, remedy: Remedy)

  /// - Parameter facts: with the flags of the LMS configuration; where they are not known, with both flags on.
  package init(_ facts: InstallationFacts) {
    let flags = facts.flags
    guard flags.extendedEnabled, flags.readOnlyFromExtended else {
      self = .refused(
        reason: flags.extendedEnabled
          ? "READ_ONLY_FROM_CSMHE is off: readers still take the original table too"
          : "ENABLE_CSMH_EXTENDED is off: the LMS writes to the original table, and reads it",
        remedy: Remedy(flags.extendedEnabled ? .setReadersThenDrain : .seeFlags))
      return
    }
    // What makes the switch of the readers safe is what makes the original rows superfluous.
    let proof = FlagAdvice(facts).change(of: .readOnlyFromExtended, to: true)
    guard proof.isSafe else {
      self = .refused(reason: proof.reason, remedy: proof.remedy ?? Remedy(.catchUp))
      return
    }
    self = .granted
  }
}
