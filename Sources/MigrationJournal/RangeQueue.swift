internal import StudentModuleHistory

/// Hands out ranges of the journal by ascending ids to several workers, a page at a time.
package actor RangeQueue {
  private let load: @Sendable (_ lower: UInt64, _ limit: Int) async throws -> [JournalRange]
  private var page: ArraySlice<JournalRange> = []
  private var nextLower: UInt64? = 0
  private var draw: SampleDraw?

  /// How many ranges are read at a time.
  private static let pageSize = 500

  /// - Parameters:
  ///   - draw: picks some of the ranges; nil for all.
  ///   - load: gives at most `limit` ranges from `lower` on.
  package init(
    draw: SampleDraw? = nil, load: @escaping @Sendable (_ lower: UInt64, _ limit: Int) async throws -> [JournalRange]
  ) {
    self.draw = draw
    self.load = load
  }

  /// The next range, or nil after the last.
  package func next() async throws -> JournalRange? {
    while page.isEmpty, let lower = nextLower {
      let loaded = try await load(lower, Self.pageSize)
      // Another worker may have loaded the page while this one waited.
      guard nextLower == lower else { continue }
      page = draw == nil ? loaded[...] : loaded.filter { _ in draw!.takesNext() }[...]
      nextLower = loaded.last.flatMap { $0.range.upper == .max ? nil : $0.range.upper + 1 }
    }
    return page.popFirst()
  }
}
