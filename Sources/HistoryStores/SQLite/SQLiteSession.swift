internal import Foundation
internal import GRDB
package import StudentModuleHistory

/// A connection to one store in a SQLite file.
package struct SQLiteSession: SQLSession {
  let store: SQLiteStore
  let queue: DatabaseQueue

  /// `main`, or the name under which the other file is attached.
  let schema: String
  let tableName: String

  package var side: HistorySide { store.side }

  package var dialect: SQLDialect { .sqlite }

  package func sqlName(ofTable name: String) -> String { "\(schema).\"\(name)\"" }

  package var tableSQL: String { "\(schema).\"\(tableName)\"" }

  /// The columns in the order of the digest's functions.
  private static let digestColumns = digestColumns(id: "id")

  private static func digestColumns(id: String) -> String {
    "\(id), student_module_id, created, grade, max_grade, version, state"
  }

  /// - Throws: `misconfigured` if a column is missing or unknown.
  func checkColumns() async throws(HistoryStoreError) {
    if let refusal = await refusalOfColumns() { throw refusal }
  }

  /// What is wrong with the columns; nil if nothing is, or if they cannot be read.
  private func refusalOfColumns() async -> HistoryStoreError? {
    let (name, schema) = (tableName, schema)
    // Whoever cannot read them cannot read a row either, and is told by that.
    let columns = try? await queue.writeWithoutTransaction { database in
      try database.tableExists(name, in: schema) ? database.columns(in: name, in: schema).map(\.name) : []
    }
    guard let columns else { return nil }
    guard !columns.isEmpty else {
      return HistoryStoreError(
        .misconfigured, side: side, "the table \(name) in \(store.path) is gone: it was renamed or dropped meanwhile",
        isAbsence: true)
    }
    let known = HistoryRecord.columnNames
    let refusal =
      known.first { !columns.contains($0) }.map { "it has no column `\($0)`" }
      ?? columns.first { !known.contains($0) }.map { "it has a column `\($0)`" }
    return refusal.map {
      HistoryStoreError(
        .misconfigured, side: side,
        "the table \(tableName) in \(store.path) is not a history table that csmh knows: \($0)")
    }
  }

  package func refuseChangedTable() async throws { try await checkColumns() }

  package var stateByteCountSQL: String { "LENGTH(CAST(state AS BLOB))" }

  package func withTableLocked<Value: Sendable>(
    _ lock: TableLock, lockWait: Int, _ body: () async throws -> Value
  ) async throws -> Value {
    // SQLite has one writer at a time: whoever begins has waited for the others.
    try await transaction { try await body() }
  }

  package func truncate() async throws { try await execute("DELETE FROM \(tableSQL)") }

  package func raiseCounter(to nextID: UInt64) async throws {
    try await execute(
      "UPDATE \(schema).sqlite_sequence SET seq = ? WHERE name = ? AND seq < ?",
      [.unsigned(nextID - 1), .text(tableName), .unsigned(nextID - 1)])
  }

  /// Whoever writes has waited for the others when it began.
  package func limitLockWait(to seconds: Int) async throws {}

  package func reclaimDisk() async throws { try await execute("VACUUM") }

  /// https://sqlite.org/pragma.html#pragma_synchronous
  package func logPosition() async throws -> LogPosition {
    let full: UInt64 = 2
    let mode = try await rows("PRAGMA synchronous")[0][0].unsignedValue ?? 0
    return mode >= full ? .flushedAtCommit : .unknown("PRAGMA synchronous is \(mode)")
  }

  package func openTransactions() async throws -> [OpenTransaction] { [] }

  package func summary(isFresh: Bool) async throws -> TableSummary {
    try await mapped { database in
      let bounds = try Row.fetchOne(database, sql: "SELECT MIN(id), MAX(id), COUNT(*) FROM \(tableSQL)")!
      let pages = try Int64.fetchOne(database, sql: "PRAGMA \(schema).page_count") ?? 0
      let pageSize = try Int64.fetchOne(database, sql: "PRAGMA \(schema).page_size") ?? 0
      let freePages = try Int64.fetchOne(database, sql: "PRAGMA \(schema).freelist_count") ?? 0
      if let smallest: Int64 = bounds[0], smallest < 0 {
        throw HistoryStoreError(
          .misconfigured, side: side,
          "the table \(tableName) in \(store.path) holds the id \(smallest): the extended table's ids cannot be negative",
          remedy: Remedy(.mendNegativeIDs))
      }
      var ids: IDRange?
      if let lower: Int64 = bounds[0], let upper: Int64 = bounds[1] { ids = IDRange(UInt64(lower), UInt64(upper)) }
      var nextID = (ids?.upper ?? 0) + 1
      if try database.tableExists("sqlite_sequence", in: schema) {
        let sequence = try Int64.fetchOne(
          database, sql: "SELECT seq FROM \(schema).sqlite_sequence WHERE name = ?", arguments: [tableName])
        nextID = max(nextID, UInt64(clamping: sequence ?? 0) + 1)
      }
      return TableSummary(
        name: "\(store.path):\(tableName)", generation: "SQLite", estimatedRowCount: bounds[2],
        estimatedByteCount: UInt64((pages - freePages) * pageSize), ids: ids, nextID: nextID,
        freeByteCount: UInt64(freePages * pageSize), isExact: true)
    }
  }

  package func upperBound(from start: UInt64, through limit: UInt64, rowCount: Int) async throws -> UInt64 {
    try await rows(
      "SELECT id FROM \(tableSQL) WHERE id >= ? AND id <= ? ORDER BY id LIMIT 1 OFFSET ?",
      [.unsigned(start), .unsigned(limit), .integer(Int64(rowCount - 1))]
    ).first?[0].unsignedValue ?? limit
  }

  package func lowerBound(from start: UInt64, downThrough limit: UInt64, rowCount: Int) async throws -> UInt64 {
    try await rows(
      "SELECT id FROM \(tableSQL) WHERE id <= ? AND id >= ? ORDER BY id DESC LIMIT 1 OFFSET ?",
      [.unsigned(start), .unsigned(limit), .integer(Int64(rowCount - 1))]
    ).first?[0].unsignedValue ?? limit
  }

  package func digest(
    of range: IDRange, locking: Bool, measuring: Bool
  ) async throws -> (digest: RangeDigest, byteCount: UInt64) {
    let answer =
      try await rows(
        "SELECT csmh_digest(\(Self.digestColumns)) FROM \(tableSQL) WHERE id BETWEEN ? AND ?",
        [.unsigned(range.lower), .unsigned(range.upper)])[0][0].textValue ?? ""
    let parts = answer.split(separator: ":")
    guard parts.count == 3, let count = UInt64(parts[0]), let hash = RowHash(hexadecimal: String(parts[1])),
      let byteCount = UInt64(parts[2])
    else { throw HistoryStoreError(.other, side: side, "\(store.path): no digest of \(range): \(answer)") }
    return (RangeDigest(rowCount: count, hash: hash), byteCount)
  }

  package func rowHashes(in range: IDRange, limit: Int) async throws -> [(id: UInt64, hash: RowHash)] {
    try await rows(
      "SELECT id, csmh_row_hash(\(Self.digestColumns)) FROM \(tableSQL) WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?",
      [.unsigned(range.lower), .unsigned(range.upper), .integer(Int64(limit))]
    ).map { ($0[0].unsignedValue!, RowHash(hexadecimal: $0[1].textValue!)!) }
  }

  package func rowHashes(
    ids: [UInt64], shiftedBy shift: IDShift, locking lock: RowLock
  ) async throws -> [(id: UInt64, hash: RowHash)] {
    guard !ids.isEmpty else { return [] }
    return try await rows(
      "SELECT id, csmh_row_hash(\(Self.digestColumns(id: shift.sql))) FROM \(tableSQL)"
        + " WHERE id IN (\(ids.map(String.init).joined(separator: ", "))) ORDER BY id"
    ).map { ($0[0].unsignedValue!, RowHash(hexadecimal: $0[1].textValue!)!) }
  }

  package func insert(_ records: [HistoryRecord]) async throws {
    try await mapped { database in
      let statement = try database.cachedStatement(
        sql:
          "INSERT INTO \(tableSQL) (\(HistoryRecord.columnsSQL)) VALUES (?, ?, ?, ?, ?, ?, ?)")
      func insertAll() throws {
        for record in records {
          let id: Int64? = record.id == 0 ? nil : Int64(record.id)
          try statement.execute(arguments: [
            id, Int64(record.studentModuleID), record.version, record.created.text, record.state, record.grade,
            record.maxGrade,
          ])
        }
      }
      if database.isInsideTransaction {
        try insertAll()
      } else {
        try database.inTransaction(.immediate) {
          try insertAll()
          return .commit
        }
      }
    }
  }

  package func insert(_ record: HistoryRecord) async throws -> UInt64 {
    try await insert([record])
    guard record.id == 0 else { return record.id }
    return try await mapped { UInt64($0.lastInsertedRowID) }
  }

  package func records(clause: String) async throws -> [HistoryRecord] {
    try await rows("SELECT \(HistoryRecord.columnsSQL) FROM \(tableSQL) \(clause)")
      .map { try record($0) }
  }

  package func outlines(clause: String, below boundary: UInt64) async throws -> [OutlinedRecord] {
    try await rows("SELECT \(columnsSQL(outlinedBelow: boundary)) FROM \(tableSQL) \(clause)").map { row in
      // An outline has the length of its state where a record has the state.
      let record = try record(row)
      guard record.id < boundary else { return .whole(record) }
      return .outline(
        HistoryOutline(
          id: record.id, studentModuleID: record.studentModuleID, version: record.version, created: record.created,
          stateByteCount: row[4].unsignedValue, grade: record.grade, maxGrade: record.maxGrade))
    }
  }

  package func ids(clause: String) async throws -> [UInt64] {
    try await rows("SELECT id FROM \(tableSQL) \(clause)").map { row throws(HistoryStoreError) in
      guard let id = row[0].unsignedValue else { throw notARecord(row) }
      return id
    }
  }

  private func record(_ row: [SQLValue]) throws(HistoryStoreError) -> HistoryRecord {
    guard let record = HistoryRecord(columns: row) else { throw notARecord(row) }
    return record
  }

  private func notARecord(_ row: [SQLValue]) -> HistoryStoreError {
    HistoryStoreError(
      .other, side: side, "a record with an id, student module or time that is none: \(row[0].textValue ?? "NULL")")
  }

  @discardableResult
  package func execute(_ sql: String, _ values: [SQLValue]) async throws -> Int {
    try await mapped { database in
      try database.execute(sql: sql, arguments: StatementArguments(values.map(\.databaseValue)))
      return database.changesCount
    }
  }

  package func rows(_ sql: String, _ values: [SQLValue]) async throws -> [[SQLValue]] {
    try await mapped { database in
      try Row.fetchAll(database, sql: sql, arguments: StatementArguments(values.map(\.databaseValue)))
        .map { $0.databaseValues.map { SQLValue($0) } }
    }
  }

  /// An immediate transaction: other writers of the file wait from here on, as they do for a server's row locks.
  package func begin() async throws { try await execute("BEGIN IMMEDIATE") }

  package func commit() async throws { try await execute("COMMIT") }

  package func rollback() async {
    try? await mapped { database in
      if database.isInsideTransaction { try database.execute(sql: "ROLLBACK") }
    }
  }

  package func close() async { try? queue.close() }

  private func mapped<Value: Sendable>(
    _ work: @escaping @Sendable (Database) throws -> Value
  ) async throws(HistoryStoreError) -> Value {
    do {
      return try await queue.writeWithoutTransaction(work)
    } catch let error as HistoryStoreError {
      throw error
    } catch {
      let told = HistoryStoreError(error, side: side, path: store.path)
      // A statement that fitted the table and does not any more tells first of all that the table was changed.
      if told.kind == .other, let refusal = await refusalOfColumns() { throw refusal }
      throw told
    }
  }
}

extension SQLValue {
  fileprivate init(_ value: DatabaseValue) {
    self =
      switch value.storage {
      case .null: .null
      case .int64(let value): .integer(value)
      case .double(let value): .real(value)
      case .string(let text): .text(text)
      case .blob(let data): .text(String(decoding: data, as: UTF8.self))
      }
  }

  fileprivate var databaseValue: DatabaseValue {
    switch self {
    case .null: .null
    case .integer(let value): value.databaseValue
    case .unsigned(let value): Int64(clamping: value).databaseValue
    case .real(let value): value.databaseValue
    case .text(let text): text.databaseValue
    }
  }
}
