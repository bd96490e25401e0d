internal import Foundation
internal import Synchronization

/// Places at which a test can let the process die as `kill -9` would: named in the environment variable `CSMH_CRASH_AT`, as
/// `before-commit`, or `before-commit:7` for the seventh time that the place is reached. Without the variable nothing happens.
enum CrashPoint: String, CaseIterable {
  case afterLease = "after-lease"
  case afterTransfer = "after-transfer"
  case afterDigest = "after-digest"
  case beforeCommit = "before-commit"
  case afterCommit = "after-commit"
  case afterRelease = "after-release"
  case beforeMendCommit = "before-mend-commit"
  case afterDrainBegin = "after-drain-begin"
  case beforeDrainDelete = "before-drain-delete"
  case beforeDrainCommit = "before-drain-commit"
  case afterDrainCommit = "after-drain-commit"
  case beforeTruncate = "before-truncate"
  case afterTruncate = "after-truncate"
  case inVerify = "in-verify"
  case afterRekeyBegin = "after-rekey-begin"
  case afterRekeyRaise = "after-rekey-raise"
  case beforeRekeyCommit = "before-rekey-commit"
  case afterRekeyCommit = "after-rekey-commit"

  private static let wanted: (point: CrashPoint, count: Int)? = {
    guard let text = ProcessInfo.processInfo.environment["CSMH_CRASH_AT"] else { return nil }
    let parts = text.split(separator: ":")
    guard let point = parts.first.flatMap({ CrashPoint(rawValue: String($0)) }) else { return nil }
    return (point, parts.count > 1 ? Int(parts[1]) ?? 1 : 1)
  }()

  private static let reached = Atomic<Int>(0)

  static func reach(_ point: CrashPoint) {
    guard let wanted, wanted.point == point else { return }
    if reached.wrappingAdd(1, ordering: .relaxed).newValue == wanted.count { kill(getpid(), SIGKILL) }
  }
}
