internal import MigrationBase

/// A plot over time as an SVG element for a page: it fetches nothing and runs nothing. Colours come from the page's style.
struct Plot {
  /// What is drawn, the first at the bottom.
  enum Layer {
    /// A value for each of equal spans along the axis, as a filled line; nil leaves a hole.
    case area([Double?], style: String)
    /// The same without filling.
    case steps([Double?], style: String)
    /// Values at the ends of equal spans, one more than there are spans.
    case line([Double], style: String)
  }

  let title: String

  /// The same in words, for those who do not see it.
  let summary: String
  let x: PlotAxis
  let y: PlotAxis
  let layers: [Layer]

  /// Places along the axis that are marked by a dashed line.
  var marks: [Double] = []

  private static let (width, height) = (720.0, 220.0)
  private static let (left, right, top, bottom) = (58.0, 18.0, 12.0, 26.0)

  /// The element.
  ///
  /// - Parameter id: the page's name for it, of letters and digits.
  func svg(id: String) -> String {
    var parts = [
      "<svg class=\"plot\" viewBox=\"0 0 \(Self.number(Self.width)) \(Self.number(Self.height))\" role=\"img\""
        + " aria-labelledby=\"\(id)-title \(id)-desc\">",
      "<title id=\"\(id)-title\">\(Markup.escaped(title))</title>",
      "<desc id=\"\(id)-desc\">\(Markup.escaped(summary))</desc>",
    ]
    for tick in y.ticks {
      let place = Self.number(vertical(tick))
      parts.append(
        "<line class=\"grid\" x1=\"\(Self.number(Self.left))\" x2=\"\(Self.number(Self.width - Self.right))\""
          + " y1=\"\(place)\" y2=\"\(place)\"/>")
      parts.append(
        "<text class=\"tick\" x=\"\(Self.number(Self.left - 8))\" y=\"\(place)\" dy=\"0.32em\" text-anchor=\"end\">"
          + "\(Markup.escaped(y.label(tick)))</text>")
    }
    for tick in x.ticks {
      let place = Self.number(horizontal(x.place(of: tick)))
      parts.append(
        "<text class=\"tick\" x=\"\(place)\" y=\"\(Self.number(Self.height - 6))\" text-anchor=\"middle\">"
          + "\(Markup.escaped(x.label(tick)))</text>")
      parts.append(
        "<line class=\"axis\" x1=\"\(place)\" x2=\"\(place)\" y1=\"\(Self.number(vertical(0)))\""
          + " y2=\"\(Self.number(vertical(0) + 4))\"/>")
    }
    parts += layers.map { path($0) }
    for mark in marks {
      let place = Self.number(horizontal(x.place(of: mark)))
      parts.append(
        "<line class=\"cut\" x1=\"\(place)\" x2=\"\(place)\" y1=\"\(Self.number(Self.top))\""
          + " y2=\"\(Self.number(vertical(0)))\"/>")
    }
    parts.append(
      "<line class=\"axis\" x1=\"\(Self.number(Self.left))\" x2=\"\(Self.number(Self.width - Self.right))\""
        + " y1=\"\(Self.number(vertical(0)))\" y2=\"\(Self.number(vertical(0)))\"/>")
    return parts.joined(separator: "\n") + "\n</svg>"
  }

  private func path(_ layer: Layer) -> String {
    switch layer {
    case .area(let values, let style):
      let floor = Self.number(vertical(0))
      let figures = Self.stretches(of: values).map { stretch in
        let (first, last) = (stretch.points[0].x, stretch.points[stretch.points.count - 1].x)
        return "M\(Self.number(horizontal(first))) \(floor)L" + drawn(stretch.points)
          + "L\(Self.number(horizontal(last))) \(floor)Z"
      }
      return "<path class=\"\(style)\" d=\"\(figures.joined())\"/>"
    case .steps(let values, let style):
      let figures = Self.stretches(of: values).map { "M" + drawn($0.points) }
      return "<path class=\"\(style)\" d=\"\(figures.joined())\"/>"
    case .line(let values, let style):
      let points = values.enumerated().map { index, value in
        (x: Double(index) / Double(max(1, values.count - 1)), y: value)
      }
      return "<path class=\"\(style)\" d=\"M\(drawn(points))\"/>"
    }
  }

  private struct Stretch {
    var points: [(x: Double, y: Double)]
  }

  /// The steps between holes, as points along the axis from 0 to 1.
  private static func stretches(of values: [Double?]) -> [Stretch] {
    var stretches: [Stretch] = []
    var isOpen = false
    for (index, value) in values.enumerated() {
      guard let value else {
        isOpen = false
        continue
      }
      if !isOpen { stretches.append(Stretch(points: [])) }
      isOpen = true
      let (from, to) = (Double(index) / Double(values.count), Double(index + 1) / Double(values.count))
      stretches[stretches.count - 1].points += [(from, value), (to, value)]
    }
    return stretches
  }

  private func drawn(_ points: [(x: Double, y: Double)]) -> String {
    points.map { "\(Self.number(horizontal($0.x))) \(Self.number(vertical($0.y)))" }.joined(separator: "L")
  }

  private func horizontal(_ place: Double) -> Double { Self.left + place * (Self.width - Self.left - Self.right) }

  private func vertical(_ value: Double) -> Double {
    Self.height - Self.bottom - y.place(of: value) * (Self.height - Self.top - Self.bottom)
  }

  /// A coordinate with one digit of fraction.
  private static func number(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(abs(tenths % 10))"
  }
}
