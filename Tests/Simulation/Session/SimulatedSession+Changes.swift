package import StudentModuleHistory

extension SimulatedSession {
  package func insert(_ records: [HistoryRecord]) async throws {
    guard !records.isEmpty else { return }
    try await send("insert", { "\(records.count) rows from \($0.first ?? 0)" }) { try await insertRows(records) }
  }

  package func insert(_ record: HistoryRecord) async throws -> UInt64 {
    try await send("insert", { "the row \($0)" }) { try await insertRows([record])[0] }
  }

  /// Inserts rows as one statement. Returns their ids.
  func insertRows(_ records: [HistoryRecord]) async throws -> [UInt64] {
    let history = database.history
    return try await statement(on: history, .writing) { transaction in
      var ids: [UInt64] = []
      for var record in records {
        if record.id == 0 { record.id = history.takeID() } else { history.passCounter(record.id) }
        guard record.id <= database.largestID || database.side == .extended else {
          throw HistoryStoreError(.valueRejected, "Out of range value for column 'id'")
        }
        try await lockForInsert(record.id, in: history, transaction)
        history.set(record.id, to: HistoryRow(record), transaction)
        ids.append(record.id)
      }
      return ids
    }
  }

  /// Locks an id that is to get a row.
  ///
  /// - Throws: `duplicateID` if it has one when the lock is there.
  func lockForInsert<Row>(_ id: UInt64, in table: SimulatedTable<Row>, _ transaction: Transaction) async throws {
    let target = LockTarget.row(table: table.number, id: id)
    func refuseStanding() throws {
      guard table.row(id, transaction) == nil else {
        throw HistoryStoreError(.duplicateID, "Duplicate entry '\(id)' for key 'PRIMARY'")
      }
    }
    if table.firstID(from: id, through: id) != nil {
      // Servers look at what stands there under a share lock, which stays.
      try await server.rowLocks.take(target, .share, transaction, within: connection.lockWait)
      try refuseStanding()
    }
    try await server.rowLocks.take(target, .exclusive, transaction, within: connection.lockWait)
    try refuseStanding()
  }

  package func update(_ record: HistoryRecord) async throws -> Bool {
    let history = database.history
    return try await send("update", { $0 ? "the row \(record.id)" : "no row \(record.id)" }) {
      try await statement(on: history, .writing) { transaction in
        let rows = try await lockedRows(from: record.id, through: record.id, .exclusive, transaction) {
          $0.record.studentModuleID == record.studentModuleID
        }
        guard let row = rows.first else { return false }
        var changed = record
        changed.version = row.record.version
        history.set(record.id, to: HistoryRow(changed), transaction)
        return true
      }
    }
  }

  @discardableResult
  package func delete(_ selection: RowSelection) async throws -> Int {
    let history = database.history
    return try await send("delete", { "\($0) rows" }) {
      try await statement(on: history, .writing) { transaction in
        // By the primary key where ids are named, so that no other row is waited for.
        let rows = try await lockedRows(
          from: max(selection.lower ?? 0, selection.ids?.min() ?? 0),
          through: min(selection.upper ?? .max, selection.ids?.max() ?? .max), .exclusive, transaction,
          selection.condition)
        for row in rows { history.set(row.record.id, to: nil, transaction) }
        return rows.count
      }
    }
  }

  package func move(ids: [UInt64], by shift: IDShift) async throws -> Int {
    let history = database.history
    return try await send("move", { "\($0) rows" }) {
      try await statement(on: history, .writing) { transaction in
        var isUp = false
        if case .up = shift { isUp = true }
        var count = 0
        // The row that is farthest ahead goes first, so that none meets another on its way.
        for id in ids.sorted(by: { isUp ? $0 > $1 : $0 < $1 }) {
          guard let row = try await lockedRows(from: id, through: id, .exclusive, transaction).first else { continue }
          guard let moved = shift.applied(to: id) else {
            throw HistoryStoreError(.other, "BIGINT UNSIGNED value is out of range")
          }
          history.set(id, to: nil, transaction)
          try await lockForInsert(moved, in: history, transaction)
          var record = row.record
          record.id = moved
          history.set(moved, to: HistoryRow(record), transaction)
          count += 1
        }
        return count
      }
    }
  }

  /// Locks the rows of an interval one after the other, by ascending id, and reads each as it is then.
  ///
  /// A row that others have not committed yet is waited for. One that does not meet the condition is not kept locked; rows that come in
  /// behind are not seen: there are no locks of gaps.
  func lockedRows(
    from lower: UInt64, through upper: UInt64, limit: Int = .max, _ mode: LockMode, _ transaction: Transaction,
    _ condition: (HistoryRow) -> Bool = { _ in true }
  ) async throws -> [HistoryRow] {
    let history = database.history
    var rows: [HistoryRow] = []
    var next: UInt64? = lower
    while let from = next, from <= upper, rows.count < limit,
      let id = history.firstID(from: from, through: upper, where: condition)
    {
      next = id == .max ? nil : id + 1
      let target = LockTarget.row(table: history.number, id: id)
      let isNew = try await server.rowLocks.take(target, mode, transaction, within: connection.lockWait)
      if let row = history.row(id, transaction), condition(row) {
        rows.append(row)
      } else if isNew {
        server.rowLocks.release(target, transaction)
      }
    }
    return rows
  }
}
