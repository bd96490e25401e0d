import Foundation
import TestSupport
import Testing

/// A document of the project, as the tests read it.
struct Page: Sendable, CustomTestStringConvertible {
  enum Part: Sendable {
    case directive(Directive)
    case block(Block)
  }

  /// From the project's root: `docs/migrating.md`.
  let path: String

  let lines: [String]

  /// Its directives and blocks, in their order.
  let parts: [Part]

  /// Comments that are no directive: a misspelt one must not pass in silence.
  let strangeComments: [Int]

  init(path: String, text: String) {
    self.path = path
    lines = text.components(separatedBy: "\n")
    (parts, strangeComments) = PageReading(lines).read()
  }

  init(path: String) throws {
    let file = TestServer.project.appendingPathComponent(path)
    self.init(path: path, text: try String(contentsOf: file, encoding: .utf8))
  }

  var testDescription: String { path }

  var directives: [Directive] {
    parts.compactMap { if case .directive(let directive) = $0 { directive } else { nil } }
  }

  var blocks: [Block] {
    parts.compactMap { if case .block(let block) = $0 { block } else { nil } }
  }

  /// Every document of the project that may hold commands.
  static let all: [Page] = {
    let folders = ["", "docs/", "docs/options/", "docs/decisions/", "Benchmarks/"]
    let paths = folders.flatMap { folder in
      ((try? FileManager.default.contentsOfDirectory(
        atPath: TestServer.project.appendingPathComponent(folder).path)) ?? [])
        .filter { $0.hasSuffix(".md") }.map { folder + $0 }
    }
    return paths.sorted().compactMap { try? Page(path: $0) }
  }()

  /// Writes other lines in the place of some, which are counted as in the page as it was read.
  func replacing(_ changes: [(lines: Range<Int>, with: [String])]) -> String {
    var result = lines
    for change in changes.sorted(by: { $0.lines.lowerBound > $1.lines.lowerBound }) {
      result.replaceSubrange(change.lines.lowerBound - 1..<change.lines.upperBound - 1, with: change.with)
    }
    return result.joined(separator: "\n")
  }
}

extension StringProtocol {
  var trimmingWhitespace: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}
