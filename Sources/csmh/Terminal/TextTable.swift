import Foundation
import MigrationBase

/// Columns of text under headings.
struct TextTable {
  private var rows: [[String]]

  init(headings: [String]) {
    rows = [headings]
  }

  mutating func add(_ cells: [String]) {
    rows.append(cells.map { VisibleText.line($0) })
  }

  var lines: [String] {
    let widths = rows[0].indices.map { column in rows.map { VisibleText.width($0[column]) }.max() ?? 0 }
    return rows.map { row in
      zip(row, widths).map { cell, width in
        cell + String(repeating: " ", count: width - VisibleText.width(cell))
      }.joined(separator: "  ").trimmingCharacters(in: .whitespaces)
    }
  }
}
