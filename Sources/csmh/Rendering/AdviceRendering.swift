import Foundation
import HistoryStores
import MigrationAdvice
import MigrationBase
import MigrationProtocol
import StudentModuleHistory

/// How advice looks on the terminal.
struct AdviceRendering {
  let console: Console

  func show(_ measurements: InstallationMeasurements, _ advice: Advice, flags: String?) {
    tables(measurements)
    ids(measurements, advice)
    writes(measurements, advice)
    servers(measurements)
    if let flags { line("flags", flags) }
    line("journal", measurements.progress.map(progress) ?? "none: nothing has begun")
    console.print()
    line("fits", console.style(advice.fittingOption.title, .bold))
    for reason in advice.reasons { line("", reason) }
    if advice.option != advice.fittingOption { line("asked for", console.style(advice.option.title, .bold)) }
    estimates(advice)
    for warning in advice.warnings { console.print(console.style("warning    ", .yellow) + warning) }
    plan(advice)
  }

  private func line(_ label: String, _ text: String) {
    console.print(label.padding(toLength: 11, withPad: " ", startingAt: 0) + text)
  }

  // MARK: What was measured

  private func tables(_ measurements: InstallationMeasurements) {
    let original = measurements.original
    line("original", "\(original.name) at \(original.location)")
    line("", original.generation)
    line("", size(original))
    if let extended = measurements.extended {
      line("extended", "\(extended.name) at \(extended.location)")
      line("", extended.generation)
      line("", "\(size(extended)), next id \(Format.count(extended.nextID))")
    } else {
      let place = measurements.extendedLocation
      line("extended", measurements.extendedDatabaseExists ? "no table yet in \(place)" : "no database yet at \(place)")
    }
  }

  private func size(_ table: InstallationMeasurements.Table) -> String {
    guard let perRow = table.bytesPerRow else { return "no rows" }
    return (table.isRowCountExact ? "" : "~") + "\(Format.count(table.rows)) rows"
      + (table.isRowCountExact ? "" : " (the server's estimate)")
      + ", ~\(Format.bytes(Double(table.bytes))) with indexes, \(Format.bytes(perRow)) a row"
  }

  private func ids(_ measurements: InstallationMeasurements, _ advice: Advice) {
    let original = measurements.original
    let largest = original.largestID.map { "largest \(Format.count($0))" } ?? "none yet"
    let forecast = advice.ids
    guard let limit = forecast.limit, let share = forecast.shareUsed, let left = forecast.idsLeft else {
      line("ids", "\(largest), next \(Format.count(original.nextID)); \(forecast.noDayBecause ?? "no limit")")
      return
    }
    line(
      "ids",
      "\(largest), next \(Format.count(original.nextID)): \(String(format: "%.2f", share * 100)) % of"
        + " \(Format.count(limit)) used, \(Format.count(left)) left")
    if let day = forecast.reachedOn {
      let early =
        forecast.reachedAtHighestRateOn.flatMap { $0 == day ? nil : ", or on \($0) at the highest rate" } ?? ""
      line("", "at the rate of the longest period below they end on \(day)" + early)
    } else {
      line("", "no day on which they end: \(forecast.noDayBecause ?? "no rate")")
    }
  }

  private func writes(_ measurements: InstallationMeasurements, _ advice: Advice) {
    if measurements.writeRates.isEmpty { line("writes", "no rate can be told") }
    for (index, rate) in measurements.writeRates.enumerated() {
      line(
        index == 0 ? "writes" : "",
        "\(rate.period.rawValue): \(decimal(rate.rowsPerSecond)) rows/s, \(decimal(rate.idsPerSecond)) ids/s"
          + (rate.seconds == rate.period.seconds ? "" : ", over \(Format.duration(.seconds(rate.seconds)))"))
    }
    if let rows = advice.rowsPerDay, let bytes = advice.bytesPerDay {
      line("growth", "~\(Format.count(Int(rows))) rows and \(Format.bytes(bytes)) a day")
    }
  }

  private func decimal(_ value: Double) -> String {
    value > 0 && value < 0.01 ? "<0.01" : String(format: "%.2f", value)
  }

  private func servers(_ measurements: InstallationMeasurements) {
    line("route", measurements.route.rawValue)
    let servers =
      measurements.route == .betweenServers
      ? [("original on", measurements.originalServer), ("extended on", measurements.extendedServer)]
      : [("both on", measurements.extendedServer)]
    for (label, server) in servers {
      let room = server.freeBytes.map { "\(Format.bytes(Double($0))) free" } ?? "free room unknown"
      let folder = server.dataDirectory.map { " at \($0)" } ?? ""
      let log = measurements.route == .betweenFiles ? "" : ", binary log \(server.hasBinaryLog ? "on" : "off")"
      line("server", "\(label) \(server.server), \(room)\(folder)\(log)")
    }
  }

  private func progress(_ progress: InstallationMeasurements.Progress) -> String {
    "phase \(progress.phase), \(Format.count(progress.copiedRows)) rows copied"
      + (progress.upperBound.map { " up to the id \(Format.count($0))" } ?? "")
      + (progress.problemRanges > 0 ? ", \(Format.count(progress.problemRanges)) ranges with problems" : "")
  }

  // MARK: What follows from it

  private func estimates(_ advice: Advice) {
    let time = advice.time
    line(
      "time",
      "copying ~\(Format.count(time.rows)) rows: \(span(time.copySeconds)); comparing: \(span(time.verifySeconds))")
    let disk = advice.disk
    let log = disk.binaryLogBytes.high > 0 ? ", binary log \(bytes(disk.binaryLogBytes))" : ""
    line(
      "disk",
      "on the extended side \(bytes(disk.totalBytes)): table \(bytes(disk.tableBytes))\(log), journal"
        + " \(bytes(disk.journalBytes))")
    line("", "on the original side nothing beside that: reading keeps no row for longer than a moment")
    for (index, assumption) in advice.assumptions.enumerated() { line(index == 0 ? "assumed" : "", assumption) }
  }

  private func span(_ seconds: EstimateRange) -> String {
    let (low, high) = (Format.duration(.seconds(seconds.low)), Format.duration(.seconds(seconds.high)))
    return low == high ? low : "\(low) to \(high)"
  }

  private func bytes(_ range: EstimateRange) -> String {
    let (low, high) = (Format.bytes(range.low), Format.bytes(range.high))
    return low == high ? low : "\(low) to \(high)"
  }

  private func plan(_ advice: Advice) {
    console.print()
    let left = advice.steps.filter { !$0.isDone }
    for step in advice.steps where step.isDone { line("done", console.style(step.title, .dim)) }
    console.print(left.isEmpty ? "Nothing is left to run." : "Run, in this order (\(advice.option.title)):")
    for (index, step) in left.enumerated() { show(step, mark: "\(index + 1).") }
    console.print("\nAfter the migration, one of:")
    for step in advice.afterwards { show(step, mark: "-") }
  }

  private func show(_ step: AdviceStep, mark: String) {
    let time = step.seconds.map { " (\(span($0)))" } ?? ""
    console.print("\(mark.padding(toLength: 4, withPad: " ", startingAt: 0))\(console.style(step.title, .bold))\(time)")
    console.print("    \(step.why)")
    for command in step.commands { console.print("      \(console.style(command, .green))") }
    for deed in step.byHand { console.print("      by hand: \(deed)") }
  }
}
