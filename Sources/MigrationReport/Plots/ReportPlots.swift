internal import MigrationBase

/// The plots of a report, all over the same time of copying.
struct ReportPlots {
  let speed: MigrationReport.Speed

  private var x: PlotAxis { PlotAxis(.seconds, largest: speed.totalSeconds, tickCount: 8, isRoundedUp: false) }

  private func plot(
    _ title: String, _ summary: String, _ quantity: PlotAxis.Quantity, largest: Double, _ layers: [Plot.Layer]
  ) -> Plot {
    Plot(
      title: title, summary: summary, x: x,
      y: PlotAxis(quantity, largest: largest, tickCount: 4, isRoundedUp: true), layers: layers,
      marks: speed.cutsAt)
  }

  /// Rows a second.
  var rate: Plot {
    let rates = speed.points.map(\.rowsPerSecond)
    let largest = rates.max() ?? 0
    let total = speed.points.reduce(0) { $0 + $1.rows }
    return plot(
      "Rows copied a second",
      "\(Format.count(Int(total / speed.totalSeconds))) rows a second on the average, \(Format.count(Int(largest))) at most.",
      .count, largest: largest, [.area(rates, style: "area"), .steps(rates, style: "line")])
  }

  /// All rows so far.
  var cumulative: Plot {
    let rows = speed.points.reduce(into: [0.0]) { $0.append($0[$0.count - 1] + $1.rows) }
    return plot(
      "Rows copied in all",
      "\(Format.count(Int((rows.last ?? 0).rounded()))) rows after"
        + " \(Format.duration(.seconds(speed.totalSeconds))) of copying.",
      .count, largest: rows.last ?? 0, [.line(rows, style: "line")])
  }

  /// How long a range took.
  var durations: Plot {
    let longest = speed.points.map(\.longestRangeSeconds)
    let largest = longest.compactMap { $0 }.max() ?? 0
    return plot(
      "Seconds that a range took", "The longest took \(Format.duration(.seconds(largest))).", .seconds,
      largest: largest,
      [.area(longest, style: "soft"), .area(speed.points.map(\.meanRangeSeconds), style: "strong")])
  }
}
