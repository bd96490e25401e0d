import Foundation
import MigrationBase
import MigrationJournal
import MigrationProtocol
import MigrationReport

/// How a report looks on the terminal.
struct ReportRendering {
  let report: MigrationReport

  /// Dresses text up; colours belong to a terminal, not to a file.
  let dress: (String, Console.Style) -> String

  /// Line by line, fit to be shown.
  var lines: [String] {
    ([dress("Migration of the student module history", .bold)] + what + happenings + proofs + end).map {
      VisibleText.line($0)
    }
  }

  private func line(_ label: String, _ text: String) -> String {
    "  " + label.padding(toLength: 13, withPad: " ", startingAt: 0) + text
  }

  private var what: [String] {
    var lines = [
      line("migration", "\(report.identity), provisioned \(report.provisionedAt) UTC, csmh \(report.csmhVersion)")
    ]
    for (label, table) in [("original", report.original), ("extended", report.extended)] {
      guard let table else {
        lines.append(line(label, "gone: the table or its server does not answer"))
        continue
      }
      let ids = table.smallestID.map { "ids \(Format.count($0)) to \(Format.count(table.largestID ?? $0))" } ?? "empty"
      lines.append(line(label, table.location + (table.server.map { " (\($0))" } ?? "")))
      lines.append(line("", "\(table.name), \(table.generation), \(ids)"))
    }
    if let route = report.route { lines.append(line("route", route)) }
    let copied = report.copied
    lines.append(
      line(
        "copied",
        "\(Format.count(copied.rows)) rows, \(Format.bytes(Double(copied.bytes))), in \(Format.count(copied.ranges)) ranges and"
          + " \(Format.count(copied.attempts)) attempts, \(Format.count(copied.adoptedRows)) adopted"))
    if let first = copied.firstAt, let last = copied.lastAt {
      lines.append(line("when", "\(first.prefix(19)) to \(last.prefix(19)) UTC"))
    }
    if let time = copied.timeSentence(pauses: report.pauses ?? []), let rate = copied.rowsPerSecond {
      lines.append(line("speed", "\(Format.count(Int(rate))) rows/s over \(time)"))
    }
    lines.append(line("digest", copied.digest))
    lines.append(
      line(
        "native rows",
        "\(report.nativeRows.map { Format.count($0) } ?? "?"), starting id \(Format.count(report.startingID)), next"
          + " \(Format.count(report.nextNativeID))"))
    if let beyond = report.originalRowsBeyond, beyond > 0 {
      lines.append(
        line("not covered", "\(Format.count(beyond)) rows that were written to the original table since"))
    }
    return lines
  }

  private var happenings: [String] {
    var lines = report.problems.map {
      dress(line("problem", ""), .red) + "ids \($0.lowerID)-\($0.upperID) \($0.state): \($0.reason)"
    }
    if let pauses = report.pauses, !pauses.isEmpty {
      let total = Format.duration(.seconds(pauses.reduce(0) { $0 + $1.seconds }))
      lines.append(line("pauses", "\(pauses.count), \(total) in all"))
      lines += some(pauses.map { "\($0.from)  \(Format.duration(.seconds($0.seconds))): \($0.reason)" })
    }
    if let repairs = report.repairs, !repairs.isEmpty {
      lines.append(line("repairs", Format.count(report.repairCount ?? UInt64(repairs.count))))
      lines += some(repairs.map { "\($0.at.prefix(19))  \($0.kind): \($0.detail)" })
    }
    lines.append(line("events", "the newest"))
    lines += some(report.events.reversed().map { "\($0.at.prefix(19))  \($0.kind): \($0.detail)" })
    return lines
  }

  /// The last of many lines, and how many there are more.
  private func some(_ lines: [String]) -> [String] {
    let shown = 8
    return (lines.count > shown ? ["    (\(lines.count - shown) more in the JSON and HTML forms)"] : [])
      + lines.suffix(shown).map { "    " + $0 }
  }

  private var proofs: [String] {
    var lines: [String] = []
    if let fence = report.fence {
      let state = fence.holds.map { $0 ? "holds" : "does not hold any more" } ?? "the table is gone"
      lines.append(
        line(
          "fence",
          "at the id \(Format.count(fence.id)), next \(Format.count(fence.nextID)), taken \(fence.takenAt.prefix(19)) UTC; \(state)"
        ))
    }
    lines.append(
      line(
        "verdict",
        report.isVerified
          ? dress("verified: every copied row was compared on both sides", .green)
          : dress("not verified (phase: \(report.phase))", .yellow)))
    if let rows = report.deletedRows {
      lines.append(line("deleted", "\(Format.count(rows)) rows, as learners' student modules were"))
    }
    if let drained = report.drained {
      lines.append(
        line(
          "drained",
          "\(Format.count(drained.rows)) rows" + (drained.lastAt.map { ", the last \($0.prefix(19)) UTC" } ?? "")
            + (drained.rangesInHand > 0 ? "; \(Format.count(drained.rangesInHand)) ranges in hand" : "")))
    }
    if let wayBack = report.wayBack { lines.append(line("way back", wayBack.sentence)) }
    if let recheck = report.lastRecheck {
      lines.append(line("rechecked", "\(recheck.at.prefix(19)) UTC: \(recheck.detail)"))
    }
    if let manifest = report.manifest {
      lines.append(line("manifest", "SHA-256 \(manifest.sha256), over \(Format.count(manifest.ranges)) ranges"))
      lines.append(line("", manifest.command))
    }
    return lines
  }

  private var end: [String] { report.nextSteps.map { line("next", $0) } }
}
