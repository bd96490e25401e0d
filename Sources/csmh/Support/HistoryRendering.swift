import Foundation
import HistoryConsole
import HistoryMigration
import StudentModuleHistory

/// How histories look on the terminal.
enum HistoryRendering {
  static func page(_ page: HistoryPage, of studentModuleID: UInt64, _ console: Console) {
    guard !page.entries.isEmpty else {
      console.note("no history of the student module \(studentModuleID)")
      return
    }
    var table = TextTable(headings: ["id", "created", "score", "table", "state"])
    let before = page.entries.map { cells($0).dropLast().map(\.count).reduce(8, +) }.max() ?? 60
    let width = max(20, console.outputWidth - before - 6)
    for entry in page.entries {
      var cells = cells(entry)
      cells[4] = Format.shortened(entry.record.state, to: width)
      table.add(cells)
    }
    console.print(table.text)
    if let next = page.next { console.note("there is more: --cursor \(next), or --all") }
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
      console.print(indented(entry.record.state))
      console.print()
    }
  }

  private static func cells(_ entry: HistoryEntry) -> [String] {
    [String(entry.record.id), entry.record.created.text, score(entry.record), entry.table.rawValue, ""]
  }

  /// `1.0 / 3.0`; `None` where there is no score, as Open edX prints it.
  private static func score(_ record: HistoryRecord) -> String {
    let text = { (value: Double?) in value.map { String($0) } ?? "None" }
    return "\(text(record.grade)) / \(text(record.maxGrade))"
  }

  /// The state with a member a line, its names in order, as Open edX prints it; its text where it is no JSON.
  private static func indented(_ state: String?) -> String {
    guard let state else { return "null" }
    guard let value = try? JSONSerialization.jsonObject(with: Data(state.utf8), options: [.fragmentsAllowed]),
      let data = try? JSONSerialization.data(
        withJSONObject: value, options: [.prettyPrinted, .sortedKeys, .fragmentsAllowed, .withoutEscapingSlashes])
    else { return state }
    return String(decoding: data, as: UTF8.self)
  }
}
