internal import MigrationJournal
internal import Synchronization

/// What the workers of a run know of each other.
final class CopyCrew: Sendable {
  private let state = Mutex((laneCount: 0, leases: Set<Lease>(), held: [Lease]()))

  /// How many of them have their connections.
  var laneCount: Int { state.withLock { $0.laneCount } }

  func didOpenLane() { state.withLock { $0.laneCount += 1 } }

  func didCloseLane() { state.withLock { $0.laneCount -= 1 } }

  func took(_ lease: Lease) { state.withLock { _ = $0.leases.insert(lease) } }

  func ended(_ lease: Lease) { state.withLock { _ = $0.leases.remove(lease) } }

  /// A range is committed, and its source has said that it held the locks until then. The journal hears it with the next lease that one
  /// of them takes, so that it costs no transaction of its own; until then the range is in their hands.
  func holds(_ lease: Lease) { state.withLock { $0.held.append(lease) } }

  /// What the journal has not heard yet.
  var held: [Lease] { state.withLock { $0.held } }

  /// The journal has heard it.
  func confirmed(_ leases: [Lease]) {
    state.withLock { state in
      state.held.removeAll { leases.contains($0) }
      state.leases.subtract(leases)
    }
  }

  /// Whether one of them works on a range that is leased to the run. Nobody does if the lease was committed but its acknowledgement was
  /// lost.
  func works(onRange id: UInt64) -> Bool { state.withLock { $0.leases.contains { $0.rangeID == id } } }
}
