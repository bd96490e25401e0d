package import StudentModuleHistory

extension Journal {
  /// Reads columns of every range by ascending ids, a page at a time, so that memory stays flat however many ranges there are.
  ///
  /// - Parameter columns: `lower_id` is the first one.
  package func scanRanges(
    _ columns: [JournalColumn], _ session: any HistorySession, _ body: ([SQLValue]) -> Void
  ) async throws {
    let pageSize = 1_000
    var conditions: [JournalCondition] = []
    while true {
      let page = try await session.select(
        columns, JournalQuery(.range, where: conditions, order: .lowerID, limit: pageSize))
      for row in page { body(row) }
      guard page.count == pageSize, let last = page.last?[0].unsignedValue else { return }
      conditions = [.above(.lowerID, .number(last))]
    }
  }
}
