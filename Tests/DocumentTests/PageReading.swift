import Foundation

/// Finds the blocks and comments of a Markdown text: fenced blocks and indented ones, also inside lists.
struct PageReading {
  private let lines: [String]
  private var next = 0
  private var parts: [Page.Part] = []
  private var strangeComments: [Int] = []

  /// Where the text of the open list items begins, the outermost first.
  private var listIndentations: [Int] = []

  init(_ lines: [String]) {
    self.lines = lines
  }

  func read() -> ([Page.Part], [Int]) {
    var reading = self
    reading.readAll()
    return (reading.parts, reading.strangeComments)
  }

  private mutating func readAll() {
    var isAfterBlank = true
    while next < lines.count {
      let line = lines[next]
      let text = line.drop { $0 == " " }
      let indentation = line.count - text.count
      if text.isEmpty {
        isAfterBlank = true
        next += 1
        continue
      }
      listIndentations.removeAll { $0 > indentation }
      let base = listIndentations.last ?? 0
      if text.hasPrefix("```") {
        readFence(indentation)
      } else if text.hasPrefix("<!--") {
        readComment()
      } else if isAfterBlank, indentation >= base + 4 {
        readIndented(base + 4)
      } else {
        if let marker = text.prefixMatch(of: /([-*]|\d+\.) +/) {
          listIndentations.append(indentation + marker.output.0.count)
        }
        isAfterBlank = false
        next += 1
        continue
      }
      isAfterBlank = true
    }
  }

  private mutating func readFence(_ indentation: Int) {
    let language = lines[next].drop { $0 == " " }.dropFirst(3)
    let first = next + 1
    next = first
    while next < lines.count, lines[next].trimmingWhitespace != "```" { next += 1 }
    add(first..<next, language: String(language), indentation: indentation)
    next += 1
  }

  private mutating func readIndented(_ indentation: Int) {
    let first = next
    var end = next
    while next < lines.count {
      let isBlank = lines[next].trimmingWhitespace.isEmpty
      guard isBlank || lines[next].hasPrefix(String(repeating: " ", count: indentation)) else { break }
      next += 1
      if !isBlank { end = next }
    }
    next = end
    add(first..<end, language: nil, indentation: indentation)
  }

  private mutating func add(_ range: Range<Int>, language: String?, indentation: Int) {
    let text = lines[range].map { line in
      String(line.dropFirst(min(indentation, line.prefix { $0 == " " }.count)))
    }
    parts.append(
      .block(Block(language: language, lines: text, line: range.lowerBound + 1, indentation: indentation)))
  }

  private mutating func readComment() {
    let first = next
    var text = ""
    while next < lines.count {
      text += lines[next] + "\n"
      next += 1
      if text.contains("-->") { break }
    }
    let comment = text.trimmingWhitespace.dropFirst(4)
    let inner = comment.range(of: "-->").map { comment[..<$0.lowerBound] } ?? comment
    if let directive = Directive(comment: String(inner), line: first + 1) {
      parts.append(.directive(directive))
    } else {
      strangeComments.append(first + 1)
    }
  }
}
