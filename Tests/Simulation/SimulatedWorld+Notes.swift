package import StudentModuleHistory

extension SimulatedWorld {
  /// Writes down what a test does or sees.
  package func note(_ what: String, _ outcome: String) { trace("test", what, outcome) }
}

extension Ledger {
  /// Whether a row may have been deleted from anywhere.
  package func mayBeDeleted(_ row: HistoryRecord) -> Bool {
    guard let number = Self.number(of: row), entries.indices.contains(number - 1) else { return false }
    return entries[number - 1].mayBeDeleted
  }

  /// The table to which learners wrote a row; nil if they did not.
  package func side(of row: HistoryRecord) -> HistorySide? {
    guard let number = Self.number(of: row), entries.indices.contains(number - 1) else { return nil }
    return entries[number - 1].side
  }
}
