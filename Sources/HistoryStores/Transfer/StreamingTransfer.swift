internal import MariaDBClient
package import StudentModuleHistory

/// The transfer between two servers: rows are streamed from one connection into multi-row INSERTs on the other, reading and
/// writing at the same time.
///
/// The digest is computed from the very bytes that are sent on.
package struct StreamingTransfer: RangeTransfer {
  let source: MySQLSession
  let target: MySQLSession

  package func transfer(
    _ asked: IDRange, byteLimit: Int, within limit: Duration?
  ) async throws -> TransferredRange {
    let standing = try await standingRows(in: asked)
    let deadline = limit.map { source.store.environment.now() + $0 }
    try await source.begin()
    let counted = try await source.rowCount(in: asked)
    let table = source.table
    let select = source.limited(
      """
      SELECT \(HistoryRecord.columnsSQL) FROM \(table.sqlName) \(table.byIDSQL) \
      WHERE id BETWEEN \(asked.lower) AND \(asked.upper) ORDER BY id LOCK IN SHARE MODE
      """, toSeconds: limit == nil ? nil : source.store.lockLimit?.waitSeconds)
    try await source.mapped { connection throws(MariaDBError) in
      try await connection.startStreaming(StatementText(select))
    }
    do {
      try await sendLiterals(asBytes: true)
      let moved = try await stream(asked, byteLimit: byteLimit, standing: standing, until: deadline)
      try await sendLiterals(asBytes: false)
      try await refuseFewer(than: counted, of: asked, in: moved)
      return moved
    } catch {
      await source.connection.stopStreaming()
      // If this fails too, the connection is lost; and what csmh itself writes is the same in both ways.
      try? await sendLiterals(asBytes: false)
      throw error
    }
  }

  package var isLockedByTarget: Bool { false }

  package func release() async { await source.rollback() }

  package func releaseHeld() async -> Bool { await source.endHeld() }

  /// - Throws: `transient`, as a time limit, where the source's rows have been locked for as long as they may be.
  private func refuseLate(_ deadline: ContinuousClock.Instant?) throws {
    guard let deadline, source.store.environment.now() >= deadline else { return }
    throw HistoryStoreError(
      .transient, side: target.side,
      "\(target.store.location) takes rows so slowly that they are locked in the other database for too long",
      isTimeLimit: true)
  }

  /// Lets the target take literals as the bytes that they are, without looking for the ends of multi-byte characters, counting and
  /// converting them: a sixth of the time that it needs for a row. It still refuses bytes that the column cannot hold.
  ///
  /// Only where the columns hold UTF-8, because nothing is converted; and only for the INSERTs, because comparisons with such
  /// literals would not use the journal's indexes.
  private func sendLiterals(asBytes: Bool) async throws {
    // The table's name is no literal: a name beyond ASCII would be other characters.
    guard target.table.holdsUTF8, target.tableSQL.utf8.allSatisfy({ $0 < 0x80 }) else { return }
    let characterSet = asBytes ? "binary" : "utf8mb4"
    try await target.execute(
      "SET SESSION character_set_client = \(characterSet), character_set_connection = \(characterSet)")
  }

  /// The rows that arrived are at least those that the server counted by another road: a result that was cut on its way has no other mark.
  ///
  /// More may have been committed meanwhile. Fewer are there also if the LMS deleted some before they were locked: the next try tells.
  private func refuseFewer(than counted: UInt64, of asked: IDRange, in moved: TransferredRange) async throws {
    // The rows of a range that was cut are locked by now.
    let expected = moved.range == asked ? counted : try await source.rowCount(in: moved.range)
    guard moved.digest.rowCount < expected else { return }
    throw HistoryStoreError(
      .transient, side: source.side,
      "\(source.store.location): of \(expected) rows from the id \(moved.range.lower) to \(moved.range.upper) only"
        + " \(moved.digest.rowCount) arrived")
  }

  private func stream(
    _ asked: IDRange, byteLimit: Int, standing: StandingRows, until deadline: ContinuousClock.Instant?
  ) async throws -> TransferredRange {
    let limit = target.connection.server.maxAllowedPacket
    var moved = TransferredRange(range: asked, digest: .empty, byteCount: 0, adoptedRowCount: 0)
    var spare = InsertBatchBox(InsertBatch(table: target.table, maxAllowedPacket: limit))
    var current = InsertBatchBox(InsertBatch(table: target.table, maxAllowedPacket: limit))
    current.batch.standing = standing
    current.batch.remainingByteCount = byteLimit
    var hasMore = try await fill(current)
    while true {
      moved.digest.add(current.batch.digest)
      moved.byteCount += current.batch.byteCount
      if current.batch.isCut, hasMore, let last = current.batch.lastID {
        moved.range = IDRange(asked.lower, last)
        await source.connection.stopStreaming()
        hasMore = false
      }
      try refuseLate(deadline)
      let next = spare
      next.batch.restart(after: &current.batch)
      if hasMore {
        let full = current
        (_, hasMore) = try await concurrently {
          try await insert(full)
        } _: {
          try await fill(next)
        }
      } else {
        try await insert(current)
        if next.batch.isEmpty { break }
      }
      (spare, current) = (current, next)
    }
    // The standing rows have been handed on to the batch that was filled last.
    let compared = spare.batch.standing
    try compared.check(through: moved.range.upper)
    moved.adoptedRowCount = compared.adoptedRowCount
    return moved
  }

  /// Reads rows until the batch is full or none is left. Returns whether rows may be left.
  private func fill(_ box: InsertBatchBox) async throws -> Bool {
    let hasMore = try await source.mapped { connection throws(MariaDBError) in
      try await connection.fetch { row throws(MariaDBError) in try box.append(row) }
    }
    if let row = box.batch.tooLarge {
      throw RangeProblem.rowTooLarge(id: row.id, byteCount: row.byteCount, limit: box.batch.packetLimit)
    }
    return hasMore
  }

  private func insert(_ box: InsertBatchBox) async throws {
    let batch = box.batch
    guard !batch.isEmpty else { return }
    do throws(HistoryStoreError) {
      try await target.executeStrictly(batch.statement, rowCount: batch.ids.count)
    } catch {
      guard RefusedRow.isRefusal(error) else { throw error }
      throw try await problem(error, batch) ?? RefusedRow.vanished(error)
    }
  }

  /// Why a batch was refused; nil if a row with the same id appeared, or if the batch would be taken now.
  private func problem(_ error: HistoryStoreError, _ batch: InsertBatch) async throws -> (any Error)? {
    // Where a warning was taken for an error, the rows were inserted. Those of the batches before stay for a duplicate of one of them.
    if error.kind == .valueRejected {
      await target.rollback()
      try await target.begin()
    }
    let refused = try await RefusedRow.find(among: batch.ids.count, target) {
      try await target.executeStrictly(batch.statement(of: $0), rowCount: $0.count)
    }
    guard let refused else { return nil }
    let columns = HistoryRecord.columnNames
    return try await RangeProblem(error, id: batch.ids[refused.index], refused, target) { column, literal in
      guard let column = columns.firstIndex(of: column) else { return }
      try await target.executeStrictly(
        batch.statement(ofRow: refused.index, replacing: column, with: literal), rowCount: 1)
    } row: {
      zip(columns, batch.literals(ofRow: refused.index)).map { "\(String(decoding: $1, as: UTF8.self)) AS \($0)" }
        .joined(separator: ", ")
    }
  }

  /// The rows that stand in the target table's range already; usually none.
  private func standingRows(in range: IDRange) async throws -> StandingRows {
    let within = "id BETWEEN \(range.lower) AND \(range.upper)"
    let any = try await target.rows("SELECT id FROM \(target.tableSQL) WHERE \(within) LIMIT 1")
    guard !any.isEmpty else { return StandingRows() }
    return StandingRows(try await target.rowHashes(in: range, limit: StandingRows.limit))
  }
}
