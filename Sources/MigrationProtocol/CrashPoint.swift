internal import StudentModuleHistory

/// The places of the protocol at which a process may die; see ``Environment``.
enum CrashPoint: String, CaseIterable {
  case afterLease = "after-lease"
  case afterTransfer = "after-transfer"
  case afterDigest = "after-digest"
  case beforeCommit = "before-commit"
  case afterCommit = "after-commit"
  case afterRelease = "after-release"
  case beforeMendCommit = "before-mend-commit"
  case beforeDrainRecord = "before-drain-record"
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
}

extension Environment {
  func reach(_ point: CrashPoint) { reach(point.rawValue) }
}
