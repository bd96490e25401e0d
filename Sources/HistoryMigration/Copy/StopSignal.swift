internal import StudentModuleHistory
internal import Synchronization

/// The wish to stop: ranges in hand are finished, no new one is begun.
public final class StopSignal: Sendable {
  private let requested = Atomic<Bool>(false)

  public init() {}

  public var isRequested: Bool { requested.load(ordering: .relaxed) }

  /// Runs work with a signal of its own, which is requested as soon as this one is: what asks its own signal to stop, as a copier does
  /// that fails, does not end what comes after it.
  func followed<Value: Sendable>(by work: (StopSignal) async throws -> Value) async throws -> Value {
    let own = StopSignal()
    return try await alongside {
      while !Task.isCancelled, !self.isRequested {
        do { try await Task.sleep(for: .milliseconds(100)) } catch { return }
      }
      if self.isRequested { own.request() }
    } _: {
      try await work(own)
    }
  }

  public func request() { requested.store(true, ordering: .relaxed) }
}
