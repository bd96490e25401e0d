import ArgumentParser
import HistoryStores
import MigrationBase
import MigrationProtocol
import StudentModuleHistory

struct VerifyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "verify",
    abstract: "Compares every range on both servers; names the ids and columns that differ.",
    discussion: """
      Both sides are read from the servers: the number of rows of every range and the digest of all their columns. Ends with 0 \
      only if every row up to the migration's bound stands in both tables with the same content. It can be stopped at any moment; \
      run within a day and before another fence, it goes on where it stopped.

      With --repair, ranges that were copied and differ are mended and compared again. Native rows are never touched, and what was \
      never copied is left to csmh copy. Copies whose original and whose student module were deleted go too. Others whose original is \
      gone are named, and removed only with --remove-deleted and behind a fence that holds.

      With --sample, a random part of the ranges is compared. Ends with 0 if nothing differs in it, and says what that means for \
      all ranges. It never counts as a full verification.
      """)

  @OptionGroup var installation: InstallationOptions
  @OptionGroup var locks: LockArguments
  @OptionGroup var output: OutputOptions

  @Option(help: "How many ranges are compared at the same time (1 to 64).")
  var workers = 2

  @Flag(help: "Begin again, although an interrupted comparison could be gone on with.")
  var anew = false

  @Flag(help: "Mend what differs in ranges that were copied, and compare them again.")
  var repair = false

  @Flag(
    name: .customLong("remove-deleted"),
    help: "With --repair: remove all copies whose original was deleted after it was copied.")
  var removeDeleted = false

  @Option(help: ArgumentHelp("Compare a random sample of so many percent of the ranges.", valueName: "percent"))
  var sample: Double?

  @Option(help: ArgumentHelp("With --sample: draw the same sample as a run that printed this seed.", valueName: "n"))
  var seed: UInt64?

  func validate() throws {
    guard (1...64).contains(workers) else { throw ValidationError("--workers takes a number from 1 to 64.") }
    guard sample.map({ $0 > 0 && $0 <= 100 }) ?? true else {
      throw ValidationError("--sample takes a percentage above 0 and up to 100.")
    }
    guard sample == nil || !repair else {
      throw ValidationError("--repair mends what a comparison of everything finds: leave --sample out.")
    }
    guard sample == nil || !anew else { throw ValidationError("--sample always begins anew: leave --anew out.") }
    guard sample != nil || seed == nil else { throw ValidationError("--seed is for --sample.") }
    guard repair || !removeDeleted else { throw ValidationError("--remove-deleted is for --repair.") }
  }

  func run() async throws {
    try await output.perform { console in
      let installation = try self.installation.resolve(console)
      let pair = repair ? installation.limitingLocks(locks).pair : installation.pair
      let title = "verify \(pair.original.location) against \(pair.extended.location)"
      if repair {
        let outcome = try await mended(pair, console)
        console.print(title)
        Rendering.repair(outcome, console)
        console.emit(VerificationDocument(outcome))
        return outcome.isInterrupted ? .workLeft : outcome.isEqual ? .done : .promiseBroken
      }
      let outcome = try await compared(pair, console)
      console.print(title)
      Rendering.verification(outcome, console)
      console.emit(VerificationDocument(outcome))
      return ExitStatus(outcome)
    }
  }

  private func compared(_ pair: StorePair, _ console: Console) async throws -> VerificationOutcome {
    let workers = self.workers
    let scope: Verifier.Scope =
      sample.map { .sample(percent: $0, seed: seed ?? UInt64.random(in: 0..<1_000_000_000)) } ?? .resumable(anew: anew)
    return try await Interruption.handled(console) { stop in
      let meter = ProgressMeter(phase: "verify")
      let display = ProgressDisplay(console: console)
      display.show(meter)
      return try await display.during {
        try await Verifier(lanes: pair, scope: scope, workerCount: workers, stop: stop, meter: meter).run {
          Self.tell($0, console)
        }
      }
    }
  }

  private func mended(_ pair: StorePair, _ console: Console) async throws -> Repair.Outcome {
    let (workers, removesDeleted, anew) = (workers, removeDeleted, anew)
    return try await Interruption.handled(console) { stop in
      let display = ProgressDisplay(console: console)
      return try await display.during {
        try await Repair(
          lanes: pair, scope: .resumable(anew: anew), workerCount: workers, removesDeleted: removesDeleted, stop: stop
        ).run {
          Self.tell($0, console)
        } willBegin: { step, meter in
          console.note("\(step.rawValue) ...")
          display.show(meter)
        }
      }
    }
  }

  private static func tell(_ beginning: VerificationBeginning, _ console: Console) {
    switch beginning {
    case .goingOn(let since):
      console.note(
        "Going on with the comparison that began at \(since) UTC and was interrupted (--anew begins again).")
    case .anew(because: let reason?):
      console.note("Beginning again: the interrupted comparison is not gone on with, as \(reason.rawValue).")
    case .anew(because: nil): break
    }
  }
}

extension ExitStatus {
  init(_ outcome: VerificationOutcome) {
    if outcome.isInterrupted {
      self = .workLeft
    } else if outcome.sample != nil {
      self = outcome.confidence != nil ? .done : .promiseBroken
    } else {
      self = outcome.isEqual ? .done : .promiseBroken
    }
  }
}
