import ArgumentParser
import Campaigns
import Foundation

/// Attacks the protocol for as long as there is time: `make simulate`.
@main struct Simulate: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "simulate",
    abstract: "Runs migrations on simulated servers, with learners, faults and crashes, seed after seed.",
    discussion: """
      A seed decides everything: the same one gives the same run. What fails is made smaller until it is a short \
      story, and printed with its last steps. Exits with 1 if anything was violated.
      """)

  @Option(help: "For how many seconds. Default: as long as --count says, or 120.") var seconds: Double?

  @Option(help: "How many seeds at most.") var count: Int?

  @Option(help: "The first seed. Default: another one each time.") var seed: UInt64?

  @Option(help: "After how many failures it ends.") var failures = 3

  @Option(help: "How many of the last steps of what fails are told.") var lines = 400

  @Flag(help: "Tell the last steps of what does not fail, too.") var tell = false

  @Flag(help: "Run each seed twice, and fail where the two differ.") var twice = false

  @Flag(inversion: .prefixedNo, help: "Make the plan of what fails smaller before it is told.") var shrink = true

  @Flag(
    help: "Go through small migrations instead: one fault at every moment, one change of the order at every choice.")
  var small = false

  @Option(help: "With --small: run every N-th case only.") var every = 1

  @Option(
    help: """
      Draw only plans that are rich in one thing: \(CampaignPlan.Focus.allCases.map(\.rawValue).joined(separator: ", ")). \
      Default: everything.
      """)
  var focus: String?

  func validate() throws {
    guard every > 0 else { throw ValidationError("--every has to be 1 or more") }
    if let focus, CampaignPlan.Focus(rawValue: focus) == nil {
      throw ValidationError(
        "there is no focus \(focus); there are \(CampaignPlan.Focus.allCases.map(\.rawValue).joined(separator: ", "))")
    }
  }

  func run() async throws {
    if small {
      let cases = await SmallCases.run(
        every: every, from: Int(seed ?? 0) % every, seconds: seconds, failureLimit: failures)
      print("\(cases.search.runCount) of \(cases.caseCount) small cases\n\(cases.search.report)")
      if !cases.search.failures.isEmpty { throw ExitCode(1) }
      return
    }
    let first = seed ?? UInt64(Date().timeIntervalSince1970)
    print("simulating from the seed \(first) on")
    let search = await CampaignSearch.run(
      from: first, focus: focus.flatMap(CampaignPlan.Focus.init), count: count,
      seconds: seconds ?? (count == nil ? 120 : nil), failureLimit: failures, twice: twice,
      shrinking: shrink, lineCount: lines
    ) { [tell] in if tell { print($0) } }
    print(search.report)
    if !search.failures.isEmpty { throw ExitCode(1) }
  }
}
