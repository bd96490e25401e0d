internal import MariaDBClient
public import StudentModuleHistory

/// A connection to one store on a server.
public struct MySQLSession: HistorySession {
  let store: MySQLStore
  let connection: MariaDBConnection
  let table: MySQLTable

  public var side: HistorySide { table.side }

  public var dialect: SQLDialect { .mySQL }

  public var tableSQL: String { table.sqlName }

  /// The same connection with the eyes on another table, of a database on the same server.
  func viewing(_ table: MySQLTable) -> MySQLSession {
    MySQLSession(store: store, connection: connection, table: table)
  }

  public func summary() async throws -> TableSummary {
    let status = try await rows(
      "SELECT TABLE_ROWS, DATA_LENGTH + INDEX_LENGTH, DATA_FREE FROM information_schema.TABLES"
        + " WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?", [.text(table.database), .text(table.name)])
    let bounds = try await rows("SELECT MIN(id), MAX(id) FROM \(table.sqlName)")
    if let smallest = bounds[0][0].textValue, smallest.hasPrefix("-") {
      throw HistoryStoreError(
        .misconfigured, side: side,
        "the table \(table.database).\(table.name) holds the id \(smallest): the extended table's ids cannot be negative",
        remedy: "give such rows ids of 0 and above, or remove them")
    }
    var ids: IDRange?
    if let lower = bounds[0][0].unsignedValue, let upper = bounds[0][1].unsignedValue { ids = IDRange(lower, upper) }
    return TableSummary(
      name: "\(table.database).\(table.name)", generation: table.generation,
      estimatedRowCount: status.first?[0].unsignedValue ?? 0, estimatedByteCount: status.first?[1].unsignedValue ?? 0,
      ids: ids, nextID: try await nextID(), largestPossibleID: table.largestPossibleID,
      freeByteCount: status.first?[2].unsignedValue ?? 0)
  }

  public func refuseChangedTable() async throws {
    let present = try await MySQLTable.read(table.name, store: store, connection: connection)
    guard present != table else { return }
    throw HistoryStoreError(
      .misconfigured, side: side,
      "the table \(table.database).\(table.name) was changed meanwhile: it was \(table.generation), and is \(present.generation)",
      remedy: "look at what was changed, then run the same command again: it goes on where it stopped")
  }

  /// AUTO_INCREMENT from the table's definition: the information schema of MySQL 8 and later shows it up to a day late.
  /// https://dev.mysql.com/doc/refman/8.4/en/server-system-variables.html#sysvar_information_schema_stats_expiry
  func nextID() async throws -> UInt64 {
    let definition = try await rows("SHOW CREATE TABLE \(table.sqlName)")[0][1].textValue ?? ""
    guard let marker = definition.firstRange(of: " AUTO_INCREMENT=") else { return 1 }
    return UInt64(definition[marker.upperBound...].prefix { $0.isNumber }) ?? 1
  }

  public func upperBound(from start: UInt64, through limit: UInt64, rowCount: Int) async throws -> UInt64 {
    try await rows(
      "SELECT id FROM \(table.sqlName) FORCE INDEX (PRIMARY) WHERE id >= \(start) AND id <= \(limit)"
        + " ORDER BY id LIMIT 1 OFFSET \(rowCount - 1)"
    ).first?[0].unsignedValue ?? limit
  }

  public func lowerBound(from start: UInt64, downThrough limit: UInt64, rowCount: Int) async throws -> UInt64 {
    try await rows(
      "SELECT id FROM \(table.sqlName) FORCE INDEX (PRIMARY) WHERE id <= \(start) AND id >= \(limit)"
        + " ORDER BY id DESC LIMIT 1 OFFSET \(rowCount - 1)"
    ).first?[0].unsignedValue ?? limit
  }

  public func digest(
    of range: IDRange, locking: Bool, measuring: Bool
  ) async throws -> (digest: RangeDigest, byteCount: UInt64) {
    // The limit keeps the servers from merging the inner query into the outer one, which would hash every row twice. In between
    // stands a temporary table: 32 bytes for a row take a seventh less time than 64 characters, and are cut off faster as bytes. To
    // the base -10 CONV prints the 64 bits as a signed number, which BIT_XOR reads back whole.
    let answer = try await rows(
      """
      SELECT COUNT(*), COUNT(h), BIT_XOR(CONV(LEFT(h, 16), 16, -10)), BIT_XOR(CONV(RIGHT(h, 16), 16, -10)), \
      \(measuring ? "SUM(n)" : "0") FROM (SELECT LEFT(CAST(SHA2(\(table.canonicalTextSQL), 256) AS BINARY(64)), 32) AS h\
      \(measuring ? ", IFNULL(OCTET_LENGTH(state), 0) AS n" : "") FROM \(table.sqlName) \
      FORCE INDEX (PRIMARY) WHERE id BETWEEN \(range.lower) AND \(range.upper) \
      LIMIT 18446744073709551615\(locking ? " LOCK IN SHARE MODE" : "")) AS hashed
      """)[0]
    guard let count = answer[0].unsignedValue, count == answer[1].unsignedValue,
      let high = answer[2].unsignedValue, let low = answer[3].unsignedValue
    else {
      throw HistoryStoreError(
        .other, side: side,
        "\(store.location) could not hash every row of \(table.name) from \(range.lower) to \(range.upper)")
    }
    return (
      RangeDigest(rowCount: count, hash: RowHash(high: high, low: low)),
      answer[4].realValue.map { UInt64($0) } ?? 0
    )
  }

  public func rowHashes(in range: IDRange, limit: Int) async throws -> [(id: UInt64, hash: RowHash)] {
    try await rows(
      "SELECT id, LEFT(SHA2(\(table.canonicalTextSQL), 256), 32) FROM \(table.sqlName)"
        + " WHERE id BETWEEN \(range.lower) AND \(range.upper) ORDER BY id LIMIT \(limit)"
    ).map(hashedRow)
  }

  public func rowHashes(
    ids: [UInt64], shiftedBy shift: IDShift, locking lock: RowLock
  ) async throws -> [(id: UInt64, hash: RowHash)] {
    guard !ids.isEmpty else { return [] }
    let clause =
      switch lock {
      case .none: ""
      case .share: " LOCK IN SHARE MODE"
      case .update: " FOR UPDATE"
      }
    // By the primary key, so that no other row is locked or waited for.
    return try await rows(
      "SELECT id, LEFT(SHA2(\(table.canonicalTextSQL(id: shift.sql)), 256), 32) FROM \(table.sqlName) FORCE INDEX (PRIMARY)"
        + " WHERE id IN (\(ids.map(String.init).joined(separator: ", "))) ORDER BY id\(clause)"
    ).map(hashedRow)
  }

  private func hashedRow(_ row: [SQLValue]) throws -> (id: UInt64, hash: RowHash) {
    guard let id = row[0].unsignedValue, let hash = row[1].textValue.flatMap({ RowHash(hexadecimal: $0) }) else {
      throw HistoryStoreError(
        .other, side: side, "\(store.location) could not hash the row \(row[0].textValue ?? "?")")
    }
    return (id, hash)
  }

  @discardableResult
  public func execute(_ sql: String, _ values: [SQLValue]) async throws -> Int {
    Int(clamping: try await executeStrictly(StatementText(sql, binding: values)).affectedRowCount)
  }

  public func rows(_ sql: String, _ values: [SQLValue]) async throws -> [[SQLValue]] {
    let statement = StatementText(sql, binding: values)
    return try await mapped { connection throws(MariaDBError) in
      try await connection.query(statement).map { $0.map { SQLValue.optional($0) } }
    }
  }

  public func begin() async throws { try await execute("START TRANSACTION") }

  public func commit() async throws { try await execute("COMMIT") }

  public func rollback() async {
    do throws(MariaDBError) {
      try await connection.execute("ROLLBACK")
    } catch {
      // The next START TRANSACTION would commit what is still open: https://dev.mysql.com/doc/refman/8.4/en/implicit-commit.html
      // A closed connection is rolled back by the server, and opened anew by whoever goes on.
      await connection.close()
    }
  }

  public func close() async { await connection.close() }

  /// Runs work on the connection and tells its errors in the stores' words.
  func mapped<Value>(
    _ work: (MariaDBConnection) async throws(MariaDBError) -> Value
  ) async throws(HistoryStoreError) -> Value {
    do throws(MariaDBError) {
      return try await work(connection)
    } catch {
      throw HistoryStoreError(error, side: side)
    }
  }
}

extension StatementText {
  /// A statement with its values in place of the `?`.
  init(_ sql: String, binding values: [SQLValue]) {
    self.init()
    let parts = sql.split(separator: "?", omittingEmptySubsequences: false)
    precondition(parts.count == values.count + 1, "\(parts.count - 1) places for \(values.count) values in: \(sql)")
    for (index, part) in parts.enumerated() {
      append(String(part))
      guard index < values.count else { continue }
      switch values[index] {
      case .null: append("NULL")
      case .integer(let value): append(String(value))
      case .unsigned(let value): append(String(value))
      // As text: -0 and 17 digits survive a string, but not a decimal literal.
      case .real(let value): append(quoted: String(value))
      case .text(let text): append(quoted: text)
      }
    }
  }
}
