package import StudentModuleHistory

extension WriteRate {
  /// The ids between now and the thousandth last row; nil if there are fewer rows or their time cannot be told.
  static func ofLastThousandRows(_ summary: TableSummary, _ session: any HistorySession) async throws -> WriteRate? {
    guard let bound = summary.ids?.upper else { return nil }
    let row = try await session.ages(RowSelection(order: .descending, limit: 1, offset: 999)).first
    guard let id = row?.id, let seconds = row?.seconds, seconds > 0 else { return nil }
    return WriteRate(period: .lastThousandRows, seconds: seconds, ids: bound - id, rows: 999)
  }

  /// The rates over the last thousand rows, the last week and the last month. A period that reaches back beyond the table's first
  /// row begins there, and is the last one.
  ///
  /// Some thirty short reads of the primary key for a period; never a scan.
  package static func all(_ summary: TableSummary, _ session: any HistorySession) async throws -> [WriteRate] {
    guard let ids = summary.ids else { return [] }
    var rates: [WriteRate] = []
    if let rate = try await ofLastThousandRows(summary, session) { rates.append(rate) }
    let tableAge = try await rows(from: ids.lower, session).compactMap(\.ageSeconds).max()
    for period in [Period.lastWeek, .lastMonth] {
      guard let periodSeconds = period.seconds, let tableAge, tableAge > 0 else { break }
      guard tableAge > periodSeconds else {
        rates.append(
          WriteRate(
            period: period, seconds: tableAge, ids: ids.upper - ids.lower,
            rows: try await rowCount(IDRange(ids.lower, ids.upper), session) - 1))
        break
      }
      var search = AgeSearch(ids: ids, ageSeconds: periodSeconds)
      while let probe = search.nextProbe { search.found(try await rows(from: probe, session)) }
      let count = search.youngerIDCount
      rates.append(
        WriteRate(
          period: period, seconds: periodSeconds, ids: count,
          rows: count == 0 ? 0 : try await rowCount(IDRange(search.firstYoungerID, ids.upper), session)))
    }
    return rates
  }

  private static func rows(from id: UInt64, _ session: any HistorySession) async throws -> [AgeSearch.Row] {
    try await session.ages(RowSelection(from: id, order: .ascending, limit: AgeSearch.rowsPerProbe)).map {
      ($0.id, $0.seconds)
    }
  }

  /// How many rows a range holds: counted up to 10,000; more are told from 64 slices of 500 ids, evenly spread.
  ///
  /// Slices of ids, not of rows: a gap would count for as many rows as its length lets samples fall into it.
  private static func rowCount(_ range: IDRange, _ session: any HistorySession) async throws -> UInt64 {
    let limit: UInt64 = 10_000
    let counted = try await session.rowCount(RowSelection(in: range, order: .ascending, limit: Int(limit) + 1))
    guard counted > limit else { return counted }
    let sliceCount: UInt64 = 64
    let distance = range.idCount / sliceCount
    let width = min(distance, 500)
    let slices = (0..<sliceCount).map { index in
      let start = range.lower + distance * index + (distance - width) / 2
      return IDRange(start, start + width - 1)
    }
    let density = Double(try await session.rowCounts(in: slices).reduce(0, +)) / Double(sliceCount * width)
    return max(counted, UInt64(Double(range.idCount) * density))
  }
}
