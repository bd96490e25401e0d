import Foundation
import HistoryConsole
import MigrationBase
import MigrationJournal
import StudentModuleHistory

/// How histories look on the terminal.
struct HistoryRendering {
  private let studentModuleID: UInt64
  private let console: Console
  private var rows: [(cells: [String], state: String?)] = []
  private var next: HistoryCursor?

  init(studentModuleID: UInt64, _ console: Console) {
    self.studentModuleID = studentModuleID
    self.console = console
  }

  /// Takes in a page; of a state no more is kept than a line can show.
  mutating func add(_ page: HistoryPage) {
    let length = 4 * console.outputWidth
    for entry in page.entries {
      let state = entry.record.state.map { String(String.UnicodeScalarView($0.unicodeScalars.prefix(length))) }
      rows.append(
        ([String(entry.record.id), entry.record.created.text, Self.score(entry.record), entry.table.rawValue], state))
    }
    next = page.next
  }

  /// Prints what was taken in as a table.
  func show() {
    guard !rows.isEmpty else {
      console.note("no history of the student module \(studentModuleID)")
      return
    }
    var table = TextTable(headings: ["id", "created", "score", "table", "state"])
    let before = rows.map { $0.cells.map(\.count).reduce(8, +) }.max() ?? 60
    let width = max(20, console.outputWidth - before - 6)
    for row in rows { table.add(row.cells + [Format.shortened(row.state, to: width)]) }
    for line in table.lines { console.print(line) }
    if let next { console.note("there is more: --cursor \(next), or --all") }
  }

  static func submissions(_ document: SubmissionsDocument, _ console: Console) {
    guard !document.entries.isEmpty else {
      console.note("no history of the student module \(document.studentModuleID)")
      return
    }
    for (index, entry) in document.entries.enumerated() {
      console.print(
        console.style("#\(document.entries.count - index): \(entry.record.created) (UTC)", .bold)
          + ", \(entry.table.rawValue) table, id \(entry.record.id)")
      console.print("Score: \(score(entry.record))")
      for line in lines(of: entry.record.state) { console.print(line) }
      console.print()
    }
  }

  /// `1.0 / 3.0`; `None` where there is no score, as Open edX prints it.
  private static func score(_ record: HistoryRecord) -> String {
    let text = { (value: Double?) in value.map { String($0) } ?? "None" }
    return "\(text(record.grade)) / \(text(record.maxGrade))"
  }

  /// The state with a member a line, its names in order, as Open edX prints it; its text on one line where it is no JSON.
  private static func lines(of state: String?) -> [String] {
    guard let state else { return ["null"] }
    // What Foundation makes of JSON takes many times its size: nobody reads a state of megabytes on a terminal.
    guard state.utf8.count <= 1 << 20,
      let value = try? JSONSerialization.jsonObject(with: Data(state.utf8), options: [.fragmentsAllowed]),
      let data = try? JSONSerialization.data(
        withJSONObject: value, options: [.prettyPrinted, .sortedKeys, .fragmentsAllowed, .withoutEscapingSlashes])
    else { return [state] }
    return String(decoding: data, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false).map {
      String($0)
    }
  }
}
