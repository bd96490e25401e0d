/// Writes what a page is to show, from what it shows and a new output: each line is replaced by the one that is most like it, also its
/// times and rates, so that all of a block is from one run; what was left out stays left out.
struct OutputRefresh {
  private let shown: [String]
  private let output: [String]
  private let rules: OutputRules

  init(shown: [String], output: [String], rules: OutputRules) {
    self.shown = shown
    self.output = output
    self.rules = rules
  }

  /// So many words of two lines must be the same for one to be the successor of the other.
  private static let likeness = 0.35

  /// Longer lines are cut.
  private static let lineLength = 118

  func lines() -> [String] {
    guard shown.contains(where: { OutputPattern.isGap($0) }) else {
      return output.map { cut($0, nil) }
    }
    let partners = aligned()
    var result: [String] = []
    var nextLine = 0
    var isAfterGap = false
    for (index, line) in shown.enumerated() {
      if OutputPattern.isGap(line) {
        isAfterGap = true
        continue
      }
      guard let partner = partners[index] else { continue }
      if partner > nextLine {
        result += isAfterGap ? ["..."] : output[nextLine..<partner].map { cut($0, nil) }
      }
      // What is left out in the middle of a line stays so.
      let isShortened = line.contains("...") && !line.hasSuffix("...")
      result.append(
        isShortened && OutputPattern.fits(output[partner], line, rules: rules) ? line : cut(output[partner], line))
      nextLine = partner + 1
      isAfterGap = false
    }
    if nextLine < output.count {
      result += isAfterGap || result.isEmpty ? ["..."] : output[nextLine...].map { cut($0, nil) }
    }
    return result
  }

  /// For each line that is shown, the line of the output that it has become: in the same order, as many and as similar as possible.
  private func aligned() -> [Int?] {
    let likeness = shown.map { line in
      output.map { OutputPattern.isGap(line) ? 0 : Self.likeness(line, $0, rules) }
    }
    var best = Array(repeating: Array(repeating: 0.0, count: output.count + 1), count: shown.count + 1)
    for row in shown.indices.reversed() {
      for column in output.indices.reversed() {
        let taken = likeness[row][column] >= Self.likeness ? best[row + 1][column + 1] + likeness[row][column] : 0
        best[row][column] = max(taken, best[row + 1][column], best[row][column + 1])
      }
    }
    var partners: [Int?] = Array(repeating: nil, count: shown.count)
    var (row, column) = (0, 0)
    while row < shown.count, column < output.count {
      let like = likeness[row][column]
      if like >= Self.likeness, best[row][column] == best[row + 1][column + 1] + like {
        partners[row] = column
        row += 1
        column += 1
      } else if best[row][column] == best[row + 1][column] {
        row += 1
      } else {
        column += 1
      }
    }
    return partners
  }

  /// The share of words that two lines have in common; more than all if one holds as the other.
  private static func likeness(_ shown: String, _ line: String, _ rules: OutputRules) -> Double {
    if OutputPattern.fits(line, shown, rules: rules) { return 2 }
    let one = Set(rules.normalised(shown).split(separator: " ").filter { $0 != "..." })
    let other = Set(rules.normalised(line).split(separator: " "))
    guard !one.isEmpty, !other.isEmpty else { return 0 }
    return Double(one.intersection(other).count) / Double(min(one.count, other.count))
  }

  /// A long line ends with ` ...`, as the one before it did.
  private func cut(_ line: String, _ old: String?) -> String {
    let limit = old.flatMap { $0.hasSuffix("...") ? max($0.count, 40) : nil } ?? Self.lineLength
    guard line.count > limit else { return line }
    var words = line.split(separator: " ", omittingEmptySubsequences: false)
    while words.count > 1, words.map(\.count).reduce(words.count - 1, +) > limit - 4 { words.removeLast() }
    return words.joined(separator: " ") + " ..."
  }
}
