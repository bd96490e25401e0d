internal import ArgumentParser
import HistoryStores
import StudentModuleHistory

/// How long csmh's locks may keep learners waiting, for the commands that hold locks of their rows.
struct LockArguments: ParsableArguments {
  @Option(
    name: .customLong("lock-limit"),
    help: ArgumentHelp(
      "For how many seconds what csmh holds locked may keep a learner's write waiting, whatever fails (2 to 3600; default: 5).",
      valueName: "seconds"))
  var lockLimit: Int?

  func validate() throws {
    guard lockLimit.map({ LockLimit.allowed.contains($0) }) ?? true else {
      throw ValidationError("--lock-limit takes seconds from 2 to 3600.")
    }
  }

  var limit: LockLimit { limit(atLeast: 0) }

  /// - Parameter seconds: what the limit is at least where none was given.
  func limit(atLeast seconds: Double) -> LockLimit {
    lockLimit.map { LockLimit(seconds: $0) }
      ?? LockLimit(seconds: max(LockLimit.usual.seconds, Int(seconds.rounded(.up))))
  }
}

extension Installation {
  /// The same installation, whose sessions keep to a limit.
  func limitingLocks(_ arguments: LockArguments) -> Installation { limitingLocks(to: arguments.limit) }

  func limitingLocks(to limit: LockLimit) -> Installation {
    Installation(
      pair: pair.limitingLocks(to: limit), configuration: configuration, flagDefault: flagDefault,
      commandLine: commandLine, isFromStandardInput: isFromStandardInput)
  }
}
