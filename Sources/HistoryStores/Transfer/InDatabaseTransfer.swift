package import StudentModuleHistory

/// The transfer where both tables are within reach of one connection: two databases of one server, or a SQLite file with the
/// other one attached. The rows never leave the database.
///
/// Both digests are computed by the database: of the source rows while they are locked, and of what was stored.
package struct InDatabaseTransfer: RangeTransfer {
  /// The source table, seen from the target table's connection.
  let source: any SQLSession
  let target: any SQLSession

  package func transfer(_ asked: IDRange, byteLimit: Int, within limit: Duration?) async throws -> TransferredRange {
    var range = asked
    var (digest, byteCount) = try await source.digest(of: range, locking: true, measuring: true)
    while byteCount + TransferredRange.rowByteCount * digest.rowCount > byteLimit, digest.rowCount > 1 {
      let share = Double(byteLimit) / Double(byteCount + TransferredRange.rowByteCount * digest.rowCount)
      let rowCount = max(1, min(Int(digest.rowCount) - 1, Int(Double(digest.rowCount) * share)))
      let upper = try await source.upperBound(from: range.lower, through: range.upper, rowCount: rowCount)
      range = IDRange(range.lower, upper)
      (digest, byteCount) = try await source.digest(of: range, locking: true, measuring: true)
    }
    let within = " WHERE id BETWEEN \(range.lower) AND \(range.upper)"
    let standing = try await target.rows("SELECT id FROM \(target.tableSQL)\(within) LIMIT 1")
    var adopted: UInt64 = 0
    var condition = within
    if !standing.isEmpty {
      adopted = try await compareStanding(in: range, rowCount: digest.rowCount)
      condition += " AND id NOT IN (SELECT id FROM \(target.tableSQL)\(within))"
    }
    var columns = HistoryRecord.columnNames
    do {
      do {
        try await insert(columns, condition)
      } catch let error as HistoryStoreError where error.kind == .valueRejected {
        guard let bytes = columnsAsBytes else { throw error }
        columns = bytes
        digest = try await insertAnew(columns, condition, range)
      }
    } catch let error as HistoryStoreError where RefusedRow.isRefusal(error) {
      throw try await problem(error, range, columns, rowCount: Int(digest.rowCount)) ?? RefusedRow.vanished(error)
    } catch let error as HistoryStoreError where error.kind == .other {
      // The statement speaks of both tables, and the session has looked at its own.
      try await source.refuseChangedTable()
      throw error
    }
    return TransferredRange(range: range, digest: digest, byteCount: byteCount, adoptedRowCount: adopted)
  }

  /// The columns with the bytes of their texts, where both tables' texts are meant as UTF-8.
  ///
  /// Between utf8mb3 and utf8mb4 a server converts, and refuses what is not valid in the first: four-byte characters that once came in
  /// beside the server are valid in the second.
  private var columnsAsBytes: [String]? { target.columnsAsBytes == nil ? nil : source.columnsAsBytes }

  /// Inserts in a new transaction, as rows may stand in this one where a warning was taken for an error. Returns the digest of what is
  /// locked now.
  private func insertAnew(_ columns: [String], _ condition: String, _ range: IDRange) async throws -> RangeDigest {
    await target.rollback()
    try await target.begin()
    let digest = try await source.digest(of: range, locking: true, measuring: false).digest
    try await insert(columns, condition)
    return digest
  }

  private func insert(_ columns: [String], _ condition: String) async throws {
    try await target.execute(
      "INSERT INTO \(target.tableSQL) (\(HistoryRecord.columnsSQL)) SELECT \(columns.joined(separator: ", "))"
        + " FROM \(source.tableSQL)\(condition)")
  }

  /// Why the range was refused; nil if a row with the same id appeared, or if the rows would be taken now.
  private func problem(
    _ error: HistoryStoreError, _ range: IDRange, _ columns: [String], rowCount: Int
  ) async throws -> (any Error)? {
    // Where a warning was taken for an error, the rows were inserted.
    await target.rollback()
    try await target.begin()
    func id(_ index: Int) async throws -> UInt64 {
      try await source.upperBound(from: range.lower, through: range.upper, rowCount: index + 1)
    }
    let refused = try await RefusedRow.find(among: rowCount, target) { rows in
      let within = " WHERE id BETWEEN \(try await id(rows.lowerBound)) AND \(try await id(rows.upperBound - 1))"
      try await insert(columns, within + " AND id NOT IN (SELECT id FROM \(target.tableSQL)\(within))")
    }
    guard let refused else { return nil }
    let row = try await id(refused.index)
    return try await RangeProblem(error, id: row, refused, target) { column, literal in
      let replaced = zip(HistoryRecord.columnNames, columns).map { $0 == column ? literal : $1 }
      try await insert(replaced, " WHERE id = \(row)")
    } row: {
      "\(HistoryRecord.columnsSQL) FROM \(source.tableSQL) WHERE id = \(row)"
    }
  }

  package var isLockedByTarget: Bool { true }

  package func release() async {}

  package func releaseHeld() async -> Bool { true }

  private func compareStanding(in range: IDRange, rowCount: UInt64) async throws -> UInt64 {
    let limit = Int(rowCount) + StandingRows.limit
    let comparison = RowComparison(
      original: try await source.rowHashes(in: range, limit: limit),
      extended: try await target.rowHashes(in: range, limit: limit))
    try StandingRows.refuse(differing: comparison.differing, strangers: comparison.strangers)
    return comparison.equalCount
  }
}
