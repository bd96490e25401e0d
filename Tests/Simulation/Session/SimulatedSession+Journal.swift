package import StudentModuleHistory

extension SimulatedSession {
  package func select(_ columns: [JournalColumn], _ query: JournalQuery) async throws -> [[SQLValue]] {
    try await send("select \(query.table.rawValue)", { "\($0.count) rows" }) {
      let table = try journal(query.table)
      return try await statement(on: table, query.isLocking ? .writing : .reading) { transaction in
        let clock = clock
        var rows =
          query.isLocking
          ? try await lockedRows(of: table, query.conditions, isSkipping: false, transaction)
          : table.rows(query.conditions, clock, transaction)
        if let order = query.order {
          rows.sort { (query.isDescending ? $1 : $0)[order].comes(before: (query.isDescending ? $0 : $1)[order]) }
        } else if world.dice.oneIn(2) {
          // Whoever does not ask for an order must not rely on one.
          rows.reverse()
        }
        return rows.prefix(query.limit ?? .max).map { row in columns.map { row[$0] } }
      }
    }
  }

  package func count(_ query: JournalQuery) async throws -> UInt64 {
    var query = query
    query.limit = nil
    return UInt64(try await select([.id], query).count)
  }

  @discardableResult
  package func update(
    _ table: JournalTable, set changes: [JournalChange], where conditions: [JournalCondition]
  ) async throws -> Int {
    try await send("update \(table.rawValue)", { "\($0) rows" }) {
      let table = try journal(table)
      return try await statement(on: table, .writing) { transaction in
        let rows = try await lockedRows(of: table, conditions, isSkipping: true, transaction)
        for row in rows {
          var changed = row
          // From left to right, as servers do: a column that was set before is read as it is now.
          for change in changes { changed.values[change.column] = clock.value(of: change.value, in: changed) }
          let key = changed[.lowerID].unsignedValue
          if let key, key != row[.lowerID].unsignedValue { try await lockKey(key, in: table, transaction) }
          table.set(row[.id].unsignedValue!, to: changed, transaction)
        }
        return rows.count
      }
    }
  }

  package func insert(
    into table: JournalTable, _ values: [JournalChange], unless conditions: [JournalCondition]
  ) async throws {
    try await send("insert \(table.rawValue)", { (id: UInt64?) in id.map { "the row \($0)" } ?? "none" }) {
      let table = try journal(table)
      return try await statement(on: table, .writing) { transaction -> UInt64? in
        // Two that ask at the same time do not see each other.
        if !conditions.isEmpty, !table.rows(conditions, clock, transaction).isEmpty { return nil }
        var row = JournalRow()
        for value in values { row.values[value.column] = clock.value(of: value.value, in: row) }
        let id: UInt64
        if let given = row[.id].unsignedValue, given > 0 {
          id = given
          table.passCounter(id)
        } else {
          id = table.takeID()
          row.values[.id] = .unsigned(id)
        }
        try await lockForInsert(id, in: table, transaction)
        if let key = row[.lowerID].unsignedValue { try await lockKey(key, in: table, transaction) }
        table.set(id, to: row, transaction)
        return id
      }
    }
  }

  package func now() async throws -> String { try await send("now", { $0 }) { server.time() } }

  package func seconds(from first: String, to last: String) async throws -> Double? {
    try await send("seconds") {
      guard let first = HistoryTimestamp(first)?.microsecondsSince1970,
        let last = HistoryTimestamp(last)?.microsecondsSince1970
      else { return nil }
      return Double(last - first) / 1_000_000
    }
  }

  package func presentColumns(of table: JournalTable) async throws -> Set<String> {
    try await send("columns of \(table.rawValue)") {
      guard database.journalTables.contains(table) else { return [] }
      return Set(JournalColumn.allCases.filter { database.missingColumns[table]?.contains($0) != true }.map(\.rawValue))
    }
  }

  // MARK: Names that are held

  package func hold(_ name: String, wait: Int) async throws -> Bool {
    try await send("hold \(name)", { $0 ? "held" : "somebody else's" }) {
      try await server.names.take(name, connection, within: .seconds(wait))
    }
  }

  package func isHeld(_ name: String) async throws -> Bool? {
    try await send("is held \(name)", { $0 == true ? "yes" : "no" }) { server.names.isHeld(name) }
  }

  // MARK: Rows

  var clock: JournalClock { JournalClock(server: server) }

  func journal(_ table: JournalTable) throws -> SimulatedTable<JournalRow> {
    guard database.journalTables.contains(table) else {
      throw HistoryStoreError(
        .misconfigured, "Table '\(database.name).\(table.rawValue)' doesn't exist", isAbsence: true)
    }
    return database.journal(table)
  }

  /// Locks the rows that meet conditions, each as it is then, by ascending id.
  ///
  /// - Parameter isSkipping: whether a row is left out that is committed as one that does not meet them, whatever others are changing
  ///   it to: UPDATE does so at READ COMMITTED, unless it names the row by its id.
  private func lockedRows(
    of table: SimulatedTable<JournalRow>, _ conditions: [JournalCondition], isSkipping: Bool,
    _ transaction: Transaction
  ) async throws -> [JournalRow] {
    let named = conditions.lazy.compactMap(\.namedID).first
    let (clock, upper) = (clock, named ?? .max)
    func meets(_ row: JournalRow) -> Bool { conditions.allSatisfy { clock.meets($0, row) == true } }
    var rows: [JournalRow] = []
    var next: UInt64? = named ?? 0
    while let from = next,
      let id = named == nil
        ? table.firstID(from: from, through: upper, where: meets) : table.firstID(from: from, through: upper)
    {
      next = id == .max ? nil : id + 1
      if named == nil, isSkipping, !(table.row(id, transaction).map(meets) ?? false) { continue }
      let target = LockTarget.row(table: table.number, id: id)
      let isNew = try await server.rowLocks.take(target, .exclusive, transaction, within: connection.lockWait)
      if let row = table.row(id, transaction), meets(row) {
        rows.append(row)
      } else if isNew {
        server.rowLocks.release(target, transaction)
      }
    }
    return rows
  }

  /// Locks a `lower_id` that a row is to get.
  ///
  /// - Throws: `duplicateID` if another row has it when the lock is there.
  private func lockKey(
    _ key: UInt64, in table: SimulatedTable<JournalRow>, _ transaction: Transaction
  ) async throws {
    try await server.rowLocks.take(
      .unique(table: table.number, value: key), .exclusive, transaction, within: connection.lockWait)
    guard table.rows([.equal(.lowerID, .number(key))], clock, transaction).isEmpty else {
      throw HistoryStoreError(.duplicateID, "Duplicate entry '\(key)' for key 'lower_id'")
    }
  }
}
