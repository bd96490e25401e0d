import Foundation

/// What a page shows, as a pattern: `...` alone on a line stands for any lines, inside a line for any text.
struct OutputPattern {
  private enum Element: Equatable {
    case gap
    /// The pieces between the `...` of a line.
    case line([String])
  }

  private let elements: [Element]
  private let rules: OutputRules

  init(_ lines: [String], rules: OutputRules) {
    self.rules = rules
    elements = lines.map { line in
      Self.isGap(line) ? .gap : .line(Self.pieces(rules.normalised(line)))
    }
  }

  static func isGap(_ line: String) -> Bool { ["...", "…"].contains(line.trimmingWhitespace) }

  private static func pieces(_ line: String) -> [String] {
    var text = line
    text.replace("…", with: "...")
    var pieces = text.components(separatedBy: "...")
    // `ends so. ...`: the space belongs to what is left out.
    if pieces.count > 1, let last = pieces.last, last.isEmpty {
      pieces[pieces.count - 2] = String(pieces[pieces.count - 2].trimmingSuffix { $0 == " " })
    }
    return pieces
  }

  /// How an output compares.
  enum Outcome: Equatable {
    /// It is as shown; and how many of its lines were needed.
    case matches(lineCount: Int)
    /// Which line of the pattern, from 0, finds nothing; and from which line of the output on, at the latest.
    case fails(line: Int, outputLine: Int)
  }

  /// - Parameter isOpenEnded: whether more lines may follow.
  func compare(_ output: [String], isOpenEnded: Bool = false) -> Outcome {
    let lines = output.map { rules.normalised($0) }
    // Where in the output the elements so far can end.
    var ends: Set<Int> = [0]
    for (index, element) in elements.enumerated() {
      var next: Set<Int> = []
      switch element {
      case .gap: next = Set((ends.min() ?? 0)...lines.count)
      case .line(let pieces):
        for end in ends where end < lines.count && Self.fits(lines[end], pieces) { next.insert(end + 1) }
      }
      if next.isEmpty { return .fails(line: index, outputLine: ends.min() ?? 0) }
      ends = next
    }
    if isOpenEnded { return .matches(lineCount: ends.min() ?? 0) }
    return ends.contains(lines.count)
      ? .matches(lineCount: lines.count) : .fails(line: elements.count, outputLine: ends.max() ?? 0)
  }

  /// Whether one line fits one line of a page.
  static func fits(_ line: String, _ shown: String, rules: OutputRules) -> Bool {
    fits(rules.normalised(line), pieces(rules.normalised(shown)))
  }

  private static func fits(_ line: String, _ pieces: [String]) -> Bool {
    guard let first = pieces.first, let last = pieces.last else { return false }
    if pieces.count == 1 { return line == first }
    guard line.hasPrefix(first) else { return false }
    var rest = line.dropFirst(first.count)
    for piece in pieces.dropFirst().dropLast() where !piece.isEmpty {
      guard let range = rest.firstRange(of: piece) else { return false }
      rest = rest[range.upperBound...]
    }
    return rest.hasSuffix(last)
  }
}

extension StringProtocol {
  fileprivate func trimmingSuffix(while isDropped: (Character) -> Bool) -> SubSequence {
    var end = endIndex
    while end > startIndex, isDropped(self[index(before: end)]) { end = index(before: end) }
    return self[..<end]
  }
}
