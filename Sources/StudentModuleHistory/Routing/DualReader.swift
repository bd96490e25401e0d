/// Reads one page out of both tables.
///
/// Native rows come first, by descending id; then copied and original rows, by descending id. A copied row whose original still
/// stands is passed over: the original one is shown.
struct DualReader {
  /// One table's rows as far as they were fetched.
  private struct Side {
    var rows: [HistoryRecord] = []

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
  }

  private let router: HistoryRouter
  private let studentModuleIDs: [UInt64]
  private let limit: Int

  /// Rows of the extended table with this id or a larger one are native.
  private let boundary: UInt64

  private var extended = Side()
  private var original = Side()

  /// The cursor's place behind the last row that was taken, of either table.
  private var place: HistoryCursor

  /// From here on earlier pages have shown the original rows.
  private let shownFrom: UInt64?

  /// Ids below the boundary whose rows are no outlines.
  private var whole: Set<UInt64> = []

  /// Original rows that have the id of a native row, or of any row that an earlier page may have shown.
  private var twins: [UInt64: HistoryRecord] = [:]

  init(router: HistoryRouter, studentModuleIDs: [UInt64], cursor: HistoryCursor, limit: Int) {
    self.router = router
    self.studentModuleIDs = studentModuleIDs
    self.limit = limit
    boundary = router.startingID ?? 0
    place = cursor
    shownFrom = cursor.originalBelow
    extended.below = cursor.extendedBelow
    original.below = cursor.originalBelow
  }

  mutating func page() async throws -> HistoryPage {
    // At the same time, so that a page takes the longer of the two, not their sum.
    let (router, ids, limit, boundary) = (router, studentModuleIDs, limit, boundary)
    let (extendedBelow, originalBelow) = (extended.below, original.below)
    let rows = try await concurrently {
      try await router.rows(.extended, of: ids, below: extendedBelow, limit: limit + 1, outlinedBelow: boundary)
    } _: {
      try await router.rows(.original, of: ids, below: originalBelow, limit: limit + 1)
    }
    take(rows.0, &extended)
    take(rows.1, &original)
    try await findTwins()

    var page = HistoryPage(entries: [], next: nil, collisions: [])
    page.entries.reserveCapacity(min(limit, extended.rows.count + original.rows.count))
    while page.entries.count < limit {
      if extended.isUsedUp, !extended.isAtEnd {
        take(
          try await router.rows(
            .extended, of: studentModuleIDs, below: extended.below, limit: limit + 1, outlinedBelow: boundary),
          &extended)
        try await findTwins()
        continue
      }
      if original.isUsedUp, !original.isAtEnd {
        take(
          try await router.rows(.original, of: studentModuleIDs, below: original.below, limit: limit + 1), &original)
        try await findTwins()
        continue
      }
      guard try await step(&page) else { break }
    }
    if !extended.isEmpty || !original.isEmpty { page.next = place }
    return page
  }

  /// Takes the next row of either table, or a copy together with its original. Returns false if there is none.
  private mutating func step(_ page: inout HistoryPage) async throws -> Bool {
    switch (extended.nextID, original.nextID) {
    case (nil, nil): return false
    case (let id?, nil): try await takeExtended(twin: twins[id], &page)
    case (nil, _?): takeOriginal(&page)
    case (let id?, let other?):
      if id >= boundary || id > other {
        try await takeExtended(twin: twins.isEmpty ? nil : twins[id], &page)
      } else if id == other {
        if isSame(extended.rows[extended.index], original.rows[original.index]) {
          extended.index += 1
          place.extendedBelow = id
          takeOriginal(&page)
        } else {
          try await takeExtended(twin: original.rows[original.index], &page)
        }
      } else {
        takeOriginal(&page)
      }
    }
    return true
  }

  /// Whether a row of the extended table, or its outline, is a copy of an original one.
  private func isSame(_ row: HistoryRecord, _ other: HistoryRecord) -> Bool {
    isOutline(row) ? other.isOutlined(by: row) : row == other
  }

  private func isOutline(_ row: HistoryRecord) -> Bool { row.id < boundary && !whole.contains(row.id) }

  private mutating func takeExtended(twin: HistoryRecord?, _ page: inout HistoryPage) async throws {
    let row = extended.rows[extended.index]
    if let twin, isSame(row, twin) {
      extended.index += 1
      place.extendedBelow = row.id
      return
    }
    // A copy whose original is gone, or another record under its id: it is shown, and so needed whole.
    if isOutline(row) { return try await fetchWhole() }
    extended.index += 1
    place.extendedBelow = row.id
    if twin != nil { page.collisions.append(row.id) }
    page.entries.append(HistoryEntry(record: row, table: .extended))
  }

  /// Fetches the rows of the outlines that come next, up to a page of them; those that were deleted meanwhile go.
  private mutating func fetchWhole() async throws {
    let next = extended.rows[extended.index...].prefix(limit)
    let ids = next.filter { isOutline($0) }.map(\.id)
    let fetched = try await router.wholeRows(ids: ids, of: studentModuleIDs)
    var rows = Dictionary(fetched.map { ($0.id, $0) }) { first, _ in first }
    let rest = extended.rows[(extended.index + next.count)...]
    let replaced = next.compactMap { row in isOutline(row) ? rows.removeValue(forKey: row.id) : row }
    whole.formUnion(ids)
    extended.rows = replaced + rest
    extended.index = 0
  }

  private mutating func takeOriginal(_ page: inout HistoryPage) {
    let row = original.rows[original.index]
    original.index += 1
    place.originalBelow = row.id
    page.entries.append(HistoryEntry(record: row, table: .original))
  }

  private func take(_ rows: [HistoryRecord], _ side: inout Side) {
    side.isAtEnd = rows.count <= limit
    side.rows = rows
    side.index = 0
    if let last = rows.last { side.below = last.id }
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
      guard row.id >= boundary || shownFrom.map({ row.id >= $0 }) ?? false else { break }
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
