import ArgumentParser
import Foundation
import HistoryStores
import MigrationBase
import MigrationJournal
import MigrationProtocol
import StudentModuleHistory

struct OffsetCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "offset",
    abstract:
      "Verifies the starting id: whether new rows of the extended table can collide with original ones. Repairs it.",
    discussion: """
      By itself it changes nothing. Ends with 0 if the next row that the LMS writes to the extended table gets an id above \
      everything that the original table has handed out, and with 1 if not, or if native rows stand among the original ids already.

      --repair raises AUTO_INCREMENT of the extended table above all that, plus a runway; it never lowers it.

      --rekey moves native rows that took low ids above the original ones, in their order, while the LMS writes: first the counter \
      is raised, then the rows move up by one number, in short transactions that prove themselves. It can be stopped and run again. \
      --rekey --undo moves them back. Both ask on a terminal; elsewhere they need --yes, or end with 64 after the plan.
      """)

  @OptionGroup var installation: InstallationOptions
  @OptionGroup var headroom: HeadroomArguments
  @OptionGroup var locks: LockArguments
  @OptionGroup var output: OutputOptions

  @Flag(help: "Raise AUTO_INCREMENT of the extended table where it is too low.")
  var repair = false

  @Flag(help: "Move native rows with low ids above the original ids.")
  var rekey = false

  @Flag(help: "With --rekey: move the rows back to the ids that they had.")
  var undo = false

  @Option(
    help: ArgumentHelp(
      "In place of --headroom: for how long, or for how many ids, the original table can still grow: 90m, 12h, 30d, 2w, or 500000.",
      valueName: "time|ids"))
  var runway: String?

  @Flag(
    name: [.customLong("print-plan"), .customLong("dry-run")],
    help: "With --rekey: print what would be moved; change nothing.")
  var printPlan = false

  @Option(
    help: ArgumentHelp(
      "With --rekey: for how many seconds rows rest after the counter was raised, so that requests of the LMS which wrote them end.",
      valueName: "seconds"))
  var settle = 60

  @Option(
    name: .customLong("max-rows-per-second"),
    help: ArgumentHelp("With --rekey: move no more rows than this.", valueName: "n"))
  var maxRowsPerSecond: Double?

  func validate() throws {
    if repair, rekey {
      throw ValidationError("--repair and --rekey are two commands: --rekey raises the counter by itself.")
    }
    if undo, !rekey { throw ValidationError("--undo goes with --rekey.") }
    if printPlan, !rekey { throw ValidationError("--print-plan goes with --rekey.") }
    if maxRowsPerSecond != nil, !rekey { throw ValidationError("--max-rows-per-second goes with --rekey.") }
    if !repair, !rekey, runway != nil || headroom.headroom != nil {
      throw ValidationError("--runway and --headroom go with --repair or --rekey.")
    }
    if runway != nil, headroom.headroom != nil { throw ValidationError("Give --runway or --headroom.") }
    if let runway, Runway(runway) == nil {
      throw ValidationError("--runway takes a time (90m, 12h, 30d, 2w) or a number of ids, not '\(runway)'.")
    }
    guard (0...86_400).contains(settle) else { throw ValidationError("--settle takes seconds from 0 to 86400.") }
    guard maxRowsPerSecond.map({ $0 > 0 }) ?? true else {
      throw ValidationError("--max-rows-per-second takes a number above 0.")
    }
  }

  func run() async throws {
    try await output.perform { console in
      let installation = try self.installation.resolve(console).limitingLocks(locks)
      if repair { return try await repair(installation, console) }
      if rekey { return try await (undo ? undo(installation, console) : rekey(installation, console)) }
      let report = try await StartingIDReport(lanes: installation.pair)
      Self.show(report, console)
      console.emitDocument(report)
      return report.isSafe ? .done : .promiseBroken
    }
  }

  private static func show(_ report: StartingIDReport, _ console: Console) {
    console.print(
      "original   largest id \(report.originalLargestID.map { Format.count($0) } ?? "none"), next \(Format.count(report.originalNextID))"
    )
    console.print("extended   next native id \(Format.count(report.extendedNextID))")
    if report.isSafe {
      console.print(
        console.style("safe: ", .green)
          + "the original table can grow by \(Format.count(report.gap)) ids before new rows would collide")
      if let seconds = report.gapSeconds, let rate = report.idsPerSecond {
        console.print(
          "      at its present rate of \(String(format: "%.2f", rate)) ids a second that lasts \(Format.duration(.seconds(seconds)))"
        )
      }
    } else {
      console.print(console.style("not safe: ", .red) + report.sentence)
      console.print("what to do: \(report.remedy)")
    }
  }

  /// The headroom in ids that the options ask for.
  private func idCount(_ installation: Installation) async throws -> UInt64 {
    guard let runway = runway.flatMap({ Runway($0) }) else { return headroom.value(for: installation) }
    var rate: Double?
    if case .seconds = runway { rate = try await Runway.measuredRate(of: installation.pair) }
    guard let count = runway.idCount(idsPerSecond: rate) else {
      throw Failure(
        .usage,
        "the rate at which the original table hands out ids cannot be told: it has too few rows, or their times lie ahead",
        remedy: Remedy(.giveRunwayInIDs))
    }
    return count
  }

  // MARK: Repair

  private func repair(_ installation: Installation, _ console: Console) async throws -> ExitStatus {
    let headroom = try await idCount(installation)
    let repair = try await Interruption.handled(console) { stop in
      try await Provisioner(lanes: installation.pair, headroom: headroom, stop: stop) {
        Rendering.waits($0, console)
      }.repair()
    }
    console.print(
      repair.nextIDBefore == repair.nextIDAfter
        ? "the next native id \(Format.count(repair.nextIDAfter)) is high enough: nothing to do"
        : "raised    the next native id from \(Format.count(repair.nextIDBefore)) to \(Format.count(repair.nextIDAfter))"
    )
    Self.show(repair.report, console)
    console.emitDocument(OffsetRepairDocument(repair))
    return repair.report.isSafe ? .done : .promiseBroken
  }

  // MARK: Re-key

  private func rekeyer(_ options: RekeyOptions, _ installation: Installation, _ stop: StopSignal) -> Rekeyer {
    Rekeyer(lanes: installation.pair, options: options, stop: stop, meter: ProgressMeter(phase: "re-key"))
  }

  private func options(_ installation: Installation) async throws -> RekeyOptions {
    RekeyOptions(
      headroom: try await idCount(installation), settle: .seconds(settle), maximumRowsPerSecond: maxRowsPerSecond)
  }

  private func rekey(_ installation: Installation, _ console: Console) async throws -> ExitStatus {
    let options = try await options(installation)
    let proposal = try await rekeyer(options, installation, StopSignal()).proposal()
    console.print("re-key \(installation.pair.extended.location)")
    RekeyRendering.proposal(proposal, console)
    console.emit(RekeyPlanDocument(proposal))
    guard let plan = proposal.plan else {
      console.print("  no native row stands among the original ids: nothing to do")
      let report = try await StartingIDReport(lanes: installation.pair)
      Self.show(report, console)
      return report.isSafe && proposal.survey.reused.isEmpty ? .done : .promiseBroken
    }
    if printPlan { return .done }
    guard try confirm("Move \(Format.count(plan.rowCount)) rows?", console) else { return .workLeft }
    let outcome = try await moving(installation, options, console) { try await $0.run(willBegin: $1) }
    guard let outcome else { return .done }
    RekeyRendering.outcome(outcome, console)
    if !outcome.isInterrupted { Self.show(outcome.report, console) }
    console.emit(RekeyDocument(outcome, isUndo: false))
    if outcome.isComplete {
      console.note("next: csmh copy. csmh offset --rekey --undo moves the rows back, until their old ids are copied")
    }
    return outcome.isInterrupted ? .workLeft : outcome.isComplete ? .done : .promiseBroken
  }

  private func undo(_ installation: Installation, _ console: Console) async throws -> ExitStatus {
    let options = try await options(installation)
    let proposal = try await rekeyer(options, installation, StopSignal()).undoProposal()
    console.print("take back the re-key of \(installation.pair.extended.location)")
    console.emit(RekeyUndoPlanDocument(proposal))
    guard let proposal else {
      console.print("  there is none, or it was taken back: nothing to do")
      return .done
    }
    console.print(
      "  \(Format.count(proposal.rowCount)) rows with ids from \(Format.count(proposal.record.target.lower)) to"
        + " \(Format.count(proposal.record.target.upper)) move down by \(Format.count(proposal.record.shift)), to the ids that they had"
    )
    if printPlan, proposal.blocked.isEmpty { return .done }
    if proposal.blocked.isEmpty {
      guard try confirm("Move \(Format.count(proposal.rowCount)) rows back among the original ids?", console) else {
        return .workLeft
      }
    }
    let outcome = try await moving(installation, options, console) { try await $0.undo(willBegin: $1) }
    guard let outcome else { return .done }
    RekeyRendering.outcome(outcome, console)
    console.emit(RekeyDocument(outcome, isUndo: true))
    return outcome.isInterrupted ? .workLeft : outcome.blocked.isEmpty ? .done : .promiseBroken
  }

  /// Without a terminal nobody can be asked: then `--yes` must say it.
  private func confirm(_ question: String, _ console: Console) throws -> Bool {
    if output.yes { return true }
    guard let answer = console.confirms(question) else {
      throw Failure(.usage, "nobody can be asked whether rows may be moved", remedy: Remedy(.addYes))
    }
    return answer
  }

  private func moving(
    _ installation: Installation, _ options: RekeyOptions, _ console: Console,
    _ work: @escaping @Sendable (Rekeyer, (Rekeyer.Step) async -> Void) async throws -> RekeyOutcome?
  ) async throws -> RekeyOutcome? {
    try await Interruption.handled(console) { stop in
      let display = ProgressDisplay(console: console)
      let meter = ProgressMeter(phase: "re-key")
      let rekeyer = Rekeyer(lanes: installation.pair, options: options, stop: stop, meter: meter)
      return try await display.during {
        try await work(rekeyer) { step in
          display.show(step == .move ? meter : nil)
          console.note(Self.note(step))
        }
      }
    }
  }

  private static func note(_ step: Rekeyer.Step) -> String {
    switch step {
    case .search: "looking for native rows ..."
    case .raise: "raising the next native id; waits for open transactions ..."
    case .settle(let rest):
      "waiting \(Format.duration(rest)), until requests of the LMS that wrote low ids have ended ..."
    case .move: "moving ..."
    case .prove: "comparing with what stood there before ..."
    }
  }
}
