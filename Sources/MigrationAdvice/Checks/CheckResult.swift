package import StudentModuleHistory

/// A rule with what it found.
package struct CheckResult: Sendable, Hashable, Encodable {
  /// The rule's name, as `--rule` takes it.
  package let rule: String
  package let title: String
  package let verdict: CheckVerdict
  package let seen: String

  /// Why it matters.
  package let why: String

  /// What the operator can do; empty if nothing is to be done.
  package let remedy: [Remedy]
}
