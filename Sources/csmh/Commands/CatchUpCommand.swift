import ArgumentParser
import HistoryStores
import LMSConfiguration
import MigrationBase
import MigrationJournal
import MigrationProtocol
import StudentModuleHistory

struct CatchUpCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "catch-up",
    abstract: "The pass back over the original table, once writes have moved to the extended one.",
    discussion: """
      Takes the fence: locks the original table for a moment, which waits for every open transaction that has written to it, and \
      notes how far it reaches. Then copies what came since, compares every range, and brings the copies to the truth of the \
      original: rows that were added with low ids, or changed after they were copied. Again until nothing is left. Native rows are \
      never touched. Copies whose original and whose student module were deleted go too, as the LMS would have deleted them. Others \
      whose original is gone are named, and removed only with --remove-deleted; never where the original table was emptied.

      Run it when ENABLE_CSMH_EXTENDED is on and every LMS process was restarted. Ends with 0 if all original rows stand in the \
      extended table and nobody has written to the original one since the fence; with 1 if not; with 2 if it was stopped, or a \
      transaction stayed open for two minutes.
      """)

  @OptionGroup var installation: InstallationOptions
  @OptionGroup var copy: CopyArguments
  @OptionGroup var locks: LockArguments
  @OptionGroup var output: OutputOptions

  @Flag(name: .customLong("remove-deleted"), help: "Remove all copies whose original was deleted after it was copied.")
  var removeDeleted = false

  func run() async throws {
    try await output.perform { console in
      let installation = try self.installation.resolve(console).limitingLocks(locks)
      if let flags = try await installation.requiredFlags(console), !flags.extendedEnabled {
        console.warn(
          "ENABLE_CSMH_EXTENDED is off: the LMS goes on writing to the original table, and the fence will not hold")
      }
      let (options, removesDeleted) = (copy.options, removeDeleted)
      let outcome = try await Interruption.handled(console, retryBudget: copy.budget) { stop in
        let display = ProgressDisplay(console: console)
        return try await display.during {
          try await CatchUp(lanes: installation.pair, options: options, removesDeleted: removesDeleted, stop: stop).run
          {
            step, pass, meter in
            console.note("pass \(pass): \(step.rawValue) ...")
            display.show(step == .fence ? nil : meter)
          }
        }
      }
      return Self.show(outcome, console)
    }
  }

  /// Prints what was found and mended, and says how the command ends.
  static func show(_ outcome: CatchUp.Outcome, _ console: Console) -> ExitStatus {
    console.print("catch-up")
    if let fence = outcome.fence {
      console.print("  fence at the id \(Format.count(fence.largestID)), taken at \(fence.takenAt) UTC")
    }
    for (index, pass) in outcome.passes.enumerated() {
      console.print(
        "  pass \(index + 1): \(Format.count(pass.copiedRows)) rows copied; in copied ranges \(Format.count(pass.addedRows)) added,"
          + " \(Format.count(pass.changedRows)) changed, \(Format.count(pass.removedRows)) removed;"
          + " \(Format.count(pass.rangeCount)) ranges compared")
    }
    if outcome.copy.end != .finished { Rendering.copy(outcome.copy, console) }
    if let verification = outcome.verification, !verification.isEqual {
      Rendering.verification(verification, console)
      console.emit(VerificationDocument(verification))
    }
    console.print("  " + console.style(outcome.sentence, outcome.isComplete ? .green : .red))
    console.emit(CatchUpDocument(outcome))
    if outcome.isComplete { return .done }
    if outcome.verification?.isInterrupted ?? true, outcome.copy.end != .stoppedByProblems { return .workLeft }
    return .promiseBroken
  }
}

/// The JSON form of what a catch-up did.
struct CatchUpDocument: Encodable {
  struct Pass: Encodable {
    let copiedRows: UInt64
    let addedRows: Int
    let changedRows: Int
    let removedRows: Int

    /// Of these, rows that went unasked, as learners' student modules were deleted.
    let orphanRows: Int
    let ranges: UInt64
  }

  let event = "catch-up"
  let isComplete: Bool
  let verdict: String
  let fenceID: UInt64?
  let fencedAt: String?
  let fenceHolds: Bool
  let passes: [Pass]

  init(_ outcome: CatchUp.Outcome) {
    isComplete = outcome.isComplete
    verdict = outcome.sentence
    fenceID = outcome.fence?.largestID
    fencedAt = outcome.fence?.takenAt
    fenceHolds = outcome.fenceHolds
    passes = outcome.passes.map {
      Pass(
        copiedRows: $0.copiedRows, addedRows: $0.addedRows, changedRows: $0.changedRows, removedRows: $0.removedRows,
        orphanRows: $0.orphanRows, ranges: $0.rangeCount)
    }
  }
}
