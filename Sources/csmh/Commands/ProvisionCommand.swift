import ArgumentParser
import HistoryStores
import LMSConfiguration
import MigrationAdvice
import MigrationBase
import MigrationProtocol
import StudentModuleHistory

struct ProvisionCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "provision",
    abstract: "Creates the extended database, the extended table, the journal and the starting id.",
    discussion: """
      What exists is left as it is, and AUTO_INCREMENT is never lowered, so the command can be run again at any time. The \
      starting id lies above the original table's largest id and its AUTO_INCREMENT, by the headroom.

      Where Django did not make the table itself, it has to be told of it once: the manage.py command is printed. csmh writes nothing into \
      django_migrations.

      With --print-sql nothing is changed: it prints the statements that would run, and the GRANTs that the application's and \
      csmh's users need.
      """)

  @OptionGroup var installation: InstallationOptions
  @OptionGroup var headroom: HeadroomArguments
  @OptionGroup var output: OutputOptions

  @Flag(name: .customLong("print-sql"), help: "Print what would run, and the GRANTs that are needed; change nothing.")
  var printSQL = false

  func run() async throws {
    try await output.perform { console in
      let installation = try self.installation.resolve(console)
      let headroom = headroom.value(for: installation)
      let isPrinted = printSQL
      let plan = try await Interruption.handled(console) { stop in
        let provisioner = Provisioner(lanes: installation.pair, headroom: headroom, stop: stop) {
          Rendering.waits($0, console)
        }
        return try await isPrinted ? provisioner.plan(checkingPrivileges: false) : provisioner.run()
      }
      if printSQL {
        try await Self.printSQL(plan, installation, console)
        return .done
      }
      console.print("provision \(installation.pair.extended.location)")
      Rendering.plan(plan, console)
      console.emitDocument(PlanDocument(plan))
      console.note("next: csmh copy, or csmh migrate, which also verifies")
      return .done
    }
  }

  private static func printSQL(
    _ plan: Provisioner.Plan, _ installation: Installation, _ console: Console
  ) async throws {
    let pair = installation.pair
    let grants = try await Grants(for: pair, applicationUser: installation.configuration?.extended?.user)
    console.print("-- csmh \(csmhVersion): what csmh provision would run on \(pair.extended.location)")
    for step in plan.steps {
      console.print("\n-- \(step.title): \(step.note)")
      for statement in step.statements { console.print(lines: statement + ";") }
    }
    if plan.needsDjango {
      console.print("\n-- For Django, afterwards: \(DjangoMigration.why):")
      console.print("-- \(DjangoMigration.commandLine)")
    }
    if let grants {
      console.print("\n-- The application's user (adapt name and host):")
      grants.application.forEach { console.print($0) }
      console.print(
        "\n-- A user of csmh's own, for the whole way (adapt name, host and password; CREATE USER comes first):")
      grants.csmh.forEach { console.print($0) }
    }
    console.emitDocument(PlanDocument(plan, applicationGrants: grants?.application, csmhGrants: grants?.csmh))
  }
}
