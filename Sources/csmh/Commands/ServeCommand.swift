import ArgumentParser
import Foundation
import HistoryConsole
import Logging
import StudentModuleHistory

struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Serves the history over HTTP: reads, writes and deletes where the two flags say.",
    discussion: """
      The flags come from the LMS configuration, which is watched: a change takes effect without a restart. /openapi.json describes \
      the API. On loopback no token is needed; anywhere else a read token and a write token are. SIGTERM and Ctrl-C finish \
      the requests that have begun.
      """)

  @OptionGroup var installation: InstallationOptions
  @OptionGroup var flags: FlagsOption
  @OptionGroup var tokens: TokenOptions
  @OptionGroup var output: OutputOptions

  @Option(help: ArgumentHelp("Where to listen; port 0 takes a free one.", valueName: "address:port"))
  var bind = BindAddress(argument: "127.0.0.1:8470")!

  @Option(help: ArgumentHelp("The most connections to each database (1 to 64).", valueName: "count"))
  var pool = 8

  @Option(
    help: ArgumentHelp("How often to look at the LMS configuration, in seconds (0.1 to 3600).", valueName: "seconds"))
  var poll: Double = 2

  @Option(
    help: ArgumentHelp("How often to look at the migration's journal, in seconds (0.1 to 3600).", valueName: "seconds"))
  var journalPoll: Double = 30

  func validate() throws {
    guard (1...64).contains(pool) else { throw ValidationError("--pool takes a number from 1 to 64.") }
    guard (0.1...3_600).contains(poll) else { throw ValidationError("--poll takes seconds from 0.1 to 3600.") }
    guard (0.1...3_600).contains(journalPoll) else {
      throw ValidationError("--journal-poll takes seconds from 0.1 to 3600.")
    }
  }

  func run() async throws {
    try await output.perform { console in
      var configuration = HistoryServerConfiguration(host: bind.host, port: bind.port, tokens: try tokens.resolve())
      try configuration.validate()
      configuration.maximumConcurrentRequests = max(configuration.maximumConcurrentRequests, pool)
      try self.installation.refuseStandardInput(to: "watched")
      let installation = try self.installation.resolve(console)
      let served = try await ServedInstallation(
        installation, flags: try await flags.resolve(installation, console), poolSize: pool, options: self.installation)
      let server = try HistoryServer(
        switch: served.routers, configuration: configuration,
        logger: Logger(label: "csmh") { _ in ConsoleLogHandler(console: console) },
        flags: { await served.flagsDocument() })
      let watcher = Task { [poll, journalPoll] in
        await served.watch(every: .seconds(poll), journalEvery: .seconds(journalPoll), console)
      }
      do {
        try await server.run { url in
          console.note(served.routers.router.flags.meaning)
          console.note("serving \(url)")
          console.emit(ServingEvent(url: url))
        }
      } catch {
        watcher.cancel()
        await served.close()
        throw error
      }
      watcher.cancel()
      await served.close()
      return .done
    }
  }
}

private struct ServingEvent: Encodable {
  let event = "serving"
  let url: String
}
