import Foundation
import MigrationBase
import MigrationJournal
import MigrationProtocol
import StudentModuleHistory

/// How comparisons look on the terminal.
extension Rendering {
  static func verification(_ outcome: VerificationOutcome, _ console: Console) {
    compared(outcome, console)
    differences(outcome, console)
    let holds = outcome.isEqual || outcome.confidence != nil
    console.print("  " + console.style(outcome.sentence, holds ? .green : .red))
    if outcome.isEqual { console.print("  digest \(outcome.wholeDigest.hash)") }
    beyond(outcome, console)
    if let sample = outcome.sample {
      console.print("  seed \(sample.seed): --seed \(sample.seed) draws the same sample again")
    }
    if outcome.differingRangeCount > 0 {
      console.print(
        outcome.target == .extended
          ? "  what to do: csmh verify --repair mends ranges that were copied; it tells what it leaves"
          : "  what to do: with both flags off, csmh return mends what is missing or differs; --remove-deleted removes what was deleted since"
      )
    }
  }

  static func repair(_ outcome: Repair.Outcome, _ console: Console) {
    compared(outcome.now, console)
    if outcome.second != nil {
      console.print(
        "  found: \(Format.count(outcome.first.differingRowCount)) rows in"
          + " \(Format.count(outcome.first.differingRangeCount)) ranges")
      differences(outcome.first, console)
      console.print(
        "  mended: \(Format.count(outcome.addedRows)) added, \(Format.count(outcome.changedRows)) changed,"
          + " \(Format.count(outcome.removedRows)) removed")
      if outcome.now.differingRangeCount > 0 { console.print("  left:") }
    }
    differences(outcome.now, console)
    if let reason = outcome.keptBecause {
      console.print("  \(Format.count(outcome.keptRows)) copies whose original is gone were left: \(reason)")
    }
    console.print("  " + console.style(outcome.sentence, outcome.isEqual ? .green : .red))
    if outcome.isEqual { console.print("  digest \(outcome.now.wholeDigest.hash)") }
    beyond(outcome.now, console)
  }

  private static func compared(_ outcome: VerificationOutcome, _ console: Console) {
    let seconds = max(outcome.duration / .seconds(1), 0.001)
    console.print(
      "  compared \(Format.count(outcome.rowCount)) rows in \(Format.count(outcome.rangeCount)) ranges, both sides, in"
        + " \(Format.duration(outcome.duration)): \(Format.count(Int(Double(outcome.rowCount) / seconds))) rows/s")
    if let earlier = outcome.resumption {
      console.print(
        "  and before the interruption, since \(earlier.since) UTC, \(Format.count(earlier.digest.rowCount)) rows in"
          + " \(Format.count(earlier.rangeCount)) ranges")
    }
  }

  private static func beyond(_ outcome: VerificationOutcome, _ console: Console) {
    guard outcome.rowsBeyond > 0 else { return }
    console.print(
      "  the \(outcome.target.other) table has \(Format.count(outcome.rowsBeyond)) rows above that id: it is still written to. "
        + (outcome.target == .extended
          ? "Turn on ENABLE_CSMH_EXTENDED, restart every LMS and worker process, then run csmh migrate again"
          : "Turn both flags off, restart every LMS and worker process, then run csmh return again"))
  }

  /// One table a range: what differs, both values shortened, and the likely cause.
  private static func differences(_ outcome: VerificationOutcome, _ console: Console) {
    for difference in outcome.differences {
      console.print(console.style("  differs: ", .red) + difference.sentence)
      guard !difference.rows.isEmpty else { continue }
      var table = TextTable(headings: ["id", "kind", "columns", "original", "extended", "likely cause"])
      for row in difference.rows {
        let columns = row.columns.isEmpty ? "-" : row.columns.joined(separator: ", ")
        table.add([
          String(row.id), row.kind.rawValue, columns, values(row.original, row.columns),
          values(row.extended, row.columns),
          row.cause.name(copyingTo: difference.target),
        ])
      }
      for line in table.lines { console.print("    \(line)") }
      if difference.rowCount > difference.rows.count {
        console.print("    and \(Format.count(difference.rowCount - difference.rows.count)) rows more")
      }
    }
    let unlisted = outcome.differingRangeCount - min(outcome.differingRangeCount, UInt64(outcome.differences.count))
    if unlisted > 0 { console.print("  and \(Format.count(unlisted)) ranges more") }
  }

  /// The values of the columns that differ; of a row that only one side has, what tells it apart.
  private static func values(_ record: HistoryRecord?, _ columns: [String]) -> String {
    guard let record else { return "-" }
    let number = { (value: Double?) in value.map { String($0) } ?? "NULL" }
    return (columns.isEmpty ? ["student_module_id", "created"] : columns).map { column in
      switch column {
      case "student_module_id": "module \(record.studentModuleID)"
      case "version": Format.shortened(record.version, to: 20)
      case "created": record.created.text
      case "state": Format.shortened(record.state, to: 32)
      case "grade": number(record.grade)
      default: number(record.maxGrade)
      }
    }.joined(separator: ", ")
  }
}

// MARK: - JSON

struct VerificationDocument: Encodable {
  struct Difference: Encodable {
    let lowerID: UInt64
    let upperID: UInt64
    let rowCount: Int
    let rows: [RowDocument]

    init(_ difference: RangeDifference) {
      lowerID = difference.range.lower
      upperID = difference.range.upper
      rowCount = difference.rowCount
      rows = difference.rows.map {
        RowDocument(
          id: $0.id, kind: $0.kind.rawValue, columns: $0.columns, cause: $0.cause.name(copyingTo: difference.target),
          original: RecordDocument($0.original), extended: RecordDocument($0.extended))
      }
    }
  }

  /// What was compared before an interruption.
  struct Resumption: Encodable {
    let since: String
    let ranges: UInt64
    let rows: UInt64
  }

  struct Sample: Encodable {
    /// Whether nothing differs in the sample.
    let isEqual: Bool
    let rangesInAll: UInt64
    let percent: Double
    let seed: UInt64

    /// With this confidence fewer ranges than `fewer_than` differ; only if nothing differs in the sample.
    let confidence: Double?
    let fewerThan: UInt64?
  }

  /// What `--repair` found at first, and did.
  struct Repaired: Encodable {
    let differingRanges: UInt64
    let differingRows: UInt64
    let addedRows: Int
    let changedRows: Int
    let removedRows: Int

    /// Of these, rows that went unasked, as learners' student modules were deleted.
    let orphanRows: Int
    let keptRows: Int
    let keptBecause: String?
    let differences: [Difference]
  }

  let event = "verify"
  let isEqual: Bool
  let verdict: String
  let rows: UInt64
  let ranges: UInt64
  let digest: String
  let differingRanges: UInt64
  let openRanges: UInt64
  let upperBound: UInt64?
  let originalRowsBeyond: UInt64
  let seconds: Double
  let differences: [Difference]
  let differingRows: UInt64
  let beganAt: String?
  let resumption: Resumption?
  let sample: Sample?
  var repair: Repaired?

  init(_ outcome: VerificationOutcome) {
    self.init(outcome, verdict: outcome.sentence)
  }

  init(_ outcome: Repair.Outcome) {
    self.init(outcome.now, verdict: outcome.sentence)
    repair = Repaired(
      differingRanges: outcome.first.differingRangeCount, differingRows: outcome.first.differingRowCount,
      addedRows: outcome.addedRows, changedRows: outcome.changedRows, removedRows: outcome.removedRows,
      orphanRows: outcome.orphanRows,
      keptRows: outcome.keptRows, keptBecause: outcome.keptBecause,
      differences: outcome.first.differences.map { Difference($0) })
  }

  private init(_ outcome: VerificationOutcome, verdict: String) {
    isEqual = outcome.isEqual
    self.verdict = verdict
    rows = outcome.wholeDigest.rowCount
    ranges = outcome.wholeRangeCount
    digest = outcome.wholeDigest.hash.description
    differingRanges = outcome.differingRangeCount
    openRanges = outcome.openRangeCount
    upperBound = outcome.upperBound
    originalRowsBeyond = outcome.rowsBeyond
    seconds = outcome.duration / .seconds(1)
    differences = outcome.differences.map { Difference($0) }
    differingRows = outcome.differingRowCount
    beganAt = outcome.beganAt.isEmpty ? nil : outcome.beganAt
    resumption = outcome.resumption.map {
      Resumption(since: $0.since, ranges: $0.rangeCount, rows: $0.digest.rowCount)
    }
    if let drawn = outcome.sample, case .sample(let percent, _) = outcome.scope {
      let confidence = outcome.confidence
      sample = Sample(
        isEqual: confidence != nil, rangesInAll: drawn.rangeCount, percent: percent, seed: drawn.seed,
        confidence: confidence?.confidence, fewerThan: confidence?.fewerThan)
    } else {
      sample = nil
    }
  }
}
