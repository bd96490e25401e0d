internal import MariaDBClient
package import StudentModuleHistory

/// A connection to one store on a server.
package struct MySQLSession: SQLSession {
  let store: MySQLStore
  let connection: MariaDBConnection
  let table: MySQLTable

  package var side: HistorySide { table.side }

  package var dialect: SQLDialect { .mySQL }

  package var tableSQL: String { table.sqlName }

  package func sqlName(ofTable name: String) -> String {
    MySQLTable.quoted(table.database) + "." + MySQLTable.quoted(name)
  }

  package var byIDSQL: String { table.byIDSQL }

  /// The same connection with the eyes on another table, of a database on the same server.
  func viewing(_ table: MySQLTable) -> MySQLSession {
    var configuration = store.configuration
    configuration.database = table.database
    return MySQLSession(
      store: MySQLStore(side: table.side, configuration: configuration, tableName: table.name), connection: connection,
      table: table)
  }

  package func summary(isFresh: Bool) async throws -> TableSummary {
    // MySQL 8 and later otherwise show estimates that are up to a day old.
    // https://dev.mysql.com/doc/refman/8.4/en/server-system-variables.html#sysvar_information_schema_stats_expiry
    if isFresh, try await !rows("SHOW VARIABLES WHERE Variable_name = 'information_schema_stats_expiry'").isEmpty {
      try await execute("SET SESSION information_schema_stats_expiry = 0")
    }
    let status = try await rows(
      "SELECT TABLE_ROWS, DATA_LENGTH + INDEX_LENGTH, DATA_FREE FROM information_schema.TABLES"
        + " WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?", [.text(table.database), .text(table.name)])
    let bounds = try await rows("SELECT MIN(id), MAX(id) FROM \(table.sqlName)")
    if let smallest = bounds[0][0].textValue, smallest.hasPrefix("-") {
      throw HistoryStoreError(
        .misconfigured, side: side,
        "the table \(table.database).\(table.name) holds the id \(smallest): the extended table's ids cannot be negative",
        remedy: Remedy(.mendNegativeIDs))
    }
    var ids: IDRange?
    if let lower = bounds[0][0].unsignedValue, let upper = bounds[0][1].unsignedValue { ids = IDRange(lower, upper) }
    return TableSummary(
      name: "\(table.database).\(table.name)", generation: table.generation,
      estimatedRowCount: status.first?[0].unsignedValue ?? 0, estimatedByteCount: status.first?[1].unsignedValue ?? 0,
      ids: ids, nextID: try await nextID(), largestPossibleID: table.largestPossibleID,
      freeByteCount: status.first?[2].unsignedValue ?? 0)
  }

  package func refuseChangedTable() async throws { try await refuseChange() }

  private func refuseChange() async throws(HistoryStoreError) {
    let present = try await MySQLTable.read(table.name, store: store, connection: connection, isSearched: false)
    guard present != table else { return }
    throw HistoryStoreError(
      .misconfigured, side: side,
      "the table \(table.database).\(table.name) was changed meanwhile: it was \(table.generation), and is \(present.generation)",
      remedy: Remedy(.lookThenAgain))
  }

  /// The id that the next row gets; sessions ask the engine itself, not what a statistic remembers (``SessionContract``).
  func nextID() async throws -> UInt64 {
    try await rows(
      "SELECT AUTO_INCREMENT FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?",
      [.text(table.database), .text(table.name)]
    ).first?[0].unsignedValue ?? 1
  }

  package func limitLockWait(to seconds: Int) async throws {
    let limit = store.lockLimit?.waitSeconds ?? .max
    try await execute("SET SESSION innodb_lock_wait_timeout = \(min(max(1, seconds), limit))")
  }

  /// Lets the server send texts as the bytes that the table holds, where these are meant as UTF-8. Converting what is not valid would
  /// turn it into question marks, which csmh would take for the text.
  ///
  /// Everything else that a server sends is in UTF-8, converted or not.
  func takeTextsAsBytes() async throws(HistoryStoreError) {
    guard table.holdsUTF8 else { return }
    try await mapped { connection throws(MariaDBError) in
      _ = try await connection.execute("SET SESSION character_set_results = binary")
    }
  }

  /// How many rows a range has, counted by the server without a lock.
  func rowCount(in range: IDRange) async throws -> UInt64 {
    try await rows(
      "SELECT COUNT(*) FROM \(table.sqlName) \(table.byIDSQL)"
        + " WHERE id BETWEEN \(range.lower) AND \(range.upper)"
    )[0][0].unsignedValue ?? 0
  }

  package func upperBound(from start: UInt64, through limit: UInt64, rowCount: Int) async throws -> UInt64 {
    try await rows(
      "SELECT id FROM \(table.sqlName) \(table.byIDSQL) WHERE id >= \(start) AND id <= \(limit)"
        + " ORDER BY id LIMIT 1 OFFSET \(rowCount - 1)"
    ).first?[0].unsignedValue ?? limit
  }

  package func lowerBound(from start: UInt64, downThrough limit: UInt64, rowCount: Int) async throws -> UInt64 {
    try await rows(
      "SELECT id FROM \(table.sqlName) \(table.byIDSQL) WHERE id <= \(start) AND id >= \(limit)"
        + " ORDER BY id DESC LIMIT 1 OFFSET \(rowCount - 1)"
    ).first?[0].unsignedValue ?? limit
  }

  package func digest(
    of range: IDRange, locking: Bool, measuring: Bool
  ) async throws -> (digest: RangeDigest, byteCount: UInt64) {
    func sql(inBytes: Bool) -> String {
      let sql = digestSQL(of: range, inBytes: inBytes, locking: locking, measuring: measuring)
      return locking ? limited(sql, toSeconds: store.lockLimit?.seconds) : sql
    }
    var answer = try await rows(sql(inBytes: combinesBytes))[0]
    if combinesBytes, answer[2].textValue?.utf8.count != 32 {
      // A proxy has told the version of another server than the one behind it.
      answer = try await rows(sql(inBytes: false))[0]
    }
    guard let count = answer[0].unsignedValue, count == answer[1].unsignedValue,
      let hash = answer[2].textValue.flatMap({ RowHash(hexadecimal: $0) })
    else {
      throw HistoryStoreError(
        .other, side: side,
        "\(store.location) could not hash every row of \(table.name) from \(range.lower) to \(range.upper)")
    }
    return (
      RangeDigest(rowCount: count, hash: hash),
      answer[3].realValue.map { UInt64($0) } ?? 0
    )
  }

  /// Whether BIT_XOR combines bytes: MySQL since 8.0. Else it combines numbers of 64 bits.
  /// https://dev.mysql.com/doc/refman/8.4/en/aggregate-functions.html#function_bit-xor
  private var combinesBytes: Bool { connection.server.family == .mySQL && connection.server.version >= 80_000 }

  /// SQL for the number of rows, the number of those that could be hashed, their combined hashes, and the size of their states.
  private func digestSQL(of range: IDRange, inBytes: Bool, locking: Bool, measuring: Bool) -> String {
    let hash = "SHA2(\(table.canonicalTextSQL), 256)"
    let size = "IFNULL(OCTET_LENGTH(state), 0)"
    let rows =
      "FROM \(table.sqlName) \(table.byIDSQL) WHERE id BETWEEN \(range.lower) AND \(range.upper)"
    let lock = locking ? " LOCK IN SHARE MODE" : ""
    if inBytes {
      // The text of a row is NULL where one of these is; in it, nothing else can be.
      let isWhole = "IF(student_module_id IS NULL OR created IS NULL, NULL, 1)"
      return """
        SELECT COUNT(*), COUNT(\(isWhole)), HEX(BIT_XOR(LEFT(UNHEX(\(hash)), 16))), \
        \(measuring ? "SUM(\(size))" : "0") \(rows)\(lock)
        """
    }
    // The limit keeps the servers from merging the inner query into the outer one, which would hash every row twice. In between
    // stands a temporary table: 32 bytes for a row take a seventh less time than 64 characters, and are cut off faster as bytes. To
    // the base -10 CONV prints the 64 bits as a signed number, which BIT_XOR reads back whole.
    func half(_ part: String) -> String { "LPAD(HEX(BIT_XOR(CONV(\(part)(h, 16), 16, -10))), 16, '0')" }
    return """
      SELECT COUNT(*), COUNT(h), CONCAT(\(half("LEFT")), \(half("RIGHT"))), \(measuring ? "SUM(n)" : "0") \
      FROM (SELECT LEFT(CAST(\(hash) AS BINARY(64)), 32) AS h\(measuring ? ", \(size) AS n" : "") \(rows) \
      LIMIT 18446744073709551615\(lock)) AS hashed
      """
  }

  package func rowHashes(in range: IDRange, limit: Int) async throws -> [(id: UInt64, hash: RowHash)] {
    try await rows(
      "SELECT id, LEFT(SHA2(\(table.canonicalTextSQL), 256), 32) FROM \(table.sqlName)"
        + " WHERE id BETWEEN \(range.lower) AND \(range.upper) ORDER BY id LIMIT \(limit)"
    ).map(hashedRow)
  }

  package func rowHashes(
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
    let sql =
      "SELECT id, LEFT(SHA2(\(table.canonicalTextSQL(id: shift.sql)), 256), 32) FROM \(table.sqlName) \(table.byIDSQL)"
      + " WHERE id IN (\(ids.map(String.init).joined(separator: ", "))) ORDER BY id\(clause)"
    return try await rows(lock == .none ? sql : limited(sql, toSeconds: store.lockLimit?.seconds)).map(hashedRow)
  }

  private func hashedRow(_ row: [SQLValue]) throws -> (id: UInt64, hash: RowHash) {
    guard let id = row[0].unsignedValue, let hash = row[1].textValue.flatMap({ RowHash(hexadecimal: $0) }) else {
      throw HistoryStoreError(
        .other, side: side, "\(store.location) could not hash the row \(row[0].textValue ?? "?")")
    }
    return (id, hash)
  }

  @discardableResult
  package func execute(_ sql: String, _ values: [SQLValue]) async throws -> Int {
    Int(clamping: try await executeStrictly(StatementText(sql, binding: values)).affectedRowCount)
  }

  package func rows(_ sql: String, _ values: [SQLValue]) async throws -> [[SQLValue]] {
    let statement = StatementText(sql, binding: values)
    return try await mapped { connection throws(MariaDBError) in
      try await connection.query(statement).map { $0.map { SQLValue.optional($0) } }
    }
  }

  package func begin() async throws {
    if let seconds = silenceSeconds { try await execute("SET SESSION wait_timeout = \(seconds)") }
    try await execute("START TRANSACTION")
  }

  package func commit() async throws {
    try await execute("COMMIT")
    await restAgain()
  }

  package func rollback() async {
    do throws(MariaDBError) {
      try await connection.execute("ROLLBACK")
      await restAgain()
    } catch {
      // The next START TRANSACTION would commit what is still open: https://dev.mysql.com/doc/refman/8.4/en/implicit-commit.html
      // A closed connection is rolled back by the server, and opened anew by whoever goes on.
      await connection.close()
    }
  }

  package func mayBeClosed() async -> Bool { await connection.mayBeClosed }

  package func close() async { await connection.close() }

  /// Runs work on the connection and tells its errors in the stores' words.
  func mapped<Value>(
    _ work: (MariaDBConnection) async throws(MariaDBError) -> Value
  ) async throws(HistoryStoreError) -> Value {
    do throws(MariaDBError) {
      return try await work(connection)
    } catch {
      // A statement that fitted the table and does not any more tells first of all that the table was changed.
      if error.kind == .statement || error.kind == .unknownTable, let change = await changeOfTable() { throw change }
      throw await store.told(error)
    }
  }

  /// What was changed in the table since the session was opened; nil if nothing was, or if it cannot be told.
  private func changeOfTable() async -> HistoryStoreError? {
    do throws(HistoryStoreError) {
      try await refuseChange()
      return nil
    } catch {
      return error.kind == .misconfigured ? error : nil
    }
  }
}
