internal import StudentModuleHistory

/// Changes of what the database consists of.
extension SimulatedSession {
  func inventory() async throws -> StoreInventory {
    try await send("inventory") {
      let history = side.tableNames[0]
      return StoreInventory(
        databaseExists: true, tableName: database.hasTable ? history : nil, newTableName: history,
        otherTables: JournalTable.allCases.filter { database.journalTables.contains($0) }.map(\.rawValue))
    }
  }

  /// Makes a change, unless it stands, by the statements that the servers need.
  func make(_ change: SchemaChange, lockWait: Duration) async throws {
    switch change {
    case .createDatabase: break
    case .createTable: try await send("create table") { database.hasTable = true }
    case .raiseCounter(let id): try await raiseCounter(to: id)
    case .widenIDs:
      guard database.largestID < UInt64(Int64.max) else { return }
      // A rebuild waits for as long as it takes, and takes some time.
      try await send("widen ids") {
        try await define(database.history, within: .seconds(86_400)) { database.widenIDs() }
      }
    case .createJournal:
      for table in JournalTable.journal {
        try await send("create \(table.rawValue)") { _ = database.journalTables.insert(table) }
      }
    case .createRecord:
      try await send("create \(JournalTable.record.rawValue)") { _ = database.journalTables.insert(.record) }
    case .emptyJournal(let identity):
      if let identity { try await deleteAll(of: .migration) { $0[.identity].textValue == identity } }
      if try await count(JournalQuery(.migration)) == 0 { try await deleteAll(of: .range) }
    case .beginJournal(let beginning):
      do {
        try await insert(into: .migration, beginning.values, unless: [.equal(.id, .number(UInt64(1)))])
      } catch let error as HistoryStoreError where error.kind == .duplicateID {
        // Somebody else's stands.
      }
    case .addJournalColumn(let table, let column):
      guard try await !presentColumns(of: table).contains(column.rawValue) else { return }
      try await send("add \(table.rawValue).\(column.rawValue)") {
        try await define(database.journal(table), within: lockWait) {
          database.missingColumns[table]?.remove(column)
        }
      }
    case .setJournalVersion(let version):
      try await update(
        .migration, set: [JournalChange(.journalVersion, .number(version))],
        where: [.isMigration, .below(.journalVersion, .number(version))])
    case .raiseStartingID(let id):
      try await update(
        .migration, set: [JournalChange(.startingID, .number(id))],
        where: [.isMigration, .below(.startingID, .number(id))])
    }
  }

  private func deleteAll(of table: JournalTable, where condition: (JournalRow) -> Bool = { _ in true }) async throws {
    let rows = try journal(table)
    try await send("empty \(table.rawValue)", { (count: Int) in "\(count) rows" }) {
      try await statement(on: rows, .writing) { transaction in
        let ids = rows.rows([], clock, transaction).filter(condition).compactMap { $0[.id].unsignedValue }
        for id in ids {
          try await server.rowLocks.take(
            .row(table: rows.number, id: id), .exclusive, transaction, within: connection.lockWait)
          rows.set(id, to: nil, transaction)
        }
        return ids.count
      }
    }
  }
}

extension JournalCondition {
  fileprivate static var isMigration: JournalCondition { .equal(.id, .number(UInt64(1))) }
}

extension JournalBeginning {
  /// The row that says it.
  fileprivate var values: [JournalChange] {
    var values: [JournalChange] = [
      JournalChange(.id, .number(UInt64(1))), JournalChange(.identity, .text(identity)),
      JournalChange(.journalVersion, .number(version)), JournalChange(.csmhVersion, .text(csmhVersion)),
      JournalChange(.createdAt, .now), JournalChange(.updatedAt, .now), JournalChange(.phase, .text(phase)),
      JournalChange(.originalTable, .text(originalTable)), JournalChange(.extendedTable, .text(extendedTable)),
      JournalChange(.startingID, .number(startingID)),
    ]
    if firstID > 0 { values.append(JournalChange(.upperBound, .number(firstID - 1))) }
    return values
  }
}
