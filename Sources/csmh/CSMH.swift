import ArgumentParser
import Foundation
import MigrationBase

/// The command line: parses, calls the libraries, prints, and ends with the status of the contract (docs/command-line.md).
@main
struct CSMH: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "csmh",
    abstract: "Moves Open edX's student module history to its own database, while learners go on answering.",
    discussion: """
      Open edX keeps every state that a learner's problem ever had in courseware_studentmodulehistory. csmh copies that table \
      into the extended table with 64-bit ids in a database of its own, proves that every row arrived, and can be stopped \
      and started again at any moment.

      Start here:
        csmh devstack                                  try everything on two SQLite files, nothing else needed
        csmh advise --lms-config /edx/etc/lms.yml      what fits your installation: sizes, times, commands
        csmh check --lms-config /edx/etc/lms.yml       what would stand in the way, with remedies
        csmh migrate --lms-config /edx/etc/lms.yml     a small production installation, whole
        csmh provision, copy, verify                   the same step by step, for a large one
        csmh status                                    where it stands, and what to run next
        csmh flags                                     what the two flags mean now, and which change is safe
        csmh drain                                     empty the original table of what is proven copied
        csmh return                                    the way back, native rows included
        csmh reconcile                                 after a database went back in time
        csmh supervise                                 let the flags start, pause and finish the migration

      Exit status: 0 done; 1 the promise does not hold (rows differ); 2 stopped with work left, run it again; 64 usage; \
      69 a server is not reachable; 70 a defect of csmh; 77 not permitted; 78 the configuration is wrong.
      """,
    version: csmhVersion,
    subcommands: [
      DevstackCommand.self, AdviseCommand.self, CheckCommand.self, MigrateCommand.self, ProvisionCommand.self,
      OffsetCommand.self,
      CopyCommand.self, VerifyCommand.self, CatchUpCommand.self, DrainCommand.self, ReturnCommand.self,
      ReconcileCommand.self, StatusCommand.self,
      RecheckCommand.self, ReportCommand.self,
      FlagsCommand.self, SuperviseCommand.self, HistoryCommand.self, ServeCommand.self, MeasureReadsCommand.self,
    ])

  static func main() async {
    // A closed pipe must not end a copy in the middle.
    signal(SIGPIPE, SIG_IGN)
    let arguments = Array(CommandLine.arguments.dropFirst())
    do {
      // The parser answers a question for help on a command that does not exist with help on all of them.
      if arguments.first == "help", UsageFailure.unknownCommand(arguments) != nil {
        throw ValidationError("There is no such command.")
      }
      var command = try parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch {
      UsageFailure(error, arguments: arguments)?.exit(arguments: arguments)
      exit(withError: error)
    }
  }
}
