import Foundation
import Testing

@testable import HistoryConsole
@testable import StudentModuleHistory

/// Documents that are made without reading what they hold a second time.
@Suite struct DocumentTests {
  @Test(
    "what is JSON is taken for it",
    arguments: [
      "{}", "[]", "null", "true", "false", "0", "-0.5e+10", "1E5", #""""#,
      #"{"a": [1, {"b": null}], "é": "\u00e9\n\/"}"#,
      " [ 1 , 2 ] \n", #""\ud83d\ude00""#, #"{"a":1,"a":2}"#, "12345678901234567890123",
    ])
  func syntax(text: String) {
    #expect(JSONSyntax.isValid(text))
  }

  @Test(
    "what is none is not, and a lone half of a character is none",
    arguments: [
      "", " ", "{", "[1,]", "{,}", #"{"a"}"#, #"{"a":}"#, #"{a:1}"#, "[1 2]", "01", "1.", ".5", "+1", "-", "1e", "NaN",
      "Infinity", "tru", "nulll", #""\x""#, #""\u12g4""#, #""\ud83d""#, #""\ude00""#, #""\ud83dx""#, "\"a\u{1}\"",
      "\"a\nb\"", #""a"#, "'a'", "[1]]", "{} {}", "\u{FEFF}{}", "{\u{0}}", "// a\n1",
    ])
  func noSyntax(text: String) {
    #expect(!JSONSyntax.isValid(text))
  }

  @Test("nesting that no reader takes is no JSON, and does no harm")
  func nesting() {
    for depth in [400, 10_000_000] {
      let text = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
      #expect(JSONSyntax.isValid(text) == (depth < 500))
    }
  }

  @Test("a document that is handed on piece by piece is the same text, in pieces of whole characters")
  func pieces() {
    let states = ["", "{}", String(repeating: "日\"\u{1}😀", count: 50_000), String(repeating: "x", count: 65_536)]
    let entries = states.enumerated().map { number, state in
      HistoryEntry(
        record: HistoryRecord(
          id: UInt64(number), studentModuleID: 1, created: HistoryTimestamp(microsecondsSince1970: 0), state: state),
        table: .extended)
    }
    let document = HistoryDocument(HistoryPage(entries: entries, next: nil, collisions: [1, 2]))
    var pieces: [String] = []
    document.write { pieces.append($0) }
    #expect(pieces.joined() == document.text)
    #expect(
      pieces.count > 5 && pieces.allSatisfy { $0.utf8.count < 600_000 && !$0.unicodeScalars.contains("\u{FFFD}") })
  }
}
