import Foundation
import Testing

@testable import MigrationBase

/// What a terminal shows: no text from outside steers it, no line is wider than it.
@Suite struct VisibleTextTests {
  /// Everything that a terminal obeys, and what turns the direction of writing.
  static let hidden: [Unicode.Scalar] = {
    let ranges: [ClosedRange<UInt32>] = [0x00...0x1F, 0x7F...0x9F, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069]
    return ranges.flatMap { $0.compactMap { Unicode.Scalar($0) } } + ["\u{61C}"]
  }()

  @Test("control characters and those of direction are escaped, wherever they stand; all others stay")
  func escapes() {
    #expect(VisibleText.line("a\u{1B}]0;owned\u{7}b\n\tc\r\u{9B}2J") == #"a\u001b]0;owned\u0007b\n\tc\r\u009b2J"#)
    #expect(VisibleText.line("invoice\u{202E}fdp.exe") == #"invoice\u202efdp.exe"#)
    for scalar in Self.hidden {
      let shown = VisibleText.line("é\(scalar)\u{301}👍🏽\(scalar)")
      #expect(!shown.unicodeScalars.contains(scalar), "\(scalar.value)")
      #expect(shown.hasPrefix("é\\") && shown.contains("👍🏽"))
    }
    let plain = #"{"é": "日本語 \u001b 👩‍👧 \\ שלום"}"#
    #expect(VisibleText.line(plain) == plain)
    #expect(VisibleText.lines("a\nb\u{1B}") == "a\nb\\u001b")
  }

  @Test("JSON means the same afterwards, and keeps its own newlines")
  func json() throws {
    let value = String(String.UnicodeScalarView(Self.hidden)) + "\"\\ é"
    let encoder = JSONEncoder()
    encoder.outputFormatting = .prettyPrinted
    let text = VisibleText.json(String(decoding: try encoder.encode([value: [value]]), as: UTF8.self))
    #expect(try JSONDecoder().decode([String: [String]].self, from: Data(text.utf8)) == [value: [value]])
    #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || !VisibleText.isHidden($0) })
  }

  @Test("a text is cut to columns: wide characters take two, marks none, escapes as many as they show")
  func beginnings() {
    #expect(VisibleText.beginning(of: "abcdef", columns: 6) == "abcdef")
    #expect(VisibleText.beginning(of: "abcdefg", columns: 6) == "abc...")
    #expect(VisibleText.beginning(of: "日本語", columns: 6) == "日本語")
    #expect(VisibleText.beginning(of: "日本語日本語", columns: 8) == "日本...")
    #expect(VisibleText.beginning(of: "e\u{301}e\u{301}e\u{301}", columns: 3) == "e\u{301}e\u{301}e\u{301}")
    #expect(VisibleText.beginning(of: "\u{1B}\u{1B}", columns: 11) == #"\u001b..."#)
    #expect(VisibleText.beginning(of: "\n\n", columns: 4) == #"\n\n"#)
    #expect(VisibleText.beginning(of: "abc", columns: 2) == "")
    for columns in 0..<30 {
      for text in ["日本語 abc 👩‍👧👍🏽 \u{1B}[2J", "ｆｕｌｌ ☕️ ✨ e\u{301}\u{302}x한국어\u{202E}", "🇩🇪🇫🇷"] {
        #expect(VisibleText.width(VisibleText.beginning(of: text, columns: columns)) <= columns)
      }
    }
    #expect(Format.shortened("a\nb\u{1B}") == #"'a\nb\u001b'"#)
    #expect(Format.shortened(String(repeating: "x", count: 100), to: 10) == "'xxxxxxx...'")
  }

  @Test("of a huge text no more is looked at than is shown")
  func huge() {
    let text = String(repeating: "x", count: 50_000_000)
    let start = ContinuousClock.now
    for _ in 0..<100 { #expect(Format.shortened(text).utf8.count == 62) }
    #expect(ContinuousClock.now - start < .seconds(5))
  }

  @Test("a page of HTML holds no control character either")
  func markup() {
    let text = Markup.escaped(String(String.UnicodeScalarView(Self.hidden)) + "<b>")
    #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || !VisibleText.isHidden($0) })
    #expect(text.hasSuffix("&lt;b&gt;"))
  }

  // MARK: Progress

  private var snapshot: ProgressSnapshot {
    ProgressSnapshot(
      phase: "copy", rowsDone: 1_200_000, rowsLeft: 300_000, isEstimate: true, rowsPerSecond: 52_000,
      bytesPerSecond: 47_100_000, eta: .seconds(720), etaUnknownBecause: nil, activeWorkers: 4, retryCount: 0,
      note: nil)
  }

  @Test("progress tells the share and the time left first, and leaves out the rest from its end where it does not fit")
  func progress() {
    let whole =
      "copy: 80 %, ETA 12 min 0 s, 1,200,000 rows done, ~300,000 left, 52,000 rows/s, 47.1 MB/s, 4 workers, 0 retries"
    #expect(ProgressLine.text(snapshot) == whole)
    #expect(ProgressLine.text(snapshot, columns: whole.count) == whole)
    #expect(ProgressLine.text(snapshot, columns: 60) == "copy: 80 %, ETA 12 min 0 s, 1,200,000 rows done")
    #expect(ProgressLine.text(snapshot, columns: 20) == "copy: 80 %")
    #expect(ProgressLine.text(snapshot, columns: 8) == "copy:...")
  }

  @Test("no width makes it wrap, whatever a server says")
  func width() {
    var snapshot = snapshot
    snapshot.eta = nil
    for reason in ["\u{1B}[2J\u{1B}[H", "Tabelle gesperrt\nzweite Zeile", "サーバーが応答しません、もう一度", "é\u{301}"] {
      snapshot.etaUnknownBecause = reason
      for columns in 1..<140 {
        let line = VisibleText.line(ProgressLine.text(snapshot, columns: columns))
        #expect(VisibleText.width(line) <= columns, "\(columns): \(line)")
      }
    }
    snapshot.rowsLeft = nil
    snapshot.rowsDone = 0
    #expect(ProgressLine.text(snapshot).hasPrefix("copy: ETA unknown: "), "no share of nothing")
  }

  // MARK: Suggestions

  @Test(
    "a misspelt name finds the one that was meant, a strange one none",
    arguments: [
      ("provison", ["provision"]), ("PROVISION", ["provision"]), ("verfiy", ["verify"]), ("catchup", ["catch-up"]),
      ("statsu", ["status"]), ("drian", ["drain"]), ("prov", ["provision"]), ("re", ["recheck", "report", "return"]),
      ("cop", ["copy"]), ("frobnicate", []), ("x", []), ("", []), (String(repeating: "copy", count: 1_000), []),
    ] as [(String, [String])])
  func suggestions(word: String, names: [String]) {
    let commands = [
      "provision", "copy", "verify", "catch-up", "drain", "return", "status", "recheck", "report", "check",
    ]
    #expect(Suggestion.names(near: word, among: commands).sorted() == names)
  }
}
