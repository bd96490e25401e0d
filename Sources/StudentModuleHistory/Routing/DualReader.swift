/// Reads one page out of both tables.
///
/// Native rows come first, by descending id; then copied and original rows, by descending id. A copied row whose original still
/// stands is passed over: the original one is shown.
struct DualReader {
  /// One table's rows as far as they were fetched.
  private struct Side<Row: Identifiable> where Row.ID == UInt64 {
    var rows: [Row] = []

    /// The next one of them.
    var index = 0

    /// What was fetched or taken lies at or above; nil at the beginning.
    var below: UInt64?
    var isAtEnd = false

    /// Whether nothing comes any more.
    var isEmpty: Bool { isUsedUp && isAtEnd }

    var isUsedUp: Bool { index == rows.count }

    /// The id of the next row.
    var nextID: UInt64? { isUsedUp ? nil : rows[index].id }

    mutating func take(_ fetched: (rows: [Row], isAtEnd: Bool)) {
      isAtEnd = fetched.isAtEnd
      rows = fetched.rows
      index = 0
      if let last = rows.last { below = last.id }
    }
  }

  /// What has to be fetched before rows can be taken.
  private enum Need {
    case extended
    case original
    /// The outlines that come next, whole.
    case whole
  }

  private let router: HistoryRouter
  private let studentModuleIDs: [UInt64]
  private let limit: Int

  /// Native rows whole, copies outlined: their originals are read anyway.
  private var extended = Side<OutlinedRecord>()
  private var original = Side<HistoryRecord>()

  /// The cursor's place behind the last row that was taken, of either table.
  private var place: HistoryCursor

  /// From here on earlier pages have shown the original rows.
  private let shownFrom: UInt64?

  /// Original rows that have the id of a native row, or of any row that an earlier page may have shown.
  private var twins: [UInt64: HistoryRecord] = [:]

  init(router: HistoryRouter, studentModuleIDs: [UInt64], cursor: HistoryCursor, limit: Int) {
    self.router = router
    self.studentModuleIDs = studentModuleIDs
    self.limit = limit
    place = cursor
    shownFrom = cursor.originalBelow
    extended.below = cursor.extendedBelow
    original.below = cursor.originalBelow
  }

  mutating func page() async throws -> HistoryPage {
    // At the same time, so that a page takes the longer of the two, not their sum. The original rows, which are whole, take longer.
    let (router, ids, limit) = (router, studentModuleIDs, limit)
    let (extendedBelow, originalBelow) = (extended.below, original.below)
    let (originals, outlines) = try await briefly {
      try await router.rows(.original, of: ids, below: originalBelow, limit: limit + 1)
    } and: {
      try await router.outlines(of: ids, below: extendedBelow, limit: limit + 1)
    }
    extended.take(outlines)
    original.take((originals, originals.count <= limit))
    try await findTwins()

    var page = HistoryPage(entries: [], next: nil, collisions: [])
    page.entries.reserveCapacity(min(limit, extended.rows.count + original.rows.count))
    while let need = merge(into: &page) {
      switch need {
      case .extended:
        extended.take(
          try await router.outlines(of: ids, below: extended.below, limit: limit + 1))
        try await findTwins()
      case .original:
        let rows = try await router.rows(.original, of: ids, below: original.below, limit: limit + 1)
        original.take((rows, rows.count <= limit))
        try await findTwins()
      case .whole: try await fetchWhole()
      }
    }
    if !extended.isEmpty || !original.isEmpty { page.next = place }
    return page
  }

  /// Takes rows until the page is full or both tables are at their end, which returns nil, or until something has to be fetched.
  private mutating func merge(into page: inout HistoryPage) -> Need? {
    while page.entries.count < limit {
      if extended.isUsedUp, !extended.isAtEnd { return .extended }
      if original.isUsedUp, !original.isAtEnd { return .original }
      var isWanted = true
      switch (extended.nextID, original.nextID) {
      case (nil, nil): return nil
      case (let id?, nil): isWanted = takeExtended(twin: twins[id], &page)
      case (nil, _?): takeOriginal(&page)
      case (let id?, let other?):
        if id >= router.firstNativeID || id > other {
          isWanted = takeExtended(twin: twins.isEmpty ? nil : twins[id], &page)
        } else if id < other {
          takeOriginal(&page)
        } else if extended.rows[extended.index].isCopy(of: original.rows[original.index]) {
          passOverExtended()
          takeOriginal(&page)
        } else {
          isWanted = takeExtended(twin: original.rows[original.index], &page)
        }
      }
      if !isWanted { return .whole }
    }
    return nil
  }

  /// Takes the next row of the extended table, or passes over it if it is a copy of `twin`. Returns false if it is not whole: of a
  /// copy whose original is gone, or another record under its id, which is to be shown.
  private mutating func takeExtended(twin: HistoryRecord?, _ page: inout HistoryPage) -> Bool {
    let row = extended.rows[extended.index]
    if let twin, row.isCopy(of: twin) {
      passOverExtended()
      return true
    }
    guard case .whole(let record) = row else { return false }
    passOverExtended()
    if twin != nil { page.collisions.append(record.id) }
    page.entries.append(HistoryEntry(record: record, table: .extended))
    return true
  }

  private mutating func passOverExtended() {
    place.extendedBelow = extended.nextID
    extended.index += 1
  }

  private mutating func takeOriginal(_ page: inout HistoryPage) {
    page.entries.append(HistoryEntry(record: original.rows[original.index], table: .original))
    place.originalBelow = original.nextID
    original.index += 1
  }

  /// Fetches the rows of the outlines that come next, up to a page of them; those that were deleted meanwhile go.
  private mutating func fetchWhole() async throws {
    let next = extended.rows[extended.index...].prefix(limit)
    let ids = next.filter { !$0.isWhole }.map(\.id)
    let fetched = try await router.wholeRows(ids: ids, of: studentModuleIDs)
    var rows = Dictionary(fetched.map { ($0.id, $0) }) { first, _ in first }
    let rest = extended.rows[(extended.index + next.count)...]
    let replaced = next.compactMap { row in
      row.isWhole ? row : rows.removeValue(forKey: row.id).map { .whole($0) }
    }
    extended.rows = replaced + rest
    extended.index = 0
  }

  /// Finds the original rows with the ids of the native rows that were fetched: among the original rows that were fetched, or further
  /// down. No original row is taken before the last native one, so none lies further up; but for earlier pages that were read before
  /// the extended table was, with the flags of then.
  ///
  /// With a starting id that was kept there are none, and the table is not asked: every original id is smaller.
  private mutating func findTwins() async throws {
    var candidates: [UInt64] = []
    for row in extended.rows {
      // Ids descend: behind the first that is neither there is none.
      guard row.id >= router.firstNativeID || shownFrom.map({ row.id >= $0 }) ?? false else { break }
      candidates.append(row.id)
    }
    guard let lowest = candidates.last else { return }
    for row in original.rows where row.id >= lowest { twins[row.id] = row }
    let smallest = original.isAtEnd ? nil : original.rows.last?.id
    let unseen = candidates.filter { id in
      guard twins[id] == nil else { return false }
      if let shownFrom, id >= shownFrom { return true }
      return smallest.map { id < $0 } ?? false
    }
    guard !unseen.isEmpty else { return }
    for row in try await router.twins(ids: unseen, of: studentModuleIDs) { twins[row.id] = row }
  }
}

extension HistoryRouter {
  fileprivate func outlines(
    of ids: [UInt64], below: UInt64?, limit: Int
  ) async throws -> (rows: [OutlinedRecord], isAtEnd: Bool) {
    guard below != 0 else { return ([], true) }
    return try await extended.withSession(isRepeatable: true) {
      try await $0.outlines(
        of: ids, below: below, limit: limit, outlinedBelow: firstNativeID, provenBelow: provenBelow)
    }
  }

  /// Rows of the extended table with this id or a larger one are native: all of them where no journal tells.
  fileprivate var firstNativeID: UInt64 { startingID ?? 0 }

  fileprivate func wholeRows(ids: [UInt64], of studentModuleIDs: [UInt64]) async throws -> [HistoryRecord] {
    try await extended.withSession(isRepeatable: true) {
      try await $0.records(ids: ids, of: studentModuleIDs)
    }
  }

  fileprivate func twins(ids: [UInt64], of studentModuleIDs: [UInt64]) async throws -> [HistoryRecord] {
    try await original.withSession(isRepeatable: true) {
      try await $0.records(ids: ids, of: studentModuleIDs)
    }
  }
}
