internal import MigrationJournal
internal import StudentModuleHistory
internal import Synchronization

/// What the workers of a comparison have found so far.
final class VerificationTally: Sendable {
  struct Counts {
    var rangeCount: UInt64 = 0
    var digest = RangeDigest.empty
    var differences: [RangeDifference] = []
    var differingRangeCount: UInt64 = 0
    var differingRowCount: UInt64 = 0
  }

  private let state = Mutex(Counts())

  var counts: Counts { state.withLock { $0 } }

  func add(_ digest: RangeDigest) {
    state.withLock {
      $0.rangeCount += 1
      $0.digest.add(digest)
    }
  }

  func add(_ difference: RangeDifference) {
    state.withLock {
      $0.differingRangeCount += 1
      $0.differingRowCount += UInt64(difference.rowCount)
      if $0.differences.count < Verifier.listedRangeCount { $0.differences.append(difference) }
    }
  }
}
