import MigrationBase

/// Dresses text up for a terminal, and lets nothing else through that a terminal obeys.
///
/// Until a line is printed, a style is a mark that no text from outside can know: text cannot dress itself up.
struct TextStyles {
  private let mark = "\u{F0000}\(UInt64.random(in: 0...UInt64.max))"
  private static let end: Character = "\u{F0001}"

  /// The text with the marks of a style around it.
  func marked(_ text: String, _ style: Console.Style) -> String {
    "\(mark)\(style.rawValue)\(Self.end)\(text)\(mark)0\(Self.end)"
  }

  /// A line as it is printed: with its styles, and with everything escaped that is not fit to be shown.
  func line(_ line: String) -> String {
    pieces(of: line).map { Self.sequence($0.style) + VisibleText.line($0.text) }.joined()
  }

  /// The same, cut to so many columns.
  func line(_ line: String, columns: Int) -> String {
    var left = columns
    return pieces(of: line).map { piece in
      let text = VisibleText.beginning(of: piece.text, columns: left)
      left = max(0, left - VisibleText.width(text))
      return Self.sequence(piece.style) + text
    }.joined()
  }

  private static func sequence(_ style: Substring?) -> String { style.map { "\u{1B}[\($0)m" } ?? "" }

  /// The parts of a line, each with the style that begins with it.
  private func pieces(of line: String) -> [(style: Substring?, text: String)] {
    // The first byte of the mark, which few lines have: a state may be long.
    guard line.utf8.contains(0xF3) else { return [(nil, line)] }
    var pieces: [(style: Substring?, text: String)] = []
    var rest = line[...]
    var style: Substring?
    while let range = rest.firstRange(of: mark), let end = rest[range.upperBound...].firstIndex(of: Self.end) {
      pieces.append((style, String(rest[..<range.lowerBound])))
      style = rest[range.upperBound..<end]
      rest = rest[rest.index(after: end)...]
    }
    return pieces + [(style, String(rest))]
  }
}
