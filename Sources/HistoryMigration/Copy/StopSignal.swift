internal import Synchronization

/// The wish to stop: ranges in hand are finished, no new one is begun.
public final class StopSignal: Sendable {
  private let requested = Atomic<Bool>(false)

  public init() {}

  public var isRequested: Bool { requested.load(ordering: .relaxed) }

  public func request() { requested.store(true, ordering: .relaxed) }
}
