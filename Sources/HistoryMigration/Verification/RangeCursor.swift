internal import HistoryStores
internal import StudentModuleHistory

/// Hands out the ranges that are to be compared to several workers, a page at a time.
actor RangeCursor {
  private let journal: Journal
  private let keeper: ReconnectingLane
  private let states: [JournalRange.State]
  private let began: String?
  private var draw: SampleDraw?
  private var page: ArraySlice<JournalRange> = []
  private var nextLower: UInt64? = 0

  /// - Parameters:
  ///   - began: only ranges that were not compared since this time; nil for all.
  ///   - draw: picks some of them; nil for all.
  init(
    journal: Journal, keeper: ReconnectingLane, states: [JournalRange.State], began: String?, draw: SampleDraw? = nil
  ) {
    self.journal = journal
    self.keeper = keeper
    self.states = states
    self.began = began
    self.draw = draw
  }

  func next() async throws -> JournalRange? {
    while page.isEmpty, let lower = nextLower {
      let (journal, states, began) = (journal, states, began)
      let loaded = try await keeper.perform {
        try await journal.ranges(from: lower, limit: 500, states: states, notVerifiedSince: began, $0.extended)
      }
      // Another worker may have loaded the page while this one waited.
      guard nextLower == lower else { continue }
      page = draw == nil ? loaded[...] : loaded.filter { _ in draw!.takesNext() }[...]
      nextLower = loaded.last.flatMap { $0.range.upper == .max ? nil : $0.range.upper + 1 }
    }
    return page.popFirst()
  }
}
