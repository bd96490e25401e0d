import Foundation
import Testing

@testable import HistoryConsole
@testable import StudentModuleHistory

/// Documents that are made without reading what they hold a second time.
@Suite struct DocumentTests {
  @Test(
    "a text is JSON if and only if Foundation reads it, and a lone half of a character is none",
    arguments: [
      "{}", "[]", "null", "true", "false", "0", "-0.5e+10", "1E5", #""""#,
      #"{"a": [1, {"b": null}], "é": "\u00e9\n\/"}"#,
      " [ 1 , 2 ] \n", #""\ud83d\ude00""#, #"{"a":1,"a":2}"#, "12345678901234567890123",
      // None of these is any.
      "", " ", "{", "[1,]", "{,}", #"{"a"}"#, #"{"a":}"#, #"{a:1}"#, "[1 2]", "01", "1.", ".5", "+1", "-", "1e", "NaN",
      "Infinity", "tru", "nulll", #""\x""#, #""\u12g4""#, #""\ud83d""#, #""\ude00""#, #""\ud83dx""#, "\"a\u{1}\"",
      "\"a\nb\"", #""a"#, "'a'", "[1]]", "{} {}", "\u{FEFF}{}", "{\u{0}}", "// a\n1",
    ])
  func syntax(text: String) {
    let foundation =
      try? JSONSerialization.jsonObject(with: Data(text.utf8), options: [.fragmentsAllowed])
    let isForeign = text.unicodeScalars.first == "\u{FEFF}" || text.utf8.contains(0)
    #expect(JSONSyntax.isValid(text) == (foundation != nil && !isForeign))
  }

  @Test("nesting that no reader takes is no JSON, and does no harm")
  func nesting() {
    for depth in [400, 10_000_000] {
      let text = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
      #expect(JSONSyntax.isValid(text) == (depth < 500))
    }
  }

  @Test("a whole history that is made page by page is the same document as one that is made at once", arguments: 0..<4)
  func whole(pageSize: Int) {
    let entries = (1...7).map { (id: UInt64) in
      HistoryEntry(
        record: HistoryRecord(
          id: id, studentModuleID: 1, created: HistoryTimestamp(microsecondsSince1970: 0),
          state: "{\"é\": \"\u{1}\(id)\"}", grade: 1),
        table: .extended)
    }
    var document = WholeHistoryDocument()
    var rest = pageSize == 0 ? [] : entries[...]
    while !rest.isEmpty {
      document.add(HistoryPage(entries: Array(rest.prefix(pageSize)), next: nil, collisions: [UInt64(rest.count)]))
      rest = rest.dropFirst(pageSize)
    }
    let all = pageSize == 0 ? [] : entries
    let collisions = stride(from: all.count, to: 0, by: -max(1, pageSize)).map { UInt64($0) }
    let page = HistoryPage(entries: all, next: nil, collisions: collisions)
    #expect(document.parts.joined() == HistoryDocument(page).text)
  }
}
