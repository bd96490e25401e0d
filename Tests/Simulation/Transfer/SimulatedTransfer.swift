package import StudentModuleHistory

/// The transfer between two connections, statement by statement as the one between two servers does it: rows are streamed under share
/// locks, and inserted by the target's open transaction while the next ones are read.
package struct SimulatedTransfer: RangeTransfer {
  let source: SimulatedSession
  let target: SimulatedSession

  /// How many rows a statement carries at most.
  let batchSize: Int

  package init(from source: SimulatedSession, to target: SimulatedSession, batchSize: Int = 7) {
    self.source = source
    self.target = target
    self.batchSize = batchSize
  }

  package func transfer(
    _ asked: IDRange, byteLimit: Int, within limit: Duration?
  ) async throws -> TransferredRange {
    var standing = try await standingRows(in: asked)
    let deadline = limit.map { source.world.now + $0 }
    try await source.begin()
    let counted = try await source.rowCount(RowSelection(in: asked))
    var moved = TransferredRange(range: asked, digest: .empty, byteCount: 0, adoptedRowCount: 0)
    var next: UInt64? = asked.lower
    var batch: [HistoryRecord] = []
    repeat {
      if let deadline, source.world.now >= deadline {
        throw HistoryStoreError(.transient, side: target.side, "the rows are locked for too long", isTimeLimit: true)
      }
      let (full, from) = (batch, next)
      let (_, rows) = try await concurrently {
        if !full.isEmpty { try await target.insert(full) }
      } _: {
        if let from {
          try await source.stream(from: from, through: asked.upper, limit: batchSize)
        } else {
          [HistoryRow]()
        }
      }
      batch = []
      for row in rows {
        moved.digest.add(row.hash)
        moved.byteCount += row.byteCount
        if !standing.adopt(row) { batch.append(row.record) }
        if moved.byteCount > UInt64(max(0, byteLimit)) {
          moved.range = IDRange(asked.lower, row.record.id)
          break
        }
      }
      // The last id of a stream that ended before its last row is as good as any.
      let last = rows.last?.record.id ?? asked.upper
      let isAtEnd = rows.count < batchSize || moved.range != asked || last >= asked.upper
      next = isAtEnd ? nil : last + 1
    } while next != nil || !batch.isEmpty
    try await refuseFewer(than: counted, of: asked, in: moved)
    moved.adoptedRowCount = try standing.checked(through: moved.range.upper)
    return moved
  }

  package var isLockedByTarget: Bool { false }

  package func release() async { await source.rollback() }

  package func releaseHeld() async -> Bool { await source.endHeld() }

  /// A result that was cut on its way has no other mark than the number of its rows.
  private func refuseFewer(than counted: UInt64, of asked: IDRange, in moved: TransferredRange) async throws {
    let expected = moved.range == asked ? counted : try await source.rowCount(RowSelection(in: moved.range))
    guard moved.digest.rowCount < expected else { return }
    throw HistoryStoreError(
      .transient, side: source.side,
      "of \(expected) rows from the id \(moved.range.lower) to \(moved.range.upper) only \(moved.digest.rowCount) arrived"
    )
  }

  private func standingRows(in range: IDRange) async throws -> StandingCopies {
    guard try await target.hasRows(from: range.lower, through: range.upper) else { return StandingCopies() }
    return StandingCopies(try await target.rowHashes(in: range, limit: 100_000))
  }
}

extension SimulatedSession {
  /// The next rows of a streamed result, under share locks.
  func stream(from lower: UInt64, through upper: UInt64, limit: Int) async throws -> [HistoryRow] {
    var rows = try await send("stream", { "\($0.count) rows" }) {
      try await statement(on: database.history, .reading) { transaction in
        try await lockedRows(from: lower, through: upper, limit: limit, .share, transaction)
      }
    }
    if !rows.isEmpty, process.hasFaults, world.dice.strikes(.cutResult) { rows.removeLast() }
    return rows
  }
}

extension HistoryRow {
  /// About what the row takes as text.
  var byteCount: UInt64 { UInt64(60 + (record.state?.utf8.count ?? 0) + (record.version?.utf8.count ?? 0)) }
}

/// Rows that stand in the target where a range is about to be copied.
struct StandingCopies {
  private var hashes: [UInt64: RowHash] = [:]
  private var adoptedCount: UInt64 = 0
  private var differing: [UInt64] = []

  init() {}

  init(_ rows: [(id: UInt64, hash: RowHash)], differing: [UInt64] = []) {
    hashes = Dictionary(rows.map { ($0.id, $0.hash) }) { first, _ in first }
    self.differing = differing
  }

  /// Compares a row of the source with the one that stands under its id. Returns false if none does.
  mutating func adopt(_ row: HistoryRow) -> Bool {
    guard let standing = hashes.removeValue(forKey: row.record.id) else { return false }
    if standing == row.hash { adoptedCount += 1 } else { differing.append(row.record.id) }
    return true
  }

  /// How many rows equal the source's.
  ///
  /// - Throws: ``RangeProblem`` for rows that differ, and for those up to `upper` that the source does not have.
  func checked(through upper: UInt64) throws -> UInt64 {
    let strangers = hashes.keys.filter { $0 <= upper }.sorted()
    if !differing.isEmpty { throw RangeProblem.collisions(Array(differing.prefix(RangeProblem.listedIDCount))) }
    if !strangers.isEmpty { throw RangeProblem.strangers(Array(strangers.prefix(RangeProblem.listedIDCount))) }
    return adoptedCount
  }
}
