public import StudentModuleHistory

/// A rule with what it found.
public struct CheckResult: Sendable, Hashable, Encodable {
  /// The rule's name, as `--rule` takes it.
  public let rule: String
  public let title: String
  public let verdict: CheckVerdict
  public let seen: String

  /// Why it matters.
  public let why: String

  /// What the operator can do; empty if nothing is to be done.
  public let remedy: [Remedy]
}
