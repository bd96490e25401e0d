import ArgumentParser
import Foundation
import HistoryConsole
import StudentModuleHistory

struct HistoryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "history",
    abstract: "Prints the history of one student module, the newest record first, as the two flags say.",
    discussion: """
      With --submissions it prints what Open edX shows to course staff: the states numbered from the oldest (#1), with score, \
      largest score and the state as JSON. With --json it prints the documents of the API. A student module without records is \
      no error. States are personal data.
      """)

  @Argument(help: ArgumentHelp("The student module's primary key.", valueName: "student-module-id"))
  var studentModuleID: UInt64

  @OptionGroup var installation: InstallationOptions
  @OptionGroup var flags: FlagsOption
  @OptionGroup var output: OutputOptions

  @Option(help: ArgumentHelp("The most records (1 to 1000).", valueName: "count"))
  var limit = HistoryRouter.usualPageSize

  @Option(help: ArgumentHelp("Where to go on: the cursor that an earlier page ended with.", valueName: "cursor"))
  var cursor: String?

  @Flag(help: "Print the whole history, whatever its length.")
  var all = false

  @Flag(help: "Print Open edX's submission history.")
  var submissions = false

  func validate() throws {
    guard (1...HistoryRouter.maximumPageSize).contains(limit) else {
      throw ValidationError("--limit takes a number from 1 to \(HistoryRouter.maximumPageSize).")
    }
    guard studentModuleID >= 1, studentModuleID <= UInt64(Int64.max) else {
      throw ValidationError("The id of a student module is a number from 1 to \(Int64.max).")
    }
    guard cursor.map({ HistoryCursor($0) != nil }) ?? true else {
      throw ValidationError("--cursor takes the cursor that an earlier page ended with, such as e1200-o84.")
    }
    guard !submissions || (!all && cursor == nil) else {
      throw ValidationError("--submissions always takes the whole history: leave out --all and --cursor.")
    }
  }

  func run() async throws {
    try await output.perform { console in
      let installation = try self.installation.resolve(console)
      let served = try await ServedInstallation(
        installation, flags: try await flags.resolve(installation, console), poolSize: 1,
        options: self.installation)
      do {
        try await show(served.routers.router, console)
      } catch {
        await served.close()
        throw error
      }
      await served.close()
      return .done
    }
  }

  private func show(_ router: HistoryRouter, _ console: Console) async throws {
    if submissions {
      let document = try await SubmissionsDocument(of: studentModuleID, router: router)
      if console.isJSON {
        console.emitText { document.write(to: $0) }
      } else {
        HistoryRendering.submissions(document, console)
      }
      warn(of: document.collisions, console)
      return
    }
    var table = HistoryRendering(studentModuleID: studentModuleID, console)
    var page = try await router.history(
      of: [studentModuleID], from: cursor.flatMap { HistoryCursor($0) } ?? .start,
      limit: all ? HistoryRouter.usualPageSize : limit)
    table.add(page)
    while all, let next = page.next {
      let more = try await router.history(of: [studentModuleID], from: next)
      table.add(more)
      // A table keeps no more of a page than it prints. A document is printed when all is read: what fails prints none.
      page.entries = console.isJSON ? page.entries + more.entries : []
      page.collisions += more.collisions
      page.next = more.next
    }
    if console.isJSON { console.emitText { HistoryDocument(page).write(to: $0) } } else { table.show() }
    warn(of: page.collisions, console)
  }

  private func warn(of collisions: [UInt64], _ console: Console) {
    guard !collisions.isEmpty else { return }
    console.warn(
      "both tables have different rows with the same id: \(collisions.map(String.init).joined(separator: ", "))")
  }
}
