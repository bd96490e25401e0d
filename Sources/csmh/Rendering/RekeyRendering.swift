import Foundation
import MigrationBase
import MigrationJournal
import MigrationProtocol
import StudentModuleHistory

/// How re-keying looks on the terminal.
enum RekeyRendering {
  static func proposal(_ proposal: Rekeyer.Proposal, _ console: Console) {
    survey(proposal.survey, console)
    guard let plan = proposal.plan else { return }
    let record = plan.record
    if plan.isContinued { console.print("  goes on with a re-key that was begun") }
    console.print(
      "  \(Format.count(plan.rowCount)) native rows with the ids \(Format.count(plan.ids.lower)) to"
        + " \(Format.count(plan.ids.upper)) move up by \(Format.count(record.shift)), to"
        + " \(Format.count(plan.ids.lower + record.shift)) to \(Format.count(plan.ids.upper + record.shift))")
    if plan.movesAll {
      console.print(
        "  rows that stand above the original ids move too: else the low ones, which are older, would come above them")
    }
    if plan.raisesCounter {
      console.print(
        "  first the next native id is raised to \(Format.count(record.limit)): new rows come above all of them")
    }
  }

  static func survey(_ survey: RowSurvey, _ console: Console) {
    if !survey.outdated.isEmpty {
      console.print(
        "  \(list(survey.outdated)) of the extended table \(survey.outdated.count == 1 ? "has" : "have") the original's student module"
          + " and time, but other content: outdated copies of an older script, which stay. Delete them, and csmh copy makes them anew"
      )
    }
    if !survey.reused.isEmpty {
      console.print(
        console.style("  \(list(survey.reused)) ", .red)
          + "\(survey.reused.count == 1 ? "is" : "are") younger than the copy of their range and not equal to the original: written by the"
          + " LMS under ids that the server handed out twice. They stay: csmh verify shows both rows")
    }
  }

  static func outcome(_ outcome: RekeyOutcome, _ console: Console) {
    console.print("  moved \(Format.count(outcome.movedRowCount)) rows")
    if outcome.isInterrupted {
      console.print("  stopped with rows left: run the same command again, and it goes on")
      return
    }
    console.print(
      outcome.isUnchanged
        ? "  the rows are the same as before, byte for byte: \(outcome.found)"
        : "  before \(outcome.expected), now \(outcome.found): the LMS has changed, written or deleted rows meanwhile. Every transaction"
          + " proved that it moved its rows as they were")
    survey(outcome.left, console)
    if !outcome.blocked.isEmpty {
      console.print(
        console.style("  not moved: ", .red)
          + "\(list(outcome.blocked)): another row has the new id, or it may not be used")
    }
    if outcome.left.nativeCount > UInt64(outcome.blocked.count) {
      console.print(console.style("  native rows are left among the original ids: run the command again", .red))
    }
  }

  private static func list(_ ids: [UInt64]) -> String {
    "\(ids.count == 1 ? "the row" : "the rows") " + ids.prefix(10).map(String.init).joined(separator: ", ")
      + (ids.count > 10 ? " and \(Format.count(ids.count - 10)) more" : "")
  }
}

/// The JSON form of a plan to re-key.
struct RekeyPlanDocument: Encodable {
  let event = "rekey-plan"
  let rows: UInt64
  let lowerID: UInt64?
  let upperID: UInt64?
  let shift: UInt64?
  let limit: UInt64?
  let movesAll: Bool?
  let raisesCounter: Bool?
  let isContinued: Bool?
  let outdatedIds: [UInt64]
  let reusedIds: [UInt64]

  init(_ proposal: Rekeyer.Proposal) {
    rows = proposal.plan?.rowCount ?? 0
    lowerID = proposal.plan?.ids.lower
    upperID = proposal.plan?.ids.upper
    shift = proposal.plan?.record.shift
    limit = proposal.plan?.record.limit
    movesAll = proposal.plan?.movesAll
    raisesCounter = proposal.plan?.raisesCounter
    isContinued = proposal.plan?.isContinued
    outdatedIds = proposal.survey.outdated
    reusedIds = proposal.survey.reused
  }
}

/// The JSON form of a plan to take a re-key back.
struct RekeyUndoPlanDocument: Encodable {
  let event = "rekey-undo-plan"
  let rows: UInt64
  let shift: UInt64?
  let blockedIds: [UInt64]

  init(_ proposal: Rekeyer.UndoProposal?) {
    rows = proposal?.rowCount ?? 0
    shift = proposal?.record.shift
    blockedIds = proposal?.blocked ?? []
  }
}

/// The JSON form of what a re-key, or taking it back, did.
struct RekeyDocument: Encodable {
  let event: String
  let isComplete: Bool
  let isInterrupted: Bool
  let rows: UInt64
  let shift: UInt64
  let lowerID: UInt64
  let limit: UInt64
  let isUnchanged: Bool
  let digest: String
  let blockedIds: [UInt64]
  let outdatedIds: [UInt64]
  let reusedIds: [UInt64]
  let report: StartingIDReport

  init(_ outcome: RekeyOutcome, isUndo: Bool) {
    event = isUndo ? "rekey-undo" : "rekey"
    isComplete = isUndo ? !outcome.isInterrupted && outcome.blocked.isEmpty : outcome.isComplete
    isInterrupted = outcome.isInterrupted
    rows = outcome.movedRowCount
    shift = outcome.record.shift
    lowerID = outcome.record.lowest
    limit = outcome.record.limit
    isUnchanged = outcome.isUnchanged
    digest = outcome.found.hash.description
    blockedIds = outcome.blocked
    outdatedIds = outcome.left.outdated
    reusedIds = outcome.left.reused
    report = outcome.report
  }
}

/// The JSON form of a repair of the starting id.
struct OffsetRepairDocument: Encodable {
  let event = "offset-repair"
  let nextIDBefore: UInt64
  let nextIDAfter: UInt64
  let runwayIds: UInt64
  let runwaySeconds: Double?
  let statements: [String]
  let report: StartingIDReport

  init(_ repair: Provisioner.Repair) {
    nextIDBefore = repair.nextIDBefore
    nextIDAfter = repair.nextIDAfter
    runwayIds = repair.report.gap
    runwaySeconds = repair.report.gapSeconds
    statements = repair.steps.flatMap(\.statements)
    report = repair.report
  }
}
