internal import Foundation

/// What a process has of the world beside its databases: clocks, waiting, chance, a name of its own, and the places at which it may die.
///
/// The program runs in ``process``. A simulation makes another one, in which time is virtual and every choice comes from a seed: so nothing
/// below the program asks a clock, sleeps or draws a number by any other way (`make check-format` looks).
package struct Environment: Sendable {
  /// The time since some beginning. It never goes back, and tells nothing of the day.
  package let now: @Sendable () -> ContinuousClock.Instant

  /// The time of the day, in microseconds since 1970 (UTC). Other machines may have another opinion.
  package let microsecondsSince1970: @Sendable () -> Int64

  /// 64 random bits.
  package let random: @Sendable () -> UInt64

  /// Who this process is.
  package let identity: ProcessIdentity

  /// Called at each place where a process may die between two steps that belong together.
  package let reach: @Sendable (_ point: String) -> Void

  private let waiting: @Sendable (Duration) async throws -> Void

  package init(
    now: @escaping @Sendable () -> ContinuousClock.Instant, microsecondsSince1970: @escaping @Sendable () -> Int64,
    sleep: @escaping @Sendable (Duration) async throws -> Void, random: @escaping @Sendable () -> UInt64,
    identity: ProcessIdentity, reach: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.now = now
    self.microsecondsSince1970 = microsecondsSince1970
    waiting = sleep
    self.random = random
    self.identity = identity
    self.reach = reach
  }

  /// Waits. What can be stopped waits by its stop signal.
  ///
  /// - Throws: `CancellationError` as soon as the task is cancelled.
  package func sleep(for duration: Duration) async throws { try await waiting(duration) }

  /// A word that nobody else has: 32 hexadecimal digits.
  package func word() -> String {
    [random(), random()].map { bits in
      let digits = String(bits, radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
  }
}

extension Environment {
  /// The real world.
  package static let process = Environment(
    now: { .now }, microsecondsSince1970: { Int64(Date().timeIntervalSince1970 * 1_000_000) },
    sleep: { try await Task.sleep(for: $0) }, random: { .random(in: 0 ... .max) }, identity: .process,
    reach: CrashPoints.process.reach)
}

/// Environment's chance as a generator of the standard library's.
package struct EnvironmentGenerator: RandomNumberGenerator {
  private let environment: Environment

  package init(_ environment: Environment) {
    self.environment = environment
  }

  package mutating func next() -> UInt64 { environment.random() }
}
