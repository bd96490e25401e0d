internal import HistoryStores
internal import MigrationBase
internal import MigrationJournal
internal import StudentModuleHistory

extension WidestRow {
  /// How many of the newest and of the oldest rows are looked at, in how many at a time, and how many rows at each place between them.
  static let rowsPerEnd = 10_000
  static let rowsPerQuestion = 1_000
  static let placeCount: UInt64 = 64
  static let rowsPerPlace = 50

  /// How long all questions together may take.
  static let patience = Duration.seconds(10)

  /// Of how many of the largest rows the quotes are counted, and up to which size; of others every byte may be one.
  static let countedRowCount = 4
  static let countedByteCount: UInt64 = 16 << 20

  /// Looks for the largest row among the newest, the oldest, and some at places that are evenly spread over the ids; nil for an
  /// empty table.
  static func sampled(_ store: any HistoryStore, _ environment: Environment) async throws -> WidestRow? {
    try await withSession(store) { session in
      guard let ids = try await session.summary().ids else { return nil }
      var sample = RowSizeSample(session, environment)
      do {
        let isWhole = try await sample.end(from: ids.upper, .descending)
        sample.isWholeTable = isWhole
        if !isWhole {
          _ = try await sample.end(from: ids.lower, .ascending)
          try await sample.places(in: ids)
        }
      } catch let error as HistoryStoreError where error.isTimeLimit {
        guard sample.rowCount > 0 else { throw error }
        sample.hasGivenUp = true
      }
      return try await sample.widest()
    }
  }
}

/// The sizes of rows, looked at some at a time.
private struct RowSizeSample {
  let session: any HistorySession
  let environment: Environment
  let start: ContinuousClock.Instant
  var rowCount: UInt64 = 0
  var isWholeTable = false
  var hasGivenUp = false

  /// The largest rows.
  private var largest: [RowSize] = []

  init(_ session: any HistorySession, _ environment: Environment) {
    self.environment = environment
    start = environment.now()
    self.session = session
  }

  /// Looks at the rows of one end. Returns whether there are no more.
  mutating func end(from first: UInt64, _ order: RowSelection.Order) async throws -> Bool {
    var first = first
    let isDescending = order == .descending
    for _ in 0..<(WidestRow.rowsPerEnd / WidestRow.rowsPerQuestion) {
      let limit = WidestRow.rowsPerQuestion
      let found = try await look(
        RowSelection(
          from: isDescending ? nil : first, through: isDescending ? first : nil, order: order, limit: limit))
      guard let found, found.count == limit else { return found != nil }
      let last = isDescending ? found.lower : found.upper
      guard isDescending ? last > 0 : last < .max else { return true }
      first = isDescending ? last - 1 : last + 1
    }
    return false
  }

  mutating func places(in ids: IDRange) async throws {
    let distance = max(1, ids.idCount / WidestRow.placeCount)
    for place in 0..<WidestRow.placeCount {
      let id = ids.lower + place * distance + distance / 2
      guard id <= ids.upper else { return }
      _ = try await look(
        RowSelection(from: id, through: id + distance, order: .ascending, limit: WidestRow.rowsPerPlace))
    }
  }

  /// One question; nil if the time for all of them is over.
  private mutating func look(_ rows: RowSelection) async throws -> (count: Int, lower: UInt64, upper: UInt64)? {
    guard environment.now() - start < WidestRow.patience else {
      hasGivenUp = true
      return nil
    }
    let sizes = try await session.sizes(rows)
    rowCount += UInt64(sizes.count)
    largest = Array(
      (largest + sizes).sorted { $0.stateByteCount > $1.stateByteCount }.prefix(WidestRow.countedRowCount + 1))
    let found = sizes.map(\.id)
    return (sizes.count, found.min() ?? 0, found.max() ?? 0)
  }

  /// The widest row: the quotes of the largest ones are counted here, one row at a time.
  func widest() async throws -> WidestRow? {
    var widest: (id: UInt64, byteCount: UInt64)?
    var possible: UInt64 = 0
    for (index, row) in largest.enumerated() {
      var byteCount = row.stateByteCount + row.restByteCount
      if index < WidestRow.countedRowCount, let quotes = try await quoteCount(of: row.id, row.stateByteCount) {
        byteCount += quotes
      } else {
        possible = max(possible, byteCount + row.stateByteCount)
      }
      if byteCount > widest?.byteCount ?? 0 { widest = (row.id, byteCount) }
    }
    guard let widest else { return nil }
    return WidestRow(
      id: widest.id, statementByteCount: widest.byteCount, possibleByteCount: max(possible, widest.byteCount),
      sampledRowCount: rowCount, isWholeTable: isWholeTable && !hasGivenUp, hasGivenUp: hasGivenUp)
  }

  /// nil if the state is too large to be fetched for it.
  private func quoteCount(of id: UInt64, _ byteCount: UInt64) async throws -> UInt64? {
    guard byteCount <= WidestRow.countedByteCount else { return nil }
    do {
      let state = try await session.record(id)?.state ?? ""
      return UInt64(state.utf8.count { $0 == UInt8(ascii: "'") })
    } catch let error as HistoryStoreError where error.isTimeLimit {
      return nil
    }
  }
}

extension WriteActivity {
  /// - Parameter measured: taken earlier, so that what was written meanwhile shows.
  init(_ pair: StorePair, _ measured: InstallationMeasurements, hasExtendedTable: Bool) async throws {
    let (newest, growth) = try await withSession(pair.original) { session in
      let next = try await session.summary().firstFreeID
      return (
        try await session.age(of: RowSelection(order: .descending, limit: 1)),
        next.subtractingDownToZero(measured.original.nextID)
      )
    }
    guard hasExtendedTable else {
      self.init(
        newestOriginalAge: newest, originalGrowth: growth, oldestNativeAge: nil, newestNativeAge: nil, nativeRowCount: 0
      )
      return
    }
    // Without a journal every id that the original table has not handed out is the LMS's own.
    let first = measured.progress?.startingID ?? measured.original.nextID
    self = try await withSession(pair.extended) { session in
      WriteActivity(
        newestOriginalAge: newest, originalGrowth: growth,
        oldestNativeAge: try await session.age(of: RowSelection(from: first, order: .ascending, limit: 1)),
        newestNativeAge: try await session.age(of: RowSelection(from: first, order: .descending, limit: 1)),
        nativeRowCount: try await session.rowCount(RowSelection(from: first, limit: Int(Self.nativeRowLimit))))
    }
  }
}

extension HistorySession {
  /// The age of one row by its `created`, in seconds; nil if there is none.
  fileprivate func age(of row: RowSelection) async throws -> Double? { try await ages(row).first?.seconds }
}
