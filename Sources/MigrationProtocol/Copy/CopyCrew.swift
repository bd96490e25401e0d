internal import MigrationJournal
internal import Synchronization

/// What the workers of a run know of each other.
final class CopyCrew: Sendable {
  private let state = Mutex((laneCount: 0, leases: Set<Lease>()))

  /// How many of them have their connections.
  var laneCount: Int { state.withLock { $0.laneCount } }

  func didOpenLane() { state.withLock { $0.laneCount += 1 } }

  func didCloseLane() { state.withLock { $0.laneCount -= 1 } }

  func took(_ lease: Lease) { state.withLock { _ = $0.leases.insert(lease) } }

  func ended(_ lease: Lease) { state.withLock { _ = $0.leases.remove(lease) } }

  /// Whether one of them works on a range that is leased to the run. Nobody does if the lease was committed but its acknowledgement was
  /// lost.
  func works(onRange id: UInt64) -> Bool { state.withLock { $0.leases.contains { $0.rangeID == id } } }
}
