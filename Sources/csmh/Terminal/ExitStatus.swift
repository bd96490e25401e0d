import ArgumentParser
import HistoryConsole
import LMSConfiguration
import MigrationBase
import StudentModuleHistory

/// The statuses with which csmh ends: part of the contract that scripts rely on.
enum ExitStatus: Int32 {
  /// Done, and what the command promises holds.
  case done = 0
  /// The promise does not hold: rows differ, a range is stopped, the starting id is too low.
  case promiseBroken = 1
  /// Stopped with work left and state intact. Run it again.
  case workLeft = 2
  /// The command line is wrong.
  case usage = 64
  /// A server is not reachable, went away past the retry budget, has no room left, or refuses for another reason of its own.
  case unreachable = 69
  /// A defect of csmh itself.
  case defect = 70
  /// A missing privilege, or a refused login.
  case notPermitted = 77
  /// The configuration is wrong.
  case misconfigured = 78
}

/// An error as it is told to a person: what happened and where, what to do next, and the status to end with.
struct Failure: Error {
  let status: ExitStatus
  let message: String
  var remedy: Remedy?

  /// More for `--verbose`.
  var detail: String?

  init(_ status: ExitStatus, _ message: String, remedy: Remedy? = nil, detail: String? = nil) {
    self.status = status
    self.message = message
    self.remedy = remedy
    self.detail = detail
  }

  init(_ error: any Error) {
    switch error {
    case let failure as Failure: self = failure
    case let error as HistoryStoreError where error.kind == .cancelled:
      self.init(.workLeft, Self.stoppedAtOnce, remedy: Remedy(.again), detail: error.statement)
    case let error as HistoryStoreError:
      self.init(Self.status(of: error), error.message, remedy: error.remedy, detail: error.statement)
    case let error as MigrationError:
      self.init(Self.status(of: error), error.description, remedy: error.remedy)
    case let error as LMSConfigurationError:
      self.init(.misconfigured, error.description)
    case let error as HistoryServerError:
      self.init(.misconfigured, error.description, remedy: error.remedy)
    case let error as SubmissionsDocument.TooLong:
      self.init(.promiseBroken, error.description, remedy: Remedy(.leaveOutSubmissions))
    case let error as StoppedError:
      self.init(
        .workLeft, error.description, remedy: Remedy(.again))
    case is CancellationError:
      self.init(.workLeft, Self.stoppedAtOnce, remedy: Remedy(.again))
    default:
      self.init(.defect, "a defect of csmh: \(error)", remedy: Remedy(.reportDefect))
    }
  }

  /// Whether a statement was running or not.
  private static let stoppedAtOnce = "stopped at once"

  private static func status(of error: HistoryStoreError) -> ExitStatus {
    switch error.kind {
    case .unreachable, .connectionLost, .transient, .limited, .transactionTooLarge, .diskFull, .unforeseen: .unreachable
    case .notPermitted: .notPermitted
    case .misconfigured: .misconfigured
    case .duplicateID, .valueRejected, .rowTooLarge: .promiseBroken
    case .cancelled: .workLeft
    case .other: .defect
    }
  }

  private static func status(of error: MigrationError) -> ExitStatus {
    switch error {
    case .notProvisioned, .journalTooNew, .journalTooOld, .unknownWord, .recordMismatch: .misconfigured
    case .fenceNotTaken, .rekeyInHand, .leaseLost: .workLeft
    case .startingIDTooLow, .rowTooLarge, .digestMismatch, .originalEmptied, .drainRefused, .returnRefused,
      .rekeyRefused, .idsTooNarrow:
      .promiseBroken
    case .retriesExhausted: .unreachable
    }
  }
}
