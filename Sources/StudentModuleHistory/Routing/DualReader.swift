/// Reads one page out of both tables.
///
/// Native rows come first, by descending id; then copied and original rows, by descending id. A copied row whose original still
/// stands is passed over: the original one is shown.
struct DualReader {
  /// One table's rows as far as they were fetched.
  private struct Side {
    var rows: ArraySlice<HistoryRecord> = []

    /// What was fetched or taken lies at or above; nil at the beginning.
    var below: UInt64?
    var isAtEnd = false

    /// Whether nothing comes any more.
    var isEmpty: Bool { rows.isEmpty && isAtEnd }
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
    async let extendedRows = router.rows(.extended, of: studentModuleIDs, below: extended.below, limit: limit + 1)
    async let originalRows = router.rows(.original, of: studentModuleIDs, below: original.below, limit: limit + 1)
    take(try await extendedRows, &extended)
    take(try await originalRows, &original)
    try await findTwins()

    var page = HistoryPage(entries: [], next: nil, collisions: [])
    while page.entries.count < limit {
      if extended.rows.isEmpty, !extended.isAtEnd {
        take(
          try await router.rows(.extended, of: studentModuleIDs, below: extended.below, limit: limit + 1), &extended)
        try await findTwins()
        continue
      }
      if original.rows.isEmpty, !original.isAtEnd {
        take(
          try await router.rows(.original, of: studentModuleIDs, below: original.below, limit: limit + 1), &original)
        try await findTwins()
        continue
      }
      guard step(&page) else { break }
    }
    if !extended.isEmpty || !original.isEmpty { page.next = place }
    return page
  }

  /// Takes the next row of either table, or a copy together with its original. Returns false if there is none.
  private mutating func step(_ page: inout HistoryPage) -> Bool {
    switch (extended.rows.first, original.rows.first) {
    case (nil, nil): return false
    case (let row?, nil): takeExtended(row, &page)
    case (nil, let row?): takeOriginal(row, &page)
    case (let row?, let other?):
      if row.id >= boundary || row.id > other.id {
        takeExtended(row, &page)
      } else if row.id == other.id {
        takeExtended(row, &page)
        if row == other { takeOriginal(other, &page) }
      } else {
        takeOriginal(other, &page)
      }
    }
    return true
  }

  private mutating func takeExtended(_ row: HistoryRecord, _ page: inout HistoryPage) {
    extended.rows.removeFirst()
    place.extendedBelow = row.id
    let twin = twins[row.id]
    if twin == row { return }
    if twin != nil { page.collisions.append(row.id) }
    page.entries.append(HistoryEntry(record: row, table: .extended))
  }

  private mutating func takeOriginal(_ row: HistoryRecord, _ page: inout HistoryPage) {
    original.rows.removeFirst()
    place.originalBelow = row.id
    page.entries.append(HistoryEntry(record: row, table: .original))
  }

  private func take(_ rows: [HistoryRecord], _ side: inout Side) {
    side.isAtEnd = rows.count <= limit
    side.rows = rows[...]
    if let last = rows.last { side.below = last.id }
  }

  /// Finds the original rows with the ids of the native rows that were fetched: among the original rows that were fetched, or further
  /// down. No original row is taken before the last native one, so none lies further up; but for earlier pages that were read before
  /// the extended table was, with the flags of then.
  ///
  /// With a starting id that was kept there are none, and the table is not asked: every original id is smaller.
  private mutating func findTwins() async throws {
    for row in original.rows { twins[row.id] = row }
    let smallest = original.isAtEnd ? nil : original.rows.last?.id
    let unseen = extended.rows.map(\.id).filter { id in
      guard twins[id] == nil else { return false }
      if let shownFrom, id >= shownFrom { return true }
      return id >= boundary && smallest.map { id < $0 } ?? false
    }
    guard !unseen.isEmpty else { return }
    for row in try await router.twins(ids: unseen, of: studentModuleIDs) { twins[row.id] = row }
  }
}

extension HistoryRouter {
  fileprivate func twins(ids: [UInt64], of studentModuleIDs: [UInt64]) async throws -> [HistoryRecord] {
    try await original.withSession(isRepeatable: true) {
      try await $0.records(ids: ids, of: studentModuleIDs)
    }
  }
}
