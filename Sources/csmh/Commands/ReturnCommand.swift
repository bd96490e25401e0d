import ArgumentParser
import HistoryStores
import LMSConfiguration
import MigrationAdvice
import MigrationBase
import MigrationProtocol
import StudentModuleHistory

struct ReturnCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "return",
    abstract: "The way back: brings everything from the extended table to the original one, native rows included.",
    discussion: """
      For a site that gives the extended table up, before or after the original one was drained. Rows keep their ids: native rows have \
      ids that the original table never handed out. Where nothing was drained, only native rows are brought back; else everything. The \
      journal of the way back is in the original database; copying, locks, digests and comparisons are those of the way there.

      Run it first while the LMS writes to the extended table: it brings back the bulk. Then turn both flags off, restart every LMS and \
      worker process, and run it again: it takes the fence on the extended table, brings back what came since, and compares \
      everything. In between readers miss the records of the minutes before the restart.

      If the ids do not fit, it prints the statement that widens the original table's, and ends with 1; --widen runs it. Nothing is \
      removed from the extended table. Ends with 0 if everything stands in the original table; with 1 if not; with 2 if it was stopped.
      """)

  @OptionGroup var installation: InstallationOptions
  @OptionGroup var copy: CopyArguments
  @OptionGroup var locks: LockArguments
  @OptionGroup var output: OutputOptions

  @Option(
    help: ArgumentHelp(
      "How many ids the extended table may still use before the LMS writes to the original table again.",
      valueName: "n"))
  var headroom = Provisioner.usualHeadroom

  @Flag(help: "Widen the original table's ids to 64 bits where they do not fit: the table is rebuilt.")
  var widen = false

  @Flag(
    name: .customLong("print-plan"), help: "Print what would be done to the original table, as SQL; change nothing.")
  var printPlan = false

  @Flag(
    name: .customLong("writes-moved"),
    help: "With --original and --extended: the LMS writes to the original table again, in every process.")
  var writesMoved = false

  @Flag(
    name: .customLong("remove-deleted"),
    help: "Remove all rows that came back and whose row in the extended table was deleted since.")
  var removeDeleted = false

  func validate() throws {
    guard headroom <= 1 << 62 else { throw ValidationError("--headroom is larger than the ids of any table.") }
  }

  func run() async throws {
    try await output.perform { console in
      let installation = try self.installation.resolve(console).limitingLocks(locks)
      let (headroom, widens) = (headroom, widen)
      let preparation = { @Sendable (stop: StopSignal) in
        ReturnPreparation(lanes: installation.pair, headroom: headroom, widens: widens, stop: stop) {
          Rendering.waits($0, console)
        }
      }
      if printPlan {
        let plan = try await Interruption.handled(console) { try await preparation($0).plan() }
        try await Self.print(plan, installation, console)
        return .done
      }
      let flags = try await installation.requiredFlags(console)
      if let sentence = installation.flagsSentence { console.note(sentence) }
      let isMoved = flags.map { !$0.extendedEnabled } ?? writesMoved
      let (options, removesDeleted) = (copy.options, removeDeleted)
      let outcome = try await Interruption.handled(console, retryBudget: copy.budget) { stop in
        let display = ProgressDisplay(console: console)
        return try await display.during {
          try await Migration(
            returning: preparation(stop), options: options, catchesUp: isMoved, removesDeleted: removesDeleted
          ).run { step, meter in
            console.note("\(step.rawValue) ...")
            display.show(step == .provision ? nil : meter)
          }
        }
      }
      let status = MigrateCommand.show(outcome, installation.pair.lanes(.back), console)
      guard status == .done else { return status }
      if isMoved {
        try await Interruption.handled(console, retryBudget: copy.budget) {
          try await preparation($0).conclude()
        }
        console.print(console.style("everything stands in the original table, and the LMS writes there", .green))
        console.note("next: leave the extended table as it is, or keep a dump of it, until you need it no more")
      } else {
        console.print("the bulk is back; the LMS still writes to the extended table")
        console.note(
          "next: turn both flags off (csmh flags --set, with --force: it says what readers miss until then), restart every LMS and"
            + " worker process, then run csmh return again")
      }
      return .done
    }
  }

  private static func print(
    _ plan: Provisioner.Plan, _ installation: Installation, _ console: Console
  ) async throws {
    console.print(
      "-- csmh \(csmhVersion): what csmh return would run on \(installation.pair.original.location) before it copies")
    for step in plan.steps {
      console.print("\n-- \(step.title): \(step.note)")
      for statement in step.statements { console.print(lines: statement + ";") }
    }
    let grants = try await Grants(for: installation.pair, applicationUser: nil)
    if let grants {
      console.print("\n-- What csmh's user needs from here to the end (adapt name and host):")
      grants.returning.forEach { console.print($0) }
    }
    console.emitDocument(PlanDocument(plan, csmhGrants: grants?.returning))
  }
}
