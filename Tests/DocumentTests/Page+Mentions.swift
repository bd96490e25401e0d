/// What a page says of commands and options outside its blocks.
extension Page {
  /// A piece of code in a sentence or a table.
  struct Mention: Sendable {
    let line: Int
    let text: String
  }

  /// Everything between backticks, outside fenced and indented blocks; a piece may go over the end of a line.
  var mentions: [Mention] {
    var blockLines: Set<Int> = []
    for block in blocks { blockLines.formUnion(block.line..<block.line + block.lines.count) }
    var mentions: [Mention] = []
    var open: Mention?
    for (index, line) in lines.enumerated() {
      if blockLines.contains(index + 1) || line.contains("```") || line.isEmpty {
        open = nil
        continue
      }
      for (number, piece) in line.split(separator: "`", omittingEmptySubsequences: false).enumerated() {
        if number > 0 {
          if let ended = open {
            mentions.append(ended)
            open = nil
          } else {
            open = Mention(line: index + 1, text: "")
          }
        }
        if let begun = open {
          let text = begun.text.isEmpty ? String(piece) : begun.text + " " + piece.trimmingWhitespace
          open = Mention(line: begun.line, text: text)
        }
      }
    }
    return mentions
  }

  /// Every command line of its blocks.
  var commandLines: [Mention] {
    blocks.filter { $0.kind == .shell || $0.kind == .transcript }.flatMap { block in
      block.lines.enumerated().compactMap { index, line in
        let isCommand = block.kind == .shell || line.hasPrefix("$ ")
        let text = block.kind == .shell ? line : String(line.dropFirst(2))
        return isCommand ? Mention(line: block.line + index, text: text) : nil
      }
    }
  }

  /// The lines of a section, from its heading to the next one; none if there is no such section.
  func section(_ title: String) -> Range<Int> {
    guard let first = lines.firstIndex(of: "## " + title) else { return 0..<0 }
    let end = lines[(first + 1)...].firstIndex { $0.hasPrefix("## ") } ?? lines.count
    return first + 1..<end + 1
  }

  /// The cells of each row of its tables, without the rows of dashes.
  var tableRows: [(line: Int, cells: [String])] {
    lines.enumerated().compactMap { index, line in
      guard line.hasPrefix("|"), !line.hasPrefix("| ---") else { return nil }
      let cells = line.dropFirst().split(separator: "|", omittingEmptySubsequences: false).dropLast()
      return (index + 1, cells.map { String($0).trimmingWhitespace })
    }
  }
}
