import ArgumentParser
import Foundation
import LMSConfiguration
import MigrationBase
import MigrationJournal
import MigrationProtocol
import MigrationReport
import StudentModuleHistory

struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Where the migration stands, from the journal, and what to run next.")

  @OptionGroup var installation: InstallationOptions
  @OptionGroup var output: OutputOptions

  @Flag(
    help:
      "Show it again every two seconds, until Ctrl-C or until everything is copied; on a terminal in the same place.")
  var watch = false

  func run() async throws {
    try await output.perform { console in
      let installation = try self.installation.resolve(console)
      while true {
        let mismatch = try await mismatch(installation)
        var report: MigrationReport
        do {
          report = try await MigrationReport(
            pair: installation.pair, isComplete: false, flags: installation.settledFlags()?.flags)
        } catch MigrationError.notProvisioned {
          throw mismatch ?? MigrationError.notProvisioned
        }
        report.flagWarnings = try await warnings(installation)
        if let mismatch {
          report.flagWarnings = [mismatch.description] + (report.flagWarnings ?? [])
          report.nextSteps = mismatch.remedy.map { ["\($0)"] } ?? []
        }
        if watch {
          console.frame { show(report, installation, console) }
        } else {
          show(report, installation, console)
        }
        guard watch, report.phase == Phase.provisioned.rawValue || report.phase == Phase.copying.rawValue else {
          return .done
        }
        try await Task.sleep(for: .seconds(2))
      }
    }
  }

  /// How journal and record contradict each other; nil also where one of the two databases does not answer.
  private func mismatch(_ installation: Installation) async throws -> MigrationError? {
    do {
      return try await Reconciliation(lanes: installation.pair).mismatch()
    } catch is HistoryStoreError {
      return nil
    } catch is MigrationError {
      // The report tells what is wrong with the journal.
      return nil
    }
  }

  /// What is wrong with the flags, where they are known.
  private func warnings(_ installation: Installation) async throws -> [String] {
    // Only a switch of the readers can be too early; looking costs a few queries.
    guard let flags = installation.settledFlags()?.flags, flags.readOnlyFromExtended else { return [] }
    return FlagAdvice(try await InstallationFacts(lanes: installation.pair, flags: flags)).warnings
  }

  private func show(_ report: MigrationReport, _ installation: Installation, _ console: Console) {
    if watch { console.emit(report) } else { console.emitDocument(report) }
    console.print("\(console.style("phase", .bold))     \(report.phase)")
    if let sentence = installation.flagsSentence { console.print("flags     \(sentence)") }
    console.print(
      "original  "
        + (report.original.map { "\($0.name), \($0.generation), ~\(Format.count($0.estimatedRows)) rows" }
          ?? "gone: the table or its server does not answer"))
    console.print(
      "extended  \(report.extended.name), \(report.extended.generation), next native id \(Format.count(report.nextNativeID))"
    )
    console.print(
      "copied    \(Format.count(report.copied.rows)) rows, \(Format.bytes(Double(report.copied.bytes))),"
        + String(format: " %.1f %% of the ids", report.copied.shareCopied * 100)
        + (report.copied.recentRowsPerSecond.map { ", \(Format.count(Int($0))) rows/s in the last minute" } ?? ""))
    if report.copied.rowsLeft > 0 {
      let eta = report.copied.etaSeconds.map { "ETA \(Format.duration(.seconds($0)))" }
      console.print(
        "left      ~\(Format.count(report.copied.rowsLeft)) rows, "
          + (eta ?? "ETA unknown: \(report.copied.etaUnknownBecause ?? "no rate")"))
    }
    let states = report.ranges.sorted { $0.key < $1.key }.map { "\(Format.count($0.value)) \($0.key)" }
    console.print(
      "ranges    \(states.isEmpty ? "none yet" : states.joined(separator: ", ")), \(Format.count(report.verifiedRanges)) verified"
    )
    if let drained = report.drained {
      console.print(
        "drained   \(Format.count(drained.rows)) rows"
          + String(format: ", %.1f %% of the copied ones", drained.share * 100)
          + (drained.rangesInHand > 0 ? "; \(Format.count(drained.rangesInHand)) ranges in hand" : ""))
    }
    if let wayBack = report.wayBack { console.print("way back  \(wayBack.sentence)") }
    if let recheck = report.lastRecheck { console.print("rechecked \(recheck.at.prefix(19)) UTC: \(recheck.detail)") }
    for warning in report.flagWarnings ?? [] { console.print("\(console.style("warning", .red))   \(warning)") }
    for problem in report.problems {
      console.print(
        console.style("problem", .red)
          + "   ids \(problem.lowerID)-\(problem.upperID) \(problem.state): \(problem.reason)")
    }
    for step in report.nextSteps { console.print("next      \(step)") }
  }
}
