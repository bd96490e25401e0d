import ArgumentParser
import Foundation
import LMSConfiguration
import MigrationBase
import MigrationProtocol
import StudentModuleHistory
import Synchronization

struct SuperviseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "supervise",
    abstract: "Watches the LMS configuration, and lets the two flags start, pause and finish the migration.",
    discussion: """
      ENABLE_CSMH_EXTENDED turned on: provisions, copies and compares, and goes on bringing over what LMS processes that still \
      run with the old configuration write to the original table. READ_ONLY_FROM_CSMHE turned on: goes back over the original \
      table, compares everything, and tells the verdict. A flag turned off again: pauses, and says what that means. A \
      configuration that cannot be read is told, and the last good one holds.

      What was done stands in the journal: it can be killed at any moment and goes on when it is started again. \
      packaging/csmh-supervise.service is a systemd unit for it.

      Runs until Ctrl-C or SIGTERM (status 0 if there was nothing left to do, else 2), or with --until-verified until a pass back \
      has ended well (status 0).
      """)

  @OptionGroup var installation: InstallationOptions
  @OptionGroup var headroom: HeadroomArguments
  @OptionGroup var copy: CopyArguments
  @OptionGroup var locks: LockArguments
  @OptionGroup var output: OutputOptions

  @Option(
    help: "How changes of the files are noticed: events (the system tells), or poll, for network file systems.")
  var watch = WatchMethod.events

  @Option(help: ArgumentHelp("With --watch poll: how often the files are looked at.", valueName: "seconds"))
  var interval = 2.0

  @Option(
    help: ArgumentHelp(
      "How often the original table is looked at when everything is copied.", valueName: "seconds"))
  var recheck = 30.0

  @Flag(name: .customLong("until-verified"), help: "End when the pass back has ended with a verified verdict.")
  var untilVerified = false

  enum WatchMethod: String, ExpressibleByArgument, CaseIterable {
    case events, poll
  }

  func validate() throws {
    guard (0.1...3_600).contains(interval) else { throw ValidationError("--interval takes seconds from 0.1 to 3600.") }
    guard (0.1...86_400).contains(recheck) else { throw ValidationError("--recheck takes seconds from 0.1 to 86400.") }
  }

  func run() async throws {
    try await output.perform { console in
      guard !installation.namesURLs else {
        throw Failure(
          .usage, "supervision follows the flags of the LMS configuration, which URLs do not name",
          remedy: Remedy(.nameConfigurationOrMigrate))
      }
      return try await Interruption.handled(console) { stop in try await supervise(console, stop) }
    }
  }

  private func supervise(_ console: Console, _ stop: StopSignal) async throws -> ExitStatus {
    let method: ConfigurationWatcher.Method = watch == .events ? .events : .polling(.seconds(interval))
    let watched = try WatchedConfiguration(installation, method, console, until: stop)
    guard let (found, changes) = try await watched.first() else { return .done }
    let installation = found.limitingLocks(locks)
    let display = ProgressDisplay(console: console)
    let log = SupervisionLog(console, display)
    let supervisor = Supervisor(
      lanes: installation.pair,
      options: Supervisor.Options(
        headroom: headroom.value(for: installation), copy: copy.options, retryBudget: copy.budget,
        recheckInterval: .seconds(recheck), retryInterval: .seconds(min(60, max(recheck, 1)))
      )
    ) { log.tell($0) }
    let isElsewhere = Atomic<Bool>(false)
    let flags = changes.prefix { change in
      switch change {
      case .flags: break
      case .unusable(let error):
        console.warn("the configuration cannot be used: \(Failure(error).message). The last good one holds")
      // Another database is another installation.
      case .otherDatabases: isElsewhere.store(true, ordering: .relaxed)
      }
      return !isElsewhere.load(ordering: .relaxed)
    }.compactMap(\.flags)
    return try await display.during {
      let isVerified = await supervisor.run(flags, endsWhenVerified: untilVerified)
      if isElsewhere.load(ordering: .relaxed) {
        throw Failure(
          .workLeft, "the configuration names other databases or accounts now", remedy: Remedy(.startSuperviseAgain))
      }
      return isVerified || log.isAtRest ? .done : .workLeft
    }
  }
}
