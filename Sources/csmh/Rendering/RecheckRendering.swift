import MigrationAdvice
import MigrationBase
import MigrationJournal
import MigrationReport
import StudentModuleHistory

/// How a recheck looks on the terminal.
struct RecheckRendering {
  let outcome: RecheckOutcome

  func show(_ console: Console) {
    let counts = outcome.counts
    let seconds = max(outcome.duration / .seconds(1), 0.001)
    console.print(
      "  compared \(Format.count(counts.presentRows)) rows in \(Format.count(counts.ranges)) ranges with the manifest in"
        + " \(Format.duration(outcome.duration)): \(Format.count(Int(Double(counts.presentRows) / seconds))) rows/s")
    for finding in outcome.findings {
      let isAccepted = outcome.acceptsDeleted && finding.verdict.kind == .short
      console.print(
        console.style("  \(finding.verdict.kind.rawValue): ", isAccepted ? .yellow : .red) + finding.sentence)
    }
    let all = counts.short + counts.extra + counts.changed
    if all > UInt64(outcome.findings.count) {
      console.print("  and \(Format.count(all - UInt64(outcome.findings.count))) ranges more")
    }
    console.print("  \(Format.count(outcome.nativeRowCount)) native rows, of which the manifest does not speak")
    console.print("  " + console.style(outcome.sentence, outcome.isGood ? .green : .red))
    if let reason = outcome.notRecordedBecause { console.note("the verdict is not in the journal: \(reason)") }
    if !outcome.isGood, counts.short > 0, counts.extra + counts.changed == 0, outcome.uncoveredRangeCount == 0 {
      console.print(
        "  the LMS deletes the rows of learners who are deleted or reset: --accept-deleted lets such ranges pass")
    }
  }
}

/// The JSON form of a recheck.
struct RecheckDocument: Encodable {
  struct Finding: Encodable {
    let lowerID: UInt64
    let upperID: UInt64
    let state: String
    let kind: String
    let manifestRows: UInt64
    let manifestDigest: String
    let rows: UInt64
    let digest: String
    let missingIDs: [UInt64]
    let changedIDs: [UInt64]
    let addedIDs: [UInt64]
    let explanation: String
  }

  let event = "recheck"
  let isEqual: Bool
  let verdict: String
  let ranges: UInt64
  let shortRanges: UInt64
  let extraRanges: UInt64
  let changedRanges: UInt64
  let uncoveredRanges: UInt64
  let uncoveredIDs: UInt64
  let manifestRows: UInt64
  let rows: UInt64
  let missingRows: UInt64
  let extraRows: UInt64
  let nativeRows: UInt64
  let upperBound: UInt64?
  let isDeletedAccepted: Bool
  let notRecordedBecause: String?
  let seconds: Double
  let findings: [Finding]

  init(_ outcome: RecheckOutcome) {
    let counts = outcome.counts
    isEqual = outcome.isGood
    verdict = outcome.sentence
    ranges = counts.ranges
    shortRanges = counts.short
    extraRanges = counts.extra
    changedRanges = counts.changed
    uncoveredRanges = outcome.uncoveredRangeCount
    uncoveredIDs = outcome.uncoveredIDCount
    manifestRows = counts.manifestRows
    rows = counts.presentRows
    missingRows = counts.missingRows
    extraRows = counts.extraRows
    nativeRows = outcome.nativeRowCount
    upperBound = outcome.upperBound
    isDeletedAccepted = outcome.acceptsDeleted
    notRecordedBecause = outcome.notRecordedBecause
    seconds = outcome.duration / .seconds(1)
    func listed(_ ids: [UInt64]) -> [UInt64] { Array(ids.prefix(RangeFinding.listedIDCount)) }
    findings = outcome.findings.map {
      Finding(
        lowerID: $0.range.lower, upperID: $0.range.upper, state: $0.state.rawValue, kind: $0.verdict.kind.rawValue,
        manifestRows: $0.manifest.rowCount, manifestDigest: $0.manifest.hash.description, rows: $0.present.rowCount,
        digest: $0.present.hash.description, missingIDs: listed($0.verdict.missingIDs),
        changedIDs: listed($0.verdict.changedIDs), addedIDs: listed($0.verdict.addedIDs),
        explanation: $0.verdict.sentence)
    }
  }
}
