internal import ArgumentParser
import LMSConfiguration
internal import MigrationJournal
internal import MigrationProtocol

extension CopyOrder: ExpressibleByArgument {}

/// The options of a copy, for the commands that copy.
struct CopyArguments: ParsableArguments {
  @Option(
    help: "How many ranges are copied at the same time (1 to 64); fewer where more would only wait for each other.")
  var workers = 4

  @Option(help: "From which end of the table ranges are taken: oldest-first or newest-first.")
  var order = CopyOrder.oldestFirst

  @Option(name: .customLong("max-rows-per-second"), help: ArgumentHelp("Copy no faster than this.", valueName: "n"))
  var maxRowsPerSecond: Double?

  @Option(
    name: .customLong("retry-budget"),
    help: ArgumentHelp(
      "For how many seconds the same work is tried again before the run gives up.", valueName: "seconds"))
  var retryBudget = 300

  func validate() throws {
    guard (1...64).contains(workers) else { throw ValidationError("--workers takes a number from 1 to 64.") }
    guard maxRowsPerSecond.map({ $0 > 0 }) ?? true else {
      throw ValidationError("--max-rows-per-second takes a number above 0.")
    }
    guard (0...86_400).contains(retryBudget) else {
      throw ValidationError("--retry-budget takes seconds from 0 to 86400.")
    }
  }

  /// For how long a server that went away is waited for.
  var budget: Duration { .seconds(retryBudget) }

  var options: CopyOptions {
    CopyOptions(
      workerCount: workers, order: order, maximumRowsPerSecond: maxRowsPerSecond)
  }
}

/// The gap between the original ids and the starting id, for the commands that provision.
struct HeadroomArguments: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How many ids the original table may still grow by before writes move (default: STUDENTMODULEHISTORYEXTENDED_OFFSET of"
        + " the LMS configuration, or 10000).", valueName: "n"))
  var headroom: UInt64?

  func validate() throws {
    guard headroom ?? 0 <= 1 << 62 else { throw ValidationError("--headroom is larger than the ids of any table.") }
  }

  func value(for installation: Installation) -> UInt64 {
    headroom ?? Self.usual(for: installation)
  }

  /// What holds without the option.
  static func usual(for installation: Installation) -> UInt64 {
    installation.configuration?.startingIDOffset.map { UInt64($0) } ?? Provisioner.usualHeadroom
  }
}
