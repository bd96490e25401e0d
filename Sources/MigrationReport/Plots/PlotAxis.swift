/// An axis from 0 to a largest value, with ticks at round numbers.
struct PlotAxis: Hashable {
  /// What its numbers are.
  enum Quantity: Hashable {
    /// A number of things: `20k`, `1.5M`.
    case count
    /// Seconds, shown in the unit that suits: `30 s`, `5 min`, `1:15 h`, `2 d`.
    case seconds
  }

  let quantity: Quantity

  /// The value at the axis' end.
  let upper: Double

  /// The distance between two ticks.
  let step: Double

  /// - Parameters:
  ///   - largest: the largest value to be shown.
  ///   - tickCount: about how many ticks there are to be.
  ///   - isRoundedUp: whether the axis goes on to the next tick above the largest value.
  init(_ quantity: Quantity, largest: Double, tickCount: Int, isRoundedUp: Bool) {
    self.quantity = quantity
    let largest = largest > 0 && largest.isFinite ? largest : 1
    step = Self.roundStep(atLeast: largest / Double(max(1, tickCount)), quantity)
    upper = isRoundedUp ? (largest / step - 1e-9).rounded(.up) * step : largest
  }

  /// The ticks from 0 on.
  var ticks: [Double] {
    (0...Int((upper / step + 1e-9).rounded(.down))).map { Double($0) * step }
  }

  /// The place of a value along the axis, from 0 to 1.
  func place(of value: Double) -> Double { min(1, max(0, value / upper)) }

  private static func roundStep(atLeast wanted: Double, _ quantity: Quantity) -> Double {
    if quantity == .seconds, wanted > 1 {
      let (minute, hour, day) = (60.0, 3_600.0, 86_400.0)
      let steps = [
        2, 5, 10, 15, 30, minute, 2 * minute, 5 * minute, 10 * minute, 15 * minute, 30 * minute, hour, 2 * hour,
        3 * hour, 6 * hour, 12 * hour, day,
      ]
      if let step = steps.first(where: { $0 >= wanted }) { return step }
      return day * roundStep(atLeast: wanted / day, .count)
    }
    var magnitude = 1.0
    while magnitude < wanted { magnitude *= 10 }
    while magnitude / 10 >= wanted { magnitude /= 10 }
    let step = [magnitude / 5, magnitude / 2, magnitude].first { $0 >= wanted * (1 - 1e-9) } ?? magnitude
    return step
  }

  /// The text at a tick.
  func label(_ tick: Double) -> String {
    if tick == 0 { return "0" }
    switch quantity {
    case .count:
      for (size, unit) in [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")] where upper >= size {
        return Self.shortened(tick / size) + unit
      }
      return Self.shortened(tick)
    case .seconds:
      if step < 60, upper < 120 { return "\(Self.shortened(tick)) s" }
      let whole = Int(tick.rounded())
      func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
      if step < 60 { return "\(whole / 60):\(padded(whole % 60)) min" }
      if step < 3_600 {
        return upper < 7_200 ? "\(whole / 60) min" : "\(whole / 3_600):\(padded(whole % 3_600 / 60)) h"
      }
      return step < 86_400 ? "\(whole / 3_600) h" : "\(whole / 86_400) d"
    }
  }

  /// As many digits as it takes: `2`, `0.5`, `0.025`.
  private static func shortened(_ value: Double) -> String {
    var (scaled, digits) = (value, 0)
    while digits < 6, abs(scaled - scaled.rounded()) > 1e-6 * max(1, abs(scaled)) {
      scaled *= 10
      digits += 1
    }
    let whole = Int(scaled.rounded())
    guard digits > 0 else { return "\(whole)" }
    let text = String(whole)
    let filled = String(repeating: "0", count: max(0, digits + 1 - text.count)) + text
    return "\(filled.dropLast(digits)).\(filled.suffix(digits))"
  }
}
