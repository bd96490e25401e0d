import ArgumentParser
import DemoHistories
import Foundation
import HistoryStores
import LMSConfiguration
import MigrationBase
import MigrationProtocol
import MigrationReport
import StudentModuleHistory
import Synchronization

struct DevstackCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "devstack",
    abstract: "Makes a demo installation with believable histories, migrates it under live writes, verifies it.",
    discussion: """
      Without further options everything is embedded: two SQLite files and an lms.yml in ./devstack, made anew at every call. \
      With --original and --extended the demo is made on two databases of real servers; the original one must not exist yet.
      """)

  @Option(help: "How many history rows the demo begins with (at least 100).")
  var rows = 100_000

  @Option(help: "How many learners there are (default: one for about 1,500 rows).")
  var students: Int?

  @Option(help: "The number from which everything is made up: the same seed gives the same rows.")
  var seed: UInt64 = 1

  @Option(help: ArgumentHelp("For how many seconds at least learners go on writing.", valueName: "seconds"))
  var live: Double = 3

  @Flag(name: .customLong("fill-only"), help: "Make the original database and stop: migrate it yourself.")
  var fillOnly = false

  @Option(help: ArgumentHelp("Where the files go (default: ./devstack).", valueName: "dir"))
  var directory: String?

  @Option(help: ArgumentHelp("A demo on a server: the original database, which must not exist.", valueName: "url"))
  var original: String?

  @Option(help: ArgumentHelp("A demo on a server: the extended database.", valueName: "url"))
  var extended: String?

  @OptionGroup var output: OutputOptions

  func validate() throws {
    guard rows >= 100, rows <= 1_000_000_000 else {
      throw ValidationError("--rows takes a number from 100 to 1,000,000,000.")
    }
    guard students ?? 1 >= 1 else { throw ValidationError("--students takes a number from 1 on.") }
    guard live >= 0, live <= 86_400 else { throw ValidationError("--live takes seconds from 0 to 86400.") }
    guard (original == nil) == (extended == nil) else {
      throw ValidationError("--original and --extended go together.")
    }
    guard original == nil || directory == nil else {
      throw ValidationError("A demo is either embedded (--directory) or on servers (--original, --extended).")
    }
  }

  func run() async throws {
    try await output.perform { console in
      let stack = try original == nil ? Devstack(directory: directory ?? "devstack", console) : nil
      let pair = try stack?.pair ?? serverPair(console)
      let site = DemoSite(history: DemoHistory(options: options), rowCount: rows, original: pair.original)
      try await fill(site, pair, console)
      if fillOnly { return .done }
      return try await migrate(site, pair, stack, console)
    }
  }

  /// Enough learners, courses and problems for the rows that were asked for.
  private var options: DemoHistory.Options {
    var options = DemoHistory.Options.atLeast(recordCount: rows, seed: seed)
    if let students {
      let perStudent = Double(options.studentCount * options.courseCount * options.problemsPerCourse) / Double(students)
      options = DemoHistory.Options(
        seed: seed, studentCount: students, courseCount: options.courseCount,
        problemsPerCourse: max(1, Int((perStudent / Double(options.courseCount)).rounded(.up))))
    }
    return options
  }

  private func serverPair(_ console: Console) throws -> StorePair {
    var options = try InstallationOptions.parse([])
    options.original = original
    options.extended = extended
    return try options.resolve(console).pair
  }

  private func fill(_ site: DemoSite, _ pair: StorePair, _ console: Console) async throws {
    if case .mySQL(let original, _) = pair, try await original.inventory().tableName != nil {
      throw Failure(
        .misconfigured, "\(original.location) has a history table already: a demo is not made over it",
        remedy: Remedy(.nameNewDatabase))
    }
    console.note("filling \(pair.original.location) with \(Format.count(rows)) rows of demo history ...")
    let done = Atomic<Int>(0)
    let start = ContinuousClock.now
    try await site.build { count in
      let total = done.wrappingAdd(count, ordering: .relaxed).newValue
      console.live("fill: \(Format.count(total)) rows")
    }
    let total = done.load(ordering: .relaxed)
    console.print("devstack at \(pair.original.location)")
    console.print("  \(Format.count(total)) rows of history in \(Format.duration(.now - start)), seed \(seed)")
  }

  private func migrate(
    _ site: DemoSite, _ pair: StorePair, _ stack: Devstack?, _ console: Console
  ) async throws -> ExitStatus {
    _ = try await Provisioner(lanes: pair).run()
    if let stack { try stack.turnOnExtended(console) }
    console.note("learners go on answering while the history is copied ...")
    let finished = Atomic<Bool>(false)
    // Whoever stops the migration does not want to watch learners.
    let wasStopped = Atomic<Bool>(false)
    let start = ContinuousClock.now
    let live = Duration.seconds(live)
    let demoTraffic = DemoTraffic(site: site, pair: pair, seed: seed &+ 4)
    let (outcome, counts) = try await concurrently {
      defer { finished.store(true, ordering: .relaxed) }
      let outcome = try await MigrateCommand.migrate(
        pair, headroom: Provisioner.usualHeadroom, options: CopyOptions(), catchesUp: true, console)
      wasStopped.store(!outcome.isComplete, ordering: .relaxed)
      return outcome
    } _: {
      try await demoTraffic.run(actionsPerSecond: 100) {
        finished.load(ordering: .relaxed)
          && (wasStopped.load(ordering: .relaxed) || ContinuousClock.now - start >= live)
      }
    }
    let status = MigrateCommand.show(outcome, pair, console)
    console.print(
      "meanwhile learners made \(Format.count(counts.attempts)) attempts (native rows) and \(Format.count(counts.deletedStudentModules))"
        + " student modules were deleted, with \(Format.count(counts.deletedRecords)) original rows")
    let flags = HistoryFlags(extendedEnabled: true, readOnlyFromExtended: false)
    let report = try await MigrationReport(pair: pair, isComplete: true, flags: stack == nil ? nil : flags)
    for line in ReportRendering(report: report, dress: { console.style($0, $1) }).lines { console.print(line) }
    console.emit(report)
    if let stack { stack.explain(report, console) }
    return status
  }
}
