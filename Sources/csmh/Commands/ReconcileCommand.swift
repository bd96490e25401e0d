import ArgumentParser
import Foundation
import MigrationBase
import MigrationJournal
import MigrationProtocol
import StudentModuleHistory

struct ReconcileCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reconcile",
    abstract: "Brings journal and record to agree after one of the two databases went back in time.",
    discussion: """
      Before csmh drain removes a row, the original database records it, beside the journal in the extended one. Where the two \
      contradict each other, one of the databases has lost what it had acknowledged: a server that died without flushing, a replica \
      that lagged when it took over, a backup that was restored, a journal that was dropped. Every other command that copies, mends, \
      moves or removes rows refuses to work then.

      Changes no row. Ranges that either side knows to have been drained count as being drained: csmh drain goes on with what is left of \
      them, and nothing takes their copies for deleted. A journal that is gone is built anew. Then csmh catch-up and csmh drain go on.

      Where a later backup can still be restored, or the newer server still stands, take that first: nothing brings back what it lost. \
      Ends with 0 if both agree; with 1 if rows that were drained stand in neither table, or the plan is to be carried out.
      """)

  @OptionGroup var installation: InstallationOptions
  @OptionGroup var output: OutputOptions

  @Flag(name: .customLong("print-plan"), help: "Say what would be done; change nothing.")
  var printPlan = false

  func run() async throws {
    try await output.perform { console in
      let installation = try self.installation.resolve(console)
      return try await Interruption.handled(console) { stop in
        let reconciliation = Reconciliation(lanes: installation.pair, stop: stop)
        var plan = try await reconciliation.plan()
        if printPlan || plan.mismatch == nil {
          Self.show(plan, isDone: false, console)
          return plan.mismatch == nil ? .done : .promiseBroken
        }
        if !output.yes {
          Self.show(plan, isDone: false, console)
          switch console.confirms("The journal and the record are going to be changed like this. No row is.") {
          case true?: break
          case false?: throw Failure(.workLeft, "nothing was changed")
          case nil:
            throw Failure(.usage, "nobody can be asked here, so nothing was changed", remedy: Remedy(.giveYes))
          }
        }
        plan = try await reconciliation.run()
        Self.show(plan, isDone: true, console)
        return plan.isComplete ? .done : .promiseBroken
      }
    }
  }

  private static func show(_ plan: ReconciliationPlan, isDone: Bool, _ console: Console) {
    console.print("reconcile")
    console.print("  " + console.style(plan.sentence, plan.mismatch == nil ? .green : .red))
    if plan.mismatch != nil {
      console.print("  seen: \(plan.seen)")
      for range in plan.ranges {
        guard let error = range.error else { continue }
        console.print(console.style("  lost: ", .red) + "ids \(range.range): \(error)")
      }
      console.print(
        isDone
          ? "  both agree now; next: csmh catch-up, then csmh drain"
          : "  nothing was changed; csmh reconcile --yes does this")
    }
    console.emit(ReconciliationDocument(plan, isDone: isDone))
  }
}

/// The JSON form of a reconciliation.
private struct ReconciliationDocument: Encodable {
  struct Range: Encodable {
    let lowerID: UInt64
    let upperID: UInt64
    let state: String
    let error: String?
  }

  let event = "reconcile"
  let mismatch: String?
  let verdict: String
  let isDone: Bool
  let isJournalNew: Bool
  let lostRows: UInt64
  let ranges: [Range]

  init(_ plan: ReconciliationPlan, isDone: Bool) {
    mismatch = plan.mismatch?.rawValue
    verdict = plan.sentence
    self.isDone = isDone && plan.mismatch != nil
    isJournalNew = plan.isJournalNew
    lostRows = plan.lostRowCount
    ranges = plan.ranges.map {
      Range(lowerID: $0.range.lower, upperID: $0.range.upper, state: "\($0.state)", error: $0.error)
    }
  }
}
