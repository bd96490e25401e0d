package import StudentModuleHistory

extension SimulatedSession {
  // MARK: Ids and digests

  package func upperBound(from start: UInt64, through limit: UInt64, rowCount: Int) async throws -> UInt64 {
    try await send("upper bound", { "\($0)" }) {
      try await statement(on: database.history, .reading) { transaction in
        var (left, bound) = (rowCount, limit)
        database.history.forEach(from: start, through: limit, transaction) { id, _ in
          left -= 1
          if left == 0 { bound = id }
          return left > 0
        }
        return bound
      }
    }
  }

  package func lowerBound(from start: UInt64, downThrough limit: UInt64, rowCount: Int) async throws -> UInt64 {
    try await send("lower bound", { "\($0)" }) {
      try await statement(on: database.history, .reading) { transaction in
        var ids: [UInt64] = []
        database.history.forEach(from: limit, through: start, transaction) { id, _ in
          ids.append(id)
          return true
        }
        return ids.count < rowCount ? limit : ids[ids.count - rowCount]
      }
    }
  }

  package func digest(
    of range: IDRange, locking: Bool, measuring: Bool
  ) async throws -> (digest: RangeDigest, byteCount: UInt64) {
    try await send(locking ? "locking digest" : "digest", { "\(range) \($0.0)" }) {
      try await statement(on: database.history, .reading) { transaction in
        var (digest, byteCount) = (RangeDigest.empty, UInt64(0))
        func add(_ row: HistoryRow) {
          digest.add(row.hash)
          if measuring { byteCount += UInt64(row.record.state?.utf8.count ?? 0) }
        }
        if locking {
          for row in try await lockedRows(from: range.lower, through: range.upper, .share, transaction) { add(row) }
        } else {
          database.history.forEach(from: range.lower, through: range.upper, transaction) { _, row in
            add(row)
            return true
          }
        }
        return (digest, byteCount)
      }
    }
  }

  package func rowHashes(in range: IDRange, limit: Int) async throws -> [(id: UInt64, hash: RowHash)] {
    try await read("row hashes", RowSelection(in: range, order: .ascending, limit: limit)) { ($0.record.id, $0.hash) }
  }

  package func rowHashes(
    ids: [UInt64], shiftedBy shift: IDShift, locking lock: RowLock
  ) async throws -> [(id: UInt64, hash: RowHash)] {
    try await send("row hashes by id", { "\($0.count) rows" }) {
      try await statement(on: database.history, lock == .update ? .writing : .reading) { transaction in
        var rows: [HistoryRow] = []
        for id in ids.sorted() {
          let mode: LockMode? = lock == .none ? nil : lock == .share ? .share : .exclusive
          if let mode {
            rows += try await lockedRows(from: id, through: id, mode, transaction)
          } else if let row = database.history.row(id, transaction) {
            rows.append(row)
          }
        }
        return try rows.map { row in
          guard let moved = shift.applied(to: row.record.id) else {
            throw HistoryStoreError(.other, "BIGINT UNSIGNED value is out of range")
          }
          var record = row.record
          record.id = moved
          return (row.record.id, HistoryRow(record).hash)
        }
      }
    }
  }

  package func ids(_ selection: RowSelection) async throws -> [UInt64] {
    try await read("ids", selection) { $0.record.id }
  }

  package func rowCount(_ selection: RowSelection) async throws -> UInt64 {
    UInt64(try await read("row count", selection) { _ in true }.count)
  }

  package func rowCounts(in ranges: [IDRange]) async throws -> [UInt64] {
    try await send("row counts") {
      try await statement(on: database.history, .reading) { transaction in
        ranges.map { range in
          var count: UInt64 = 0
          database.history.forEach(from: range.lower, through: range.upper, transaction) { _, _ in
            count += 1
            return true
          }
          return count
        }
      }
    }
  }

  // MARK: Rows

  package func records(_ selection: RowSelection) async throws -> [HistoryRecord] {
    try await read("records", selection) { $0.record }
  }

  package func recordsIfReadable(ids: [UInt64]) async throws -> [UInt64: HistoryRecord?] {
    let records = try await read("records by id", RowSelection(ids: ids)) { $0.record }
    return Dictionary(records.map { ($0.id, $0) }) { first, _ in first }
  }

  package func outlines(_ selection: RowSelection, below boundary: UInt64) async throws -> [OutlinedRecord] {
    try await read("outlines", selection) { row in
      let record = row.record
      guard record.id < boundary else { return .whole(record) }
      return .outline(
        HistoryOutline(
          id: record.id, studentModuleID: record.studentModuleID, version: record.version, created: record.created,
          stateByteCount: record.state.map { UInt64($0.utf8.count) }, grade: record.grade, maxGrade: record.maxGrade))
    }
  }

  package func keys(_ selection: RowSelection) async throws -> [RowKey] {
    try await read("keys", selection) { row in
      RowKey(
        id: row.record.id, studentModuleID: String(row.record.studentModuleID), created: row.record.created.text)
    }
  }

  package func ages(_ selection: RowSelection) async throws -> [(id: UInt64, seconds: Double?)] {
    let now = server.microseconds
    return try await read("ages", selection) { row in
      (row.record.id, row.record.created.microsecondsSince1970.map { Double(now - $0) / 1_000_000 })
    }
  }

  package func sizes(_ selection: RowSelection) async throws -> [RowSize] {
    try await read("sizes", selection) { row in
      RowSize(id: row.record.id, stateByteCount: UInt64(row.record.state?.utf8.count ?? 0), restByteCount: 200)
    }
  }

  private func read<Value>(
    _ verb: String, _ selection: RowSelection, _ value: (HistoryRow) -> Value
  ) async throws -> [Value] {
    try await send(verb, { "\($0.count) rows" }) {
      try await statement(on: database.history, .reading) { transaction in
        // Whoever does not ask for an order must not rely on one.
        database.history.rows(selection, isBackwards: world.dice.oneIn(2), transaction).map(value)
      }
    }
  }
}
