package import StudentModuleHistory

/// An ENABLE_CSMH_EXTENDED that the LMS configuration does not set, where nothing tells what that means.
package struct FlagDoubt: Sendable, Hashable {
  /// The file that should set it: `/edx/etc/lms.yml`.
  package let file: String

  /// What was seen of the tables; nil if they were not looked at.
  package let evidence: FlagEvidence?

  /// The command that tells of the flags of this installation and sets them; nil where csmh cannot change the file.
  package let command: String?

  package init(file: String, evidence: FlagEvidence?, command: String?) {
    self.file = file
    self.evidence = evidence
    self.command = command
  }

  /// What is not known, and why.
  package var sentence: String {
    "\(file) does not set ENABLE_CSMH_EXTENDED, which releases of Open edX since 2020 take for on and older ones for off"
      + (evidence.map { ", and \($0.sentence)" } ?? "")
  }

  /// What settles it: setting the flag, or saying what the release does.
  package var remedies: [Remedy] {
    // With the operator's word beside it, the setting that makes it plain is no change, and never refused.
    let set = command.map { command in
      [("on", true), ("off", false)].map { word, value in
        Remedy(.setFlagByCommand, command, word, value, word)
      }
    }
    return
      (set ?? [Remedy(.setFlagByHand, file)])
      + [Remedy(.sayFlagDefault)]
  }
}
