import ArgumentParser
import Foundation
import HistoryStores
import LMSConfiguration
import MigrationBase
import MigrationProtocol
import StudentModuleHistory

struct DrainCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drain",
    abstract: "Empties the original table of what is proven to stand in the extended one.",
    discussion: """
      For a site whose readers take the extended table alone. Refused, with the reason, unless both flags are on, a fence holds, and \
      every row compared equal behind it.

      Rows are removed range after range in small transactions with rests in between. Each transaction holds its rows and their copies \
      locked, compares them once more, and removes nothing else. Ctrl-C ends it after the transaction in hand; the next run goes on. \
      Rows above the migration's bound, and rows without an equal copy, are never removed.

      With --truncate the table is locked against everybody else, compared whole, and truncated under the same lock: quicker, and the \
      disk is given back, but deletions of learners' states wait meanwhile. It asks for the privileges DROP and ALTER.

      The rows cannot be brought back but by csmh return, from the extended table. Ends with 0 if nothing is left up to the \
      migration's bound; with 1 if it is refused, or rows had to be left; with 2 if it was stopped.
      """)

  @OptionGroup var installation: InstallationOptions
  @OptionGroup var locks: LockArguments
  @OptionGroup var output: OutputOptions

  @Flag(help: "Lock the table, compare it whole, and truncate it.")
  var truncate = false

  @Option(
    name: .customLong("transaction-limit"),
    help: ArgumentHelp("For how many seconds a transaction may hold its rows (0.05 to 60).", valueName: "seconds"))
  var transactionLimit = 1.0

  @Option(name: .customLong("max-rows-per-second"), help: ArgumentHelp("Remove no more than this.", valueName: "n"))
  var maxRowsPerSecond: Double?

  @Option(
    help: ArgumentHelp(
      "How long to rest after each transaction, as a multiple of the time that it took (0 to 100).",
      valueName: "factor"))
  var rest = 0.5

  @Flag(help: "Rebuild the table when it is empty, which gives its disk back. Asks for the privilege ALTER.")
  var reclaim = false

  @Flag(
    name: .customLong("accept-unflushed"),
    help: "Remove rows although their copies may not be on the extended server's disk yet.")
  var acceptUnflushed = false

  func validate() throws {
    guard DrainOptions.transactionLimits.contains(transactionLimit) else {
      throw ValidationError("--transaction-limit takes seconds from 0.05 to 60.")
    }
    guard transactionLimit <= Double(lockLimit.seconds) else {
      throw ValidationError(
        "--transaction-limit takes no more seconds than --lock-limit, which is \(lockLimit.seconds).")
    }
    guard maxRowsPerSecond.map({ $0 > 0 }) ?? true else {
      throw ValidationError("--max-rows-per-second takes a number above 0.")
    }
    guard (0...100).contains(rest) else { throw ValidationError("--rest takes a number from 0 to 100.") }
  }

  /// Who lets a transaction hold its rows for longer lets it keep others waiting.
  private var lockLimit: LockLimit { locks.limit(atLeast: transactionLimit * 2.5) }

  func run() async throws {
    try await output.perform { console in
      let installation = try self.installation.resolve(console).limitingLocks(to: lockLimit)
      let flags = try await installation.requiredFlags(console)
      if flags == nil {
        console.warn(
          "the databases are named by URLs, so that the flags are not known: both must be on, in every LMS and worker process"
        )
      }
      try await confirm(installation, flags, console)
      let known = flags ?? HistoryFlags(extendedEnabled: true, readOnlyFromExtended: true)
      let options = DrainOptions(
        transactionLimit: .seconds(transactionLimit), maximumRowsPerSecond: maxRowsPerSecond, rest: rest,
        reclaimsDisk: reclaim, acceptsUnflushed: acceptUnflushed)
      let truncates = truncate
      let outcome = try await Interruption.handled(console) { stop in
        let meter = ProgressMeter(phase: "drain")
        let display = ProgressDisplay(console: console)
        display.show(meter)
        return try await display.during {
          let drain = Drain(lanes: installation.pair, options: options, stop: stop, meter: meter)
          return truncates ? try await drain.truncate(flags: known) : try await drain.run(flags: known)
        }
      }
      Self.show(outcome, console)
      return outcome.isComplete
        ? .done : outcome.problemCount == 0 && outcome.isInterrupted ? .workLeft : .promiseBroken
    }
  }

  /// What is going to be removed, and whether it may.
  private func confirm(_ installation: Installation, _ flags: HistoryFlags?, _ console: Console) async throws {
    guard !output.yes else { return }
    let facts = try await InstallationFacts(
      lanes: installation.pair, flags: flags ?? HistoryFlags(extendedEnabled: true, readOnlyFromExtended: true))
    // A refusal needs no question.
    guard case .granted = DrainPermission(facts) else { return }
    let question =
      "All rows up to the id \(facts.upperBound.map { Format.count($0) } ?? "0") are going to be removed from"
      + " \(installation.pair.original.location). They stay in the extended table."
    switch console.confirms(question) {
    case true?: return
    case false?: throw Failure(.workLeft, "nothing was removed")
    case nil:
      throw Failure(
        .usage, question + " Nobody can be asked here, so nothing was removed",
        remedy: Remedy(.giveYes))
    }
  }

  private static func show(_ outcome: DrainOutcome, _ console: Console) {
    console.print("drain")
    console.print(
      "  removed \(Format.count(outcome.removedRowCount)) rows in \(Format.count(outcome.transactionCount)) transactions and"
        + " \(Format.duration(outcome.duration)), the longest transaction \(Format.milliseconds(outcome.longestTransaction))"
    )
    for problem in outcome.problems {
      console.print(
        console.style("  left: ", .red) + "ids \(problem.lowerID)-\(problem.upperID): \(problem.reason)"
          + (problem.ids.isEmpty ? "" : " (\(problem.ids.map { String($0) }.joined(separator: ", ")))"))
    }
    if outcome.problemCount > 0 {
      console.print("  what to do: csmh verify names what differs, csmh catch-up mends it")
    }
    console.print("  " + console.style(outcome.sentence, outcome.isComplete ? .green : .red))
    if outcome.rowsBeyond > 0 {
      console.print("  \(Format.count(outcome.rowsBeyond)) rows above the bound were not copied, and not touched")
    }
    console.print(
      "  disk: \(Format.bytes(Double(outcome.bytesBefore))) before, \(Format.bytes(Double(outcome.bytesAfter))) now"
        + (outcome.isComplete && outcome.freeBytesAfter > 0
          ? ", of it \(Format.bytes(Double(outcome.freeBytesAfter))) free inside the file: --reclaim gives it back"
          : ""))
    console.print("  the original table would give its next row the id \(Format.count(outcome.nextID))")
    console.emit(DrainDocument(outcome))
  }
}

/// The JSON form of what a drain did.
private struct DrainDocument: Encodable {
  struct Problem: Encodable {
    let lowerID: UInt64
    let upperID: UInt64
    let reason: String
    let ids: [UInt64]
  }

  let event = "drain"
  let isComplete: Bool
  let verdict: String
  let removedRows: UInt64
  let transactions: UInt64
  let longestTransactionSeconds: Double
  let seconds: Double
  let rowsLeft: UInt64
  let rowsBeyond: UInt64
  let bytesBefore: UInt64
  let bytesAfter: UInt64
  let nextID: UInt64
  let problemCount: UInt64
  let problems: [Problem]

  init(_ outcome: DrainOutcome) {
    isComplete = outcome.isComplete
    verdict = outcome.sentence
    removedRows = outcome.removedRowCount
    transactions = outcome.transactionCount
    longestTransactionSeconds = outcome.longestTransaction / .seconds(1)
    seconds = outcome.duration / .seconds(1)
    rowsLeft = outcome.rowsLeft
    rowsBeyond = outcome.rowsBeyond
    bytesBefore = outcome.bytesBefore
    bytesAfter = outcome.bytesAfter
    nextID = outcome.nextID
    problemCount = outcome.problemCount
    problems = outcome.problems.map {
      Problem(lowerID: $0.lowerID, upperID: $0.upperID, reason: $0.reason, ids: $0.ids)
    }
  }
}
