import Dispatch
import Foundation
import MigrationBase
import Synchronization

/// Ctrl-C and SIGTERM: the first one lets the ranges in hand be finished, the second one stops at once.
enum Interruption {
  /// Runs work that can be stopped. The second signal cancels it, which stops running statements on the servers; if that takes
  /// longer than three seconds, the process ends, and the servers roll back.
  ///
  /// - Parameter retryBudget: how long a server that went away is waited for.
  static func handled<Value: Sendable>(
    _ console: Console, retryBudget: Duration = StopSignal.usualRetryBudget,
    _ work: @escaping @Sendable (StopSignal) async throws -> Value
  ) async throws -> Value {
    let stop = StopSignal(retryBudget: retryBudget)
    let count = Atomic<Int>(0)
    let task = Task { try await work(stop) }
    let sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
      source.setEventHandler {
        stop.request()
        if count.wrappingAdd(1, ordering: .relaxed).oldValue == 0 {
          console.note("Stopping: the ranges in hand are finished first (once more to stop at once).")
        } else {
          task.cancel()
          DispatchQueue.global().asyncAfter(deadline: .now() + 3) { _exit(ExitStatus.workLeft.rawValue) }
        }
      }
      source.resume()
      return source
    }
    defer { sources.forEach { $0.cancel() } }
    return try await task.value
  }
}
