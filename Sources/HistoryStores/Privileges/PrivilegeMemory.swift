internal import Synchronization

/// Keeps what was found of an account's privileges.
final class PrivilegeMemory: Sendable {
  private let kept = Mutex<(time: ContinuousClock.Instant, findings: PrivilegeFindings)?>(nil)

  func findings(notOlderThan age: Duration, at now: ContinuousClock.Instant) -> PrivilegeFindings? {
    kept.withLock { kept in kept.flatMap { now - $0.time < age ? $0.findings : nil } }
  }

  func keep(_ findings: PrivilegeFindings, at now: ContinuousClock.Instant) {
    kept.withLock { $0 = (now, findings) }
  }
}
