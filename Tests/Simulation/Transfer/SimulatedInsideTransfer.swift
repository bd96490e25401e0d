package import StudentModuleHistory

/// The transfer where one connection sees both databases of a server: rows never leave it.
///
/// Rows that came in between the digest and the insert are inserted and were not in the digest, as on the servers: whoever reads the
/// digest back sees it.
package struct SimulatedInsideTransfer: RangeTransfer {
  let source: SimulatedSession
  let target: SimulatedSession

  package init(from source: SimulatedSession, to target: SimulatedSession) {
    precondition(source.connection === target.connection, "rows are moved inside of one connection")
    self.source = source
    self.target = target
  }

  package func transfer(_ asked: IDRange, byteLimit: Int, within limit: Duration?) async throws -> TransferredRange {
    var range = asked
    var (digest, byteCount) = try await source.digest(of: range, locking: true, measuring: true)
    func size() -> UInt64 { byteCount + 100 * digest.rowCount }
    while size() > byteLimit, digest.rowCount > 1 {
      let share = Double(byteLimit) / Double(size())
      let rowCount = max(1, min(Int(digest.rowCount) - 1, Int(Double(digest.rowCount) * share)))
      range = IDRange(
        range.lower, try await source.upperBound(from: range.lower, through: range.upper, rowCount: rowCount))
      (digest, byteCount) = try await source.digest(of: range, locking: true, measuring: true)
    }
    var adopted: UInt64 = 0
    let hasStanding = try await target.hasRows(from: range.lower, through: range.upper)
    if hasStanding {
      let comparison = RowComparison(
        original: try await source.rowHashes(in: range, limit: 100_000),
        extended: try await target.rowHashes(in: range, limit: 100_000))
      let strangers = comparison.strangers.map { (id: $0, hash: RowHash(high: 0, low: 0)) }
      _ = try StandingCopies(strangers, differing: comparison.differing).checked(through: range.upper)
      adopted = comparison.equalCount
    }
    try await target.insert(from: source, in: range, leavingOutStanding: hasStanding)
    return TransferredRange(range: range, digest: digest, byteCount: byteCount, adoptedRowCount: adopted)
  }

  /// The locks are those of the target's own transaction.
  package var isLockedByTarget: Bool { true }

  package func release() async {}

  package func releaseHeld() async -> Bool { true }
}

extension SimulatedSession {
  /// Inserts the rows of another table on the connection: one statement. It reads without locks, as it is sure of those it has.
  fileprivate func insert(
    from source: SimulatedSession, in range: IDRange, leavingOutStanding isLeavingOut: Bool
  ) async throws {
    try await send("insert select", { (count: Int) in "\(count) rows" }) {
      let rows = try await source.statement(on: source.database.history, .reading) { transaction in
        source.database.history.rows(RowSelection(in: range), transaction).filter {
          !isLeavingOut || database.history.row($0.record.id, transaction) == nil
        }
      }
      return try await insertRows(rows.map(\.record)).count
    }
  }
}
