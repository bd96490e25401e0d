import ArgumentParser
import HistoryStores
import LMSConfiguration
import MigrationAdvice
import StudentModuleHistory

struct CheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Checks every rule that a migration depends on: pass, warn or fail, with what was seen and the remedy.",
    discussion: """
      Nothing is changed, and the extended database need not exist yet. No table on a server is scanned: rows are looked at in \
      samples. What a missing privilege hides is skipped, with the GRANT that would show it, and never passes.

      Ends with 0 if no rule failed, and with 1 if one did; with 69 if a server does not answer, and 77 if it refuses the login.

      Rules: \(Checks.rules.map(\.name).joined(separator: ", ")).
      """)

  @OptionGroup var installation: InstallationOptions
  @OptionGroup var output: OutputOptions

  @Option(name: .customLong("rule"), help: ArgumentHelp("Check only this rule (may be repeated).", valueName: "name"))
  var rules: [String] = []

  @Option(
    name: .customLong("cms-config"),
    help: ArgumentHelp(
      "The configuration of the CMS (may be repeated); default: cms.yml beside lms.yml, if it is there.",
      valueName: "file"))
  var cmsConfig: [String] = []

  func validate() throws {
    if !cmsConfig.isEmpty, installation.namesURLs {
      throw ValidationError("--cms-config is compared with the LMS configuration, which URLs do not name.")
    }
    if cmsConfig.contains("-") { throw ValidationError("--cms-config takes a file.") }
    let known = Checks.rules.map(\.name)
    if let unknown = rules.first(where: { !known.contains($0) }) {
      throw ValidationError("There is no rule \(unknown). The rules are: \(known.joined(separator: ", ")).")
    }
  }

  func run() async throws {
    try await output.perform { console in
      // A contradiction of the flags is a finding here, not an error.
      let installation = try self.installation.resolve(console, allowsContradiction: true)
      try await refuseSameDatabase(installation)
      let reading = try await reading(installation)
      var facts = try await CheckFacts(pair: installation.pair, flags: reading?.flags)
      facts.configuration = configuration(installation, reading)
      let results = Checks.results(facts, only: rules.isEmpty ? nil : Set(rules))
      CheckRendering(console: console).show(results)
      console.emitDocument(CheckDocument(results))
      return status(results, facts)
    }
  }

  /// Nothing can be said of one database that is to be two. What keeps a server from being asked is a matter of the rules.
  private func refuseSameDatabase(_ installation: Installation) async throws {
    do {
      try await installation.pair.refuseSameDatabase()
    } catch let error as HistoryStoreError {
      if error.kind == .misconfigured, error.side == nil { throw error }
    }
  }

  /// The flags. Where they are not set and the tables cannot be looked at, nothing tells them.
  private func reading(_ installation: Installation) async throws -> FlagReading? {
    do {
      return try await installation.flagReading()
    } catch let error as HistoryStoreError where error.kind != .cancelled {
      return installation.settledFlags()
    }
  }

  /// What rules look at in the LMS configuration.
  private func configuration(_ installation: Installation, _ reading: FlagReading?) -> CheckFacts.Configuration? {
    guard let configuration = installation.configuration else { return nil }
    func listing(_ list: LMSConfiguration.NameList?, _ isComplete: Bool?) -> CheckFacts.Configuration.Listing? {
      list.map { .init(place: "\($0.file):\($0.line)", isComplete: isComplete ?? false) }
    }
    return CheckFacts.Configuration(
      doubt: reading?.doubt, routers: listing(configuration.databaseRouters, configuration.hasRouter),
      applications: listing(configuration.installedApplications, configuration.hasApplication),
      studio: Studio(besides: self.installation, named: cmsConfig)?.facts(besides: configuration))
  }

  /// A server that is not there is told by its own status, whatever rule was asked for: nothing else could be looked at.
  private func status(_ results: [CheckResult], _ facts: CheckFacts) -> ExitStatus {
    switch facts.sides.lazy.compactMap({ $0.server.obstacle?.kind }).first {
    case .notPermitted: .notPermitted
    case .misconfigured: .misconfigured
    case .other: .defect
    case .some: .unreachable
    case nil: results.contains { $0.verdict == .fail } ? .promiseBroken : .done
    }
  }
}
