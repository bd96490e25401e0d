public import StudentModuleHistory

/// The transfer where both tables are within reach of one connection: two databases of one server, or a SQLite file with the
/// other one attached. The rows never leave the database.
///
/// Both digests are computed by the database: of the original rows while they are locked, and of what was stored.
public struct InDatabaseTransfer: RangeTransfer {
  /// The original table, seen from the extended table's connection.
  let original: any HistorySession
  let extended: any HistorySession

  public func transfer(_ asked: IDRange, byteLimit: Int) async throws -> TransferredRange {
    var range = asked
    var (digest, byteCount) = try await original.digest(of: range, locking: true, measuring: true)
    while byteCount > byteLimit, digest.rowCount > 1 {
      let share = Double(byteLimit) / Double(byteCount)
      let rowCount = max(1, min(Int(digest.rowCount) - 1, Int(Double(digest.rowCount) * share)))
      let upper = try await original.upperBound(from: range.lower, through: range.upper, rowCount: rowCount)
      range = IDRange(range.lower, upper)
      (digest, byteCount) = try await original.digest(of: range, locking: true, measuring: true)
    }
    let within = " WHERE id BETWEEN \(range.lower) AND \(range.upper)"
    let standing = try await extended.rows("SELECT id FROM \(extended.tableSQL)\(within) LIMIT 1")
    var adopted: UInt64 = 0
    var condition = within
    if !standing.isEmpty {
      adopted = try await compareStanding(in: range, rowCount: digest.rowCount)
      condition += " AND id NOT IN (SELECT id FROM \(extended.tableSQL)\(within))"
    }
    do {
      try await extended.execute(
        "INSERT INTO \(extended.tableSQL) (\(HistoryRecord.columnsSQL)) SELECT \(HistoryRecord.columnsSQL)"
          + " FROM \(original.tableSQL)\(condition)"
      )
    } catch let error as HistoryStoreError where error.kind == .valueRejected {
      let place = RejectedValue(serverMessage: error.message)
      var id: UInt64?
      if let row = place.row, standing.isEmpty {
        id = try await original.upperBound(from: range.lower, through: range.upper, rowCount: row)
      }
      throw RangeProblem.valueRejected(id: id, column: place.column, message: error.message)
    }
    return TransferredRange(range: range, digest: digest, byteCount: byteCount, adoptedRowCount: adopted)
  }

  /// The locks are those of the extended table's own transaction.
  public func release() async {}

  private func compareStanding(in range: IDRange, rowCount: UInt64) async throws -> UInt64 {
    let limit = Int(rowCount) + StandingRows.limit
    let comparison = RowComparison(
      original: try await original.rowHashes(in: range, limit: limit),
      extended: try await extended.rowHashes(in: range, limit: limit))
    try StandingRows.refuse(differing: comparison.differing, strangers: comparison.strangers)
    return comparison.equalCount
  }
}
