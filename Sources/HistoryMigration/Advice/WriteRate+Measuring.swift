internal import StudentModuleHistory

extension WriteRate {
  /// The ids between now and the thousandth last row; nil if there are fewer rows or their time cannot be told.
  static func ofLastThousandRows(_ summary: TableSummary, _ session: any HistorySession) async throws -> WriteRate? {
    guard let bound = summary.ids?.upper else { return nil }
    let dialect = session.dialect
    let row = try await session.rows(
      "SELECT id, \(dialect.seconds(from: "created", to: dialect.now)) FROM \(session.tableSQL)"
        + " ORDER BY id DESC LIMIT 1 OFFSET 999"
    ).first
    guard let id = row?[0].unsignedValue, let seconds = row?[1].realValue, seconds > 0 else { return nil }
    return WriteRate(period: .lastThousandRows, seconds: seconds, ids: bound - id, rows: 999)
  }

  /// The rates over the last thousand rows, the last week and the last month. A period that reaches back beyond the table's first
  /// row begins there, and is the last one.
  ///
  /// Some thirty short reads of the primary key for a period; never a scan.
  static func all(_ summary: TableSummary, _ session: any HistorySession) async throws -> [WriteRate] {
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
    let dialect = session.dialect
    return try await session.rows(
      "SELECT id, \(dialect.seconds(from: "created", to: dialect.now)) FROM \(session.tableSQL) WHERE id >= \(id)"
        + " ORDER BY id LIMIT \(AgeSearch.rowsPerProbe)"
    ).compactMap { row in row[0].unsignedValue.map { ($0, row[1].realValue) } }
  }

  /// How many rows a range holds: counted up to 10,000; more are told from eight samples of 1,000 rows.
  private static func rowCount(_ range: IDRange, _ session: any HistorySession) async throws -> UInt64 {
    let limit: UInt64 = 10_000
    let counted =
      try await session.rows(
        "SELECT COUNT(*) FROM (SELECT id FROM \(session.tableSQL) WHERE id BETWEEN \(range.lower) AND \(range.upper)"
          + " ORDER BY id LIMIT \(limit + 1)) AS bounded")[0][0].unsignedValue ?? 0
    guard counted > limit else { return counted }
    var idCount = 0.0
    let sampleCount: UInt64 = 8
    for index in 0..<sampleCount {
      let start = range.lower + range.idCount / sampleCount * index
      idCount += Double(try await session.upperBound(from: start, through: range.upper, rowCount: 1_000) - start + 1)
    }
    let density = min(1, Double(sampleCount) * 1_000 / idCount)
    return max(counted, UInt64(Double(range.idCount) * density))
  }
}
