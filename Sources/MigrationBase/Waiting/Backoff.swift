package import StudentModuleHistory

/// How long to wait before the same work is tried again: doubling, with a jitter that keeps several workers from coming back in step,
/// until a budget is used up. No I/O and no clock of its own.
package struct Backoff: Sendable {
  /// The time after which trying again is given up, counted from the first failure in a row.
  package let budget: Duration

  /// The pause after the first failure, and the longest one. Default: 100 ms and 10 s.
  private let first: Duration
  private let longest: Duration

  private var failures = 0
  private var firstFailure: ContinuousClock.Instant?

  package init(budget: Duration, first: Duration = .milliseconds(100), longest: Duration = .seconds(10)) {
    self.budget = budget
    self.first = first
    self.longest = longest
  }

  /// How often work failed in a row.
  package var failureCount: Int { failures }

  /// Work succeeded: the next failure is a first one.
  package mutating func succeeded() {
    failures = 0
    firstFailure = nil
  }

  /// Work failed at `now`. Returns how long to wait, or nil if the budget is used up.
  package mutating func failed(
    at now: ContinuousClock.Instant, using generator: inout some RandomNumberGenerator
  ) -> Duration? {
    let since = firstFailure ?? now
    firstFailure = since
    guard now - since < budget else { return nil }
    let base = min(longest, first * (1 << min(failures, 10)))
    failures += 1
    return base * Double.random(in: 0.5...1, using: &generator)
  }

  /// Work failed now.
  package mutating func failed(in environment: Environment) -> Duration? {
    var generator = EnvironmentGenerator(environment)
    return failed(at: environment.now(), using: &generator)
  }
}
