/// How long to wait before the same work is tried again: doubling from 100 ms to 10 s, with a jitter that keeps several workers
/// from coming back in step, until a budget is used up. No I/O and no clock of its own.
public struct Backoff: Sendable {
  /// The time after which trying again is given up, counted from the first failure in a row.
  public let budget: Duration

  private var failures = 0
  private var firstFailure: ContinuousClock.Instant?

  public init(budget: Duration) {
    self.budget = budget
  }

  /// How often work failed in a row.
  public var failureCount: Int { failures }

  /// Work succeeded: the next failure is a first one.
  public mutating func succeeded() {
    failures = 0
    firstFailure = nil
  }

  /// Work failed at `now`. Returns how long to wait, or nil if the budget is used up.
  public mutating func failed(
    at now: ContinuousClock.Instant, using generator: inout some RandomNumberGenerator
  ) -> Duration? {
    let first = firstFailure ?? now
    firstFailure = first
    guard now - first < budget else { return nil }
    let base = min(10_000, 100 << min(failures, 10))
    failures += 1
    return .milliseconds(Int.random(in: base / 2...base, using: &generator))
  }
}
