internal import StudentModuleHistory

/// Hands out ranges of the journal by ascending ids to several workers, a page at a time.
actor RangeQueue {
  private let load: @Sendable (_ lower: UInt64, _ limit: Int) async throws -> [JournalRange]
  private var page: ArraySlice<JournalRange> = []
  private var nextLower: UInt64? = 0

  /// How many ranges are read at a time.
  private static let pageSize = 500

  /// - Parameter load: gives at most `limit` ranges from `lower` on.
  init(load: @escaping @Sendable (_ lower: UInt64, _ limit: Int) async throws -> [JournalRange]) {
    self.load = load
  }

  /// The next range, or nil after the last.
  func next() async throws -> JournalRange? {
    while page.isEmpty, let lower = nextLower {
      let loaded = try await load(lower, Self.pageSize)
      // Another worker may have loaded the page while this one waited.
      guard nextLower == lower else { continue }
      page = loaded[...]
      nextLower = loaded.last.flatMap { $0.range.upper == .max ? nil : $0.range.upper + 1 }
    }
    return page.popFirst()
  }
}
