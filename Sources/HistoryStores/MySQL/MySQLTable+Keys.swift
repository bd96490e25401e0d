internal import MariaDBClient
internal import StudentModuleHistory

extension MySQLTable {
  /// The unique index of `id` alone: the primary key where that is one.
  ///
  /// - Parameter isSearched: whether ids that stand twice are looked for; not while rows are locked.
  /// - Throws: `misconfigured` if there is none, so that an id may stand twice: with ids that do, if some are found in time.
  static func idIndex(
    of name: String, store: MySQLStore, connection: MariaDBConnection, isSearched: Bool
  ) async throws(HistoryStoreError) -> String {
    let keys: [Key]
    var duplicates = ""
    let isPartitioned: Bool
    let table = quoted(store.database) + "." + quoted(name)
    do throws(MariaDBError) {
      keys = try await uniqueKeys(of: name, store, connection)
      // A key lets any number of rows without a value pass.
      let ofID = keys.filter { $0.columns == ["id"] && !$0.isNullable }.map(\.name)
      if let index = ofID.first(where: { $0 == primary }) ?? ofID.first { return index }
      isPartitioned = try await !connection.query(
        StatementText(
          "SELECT PARTITION_NAME FROM information_schema.PARTITIONS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?"
            + " AND PARTITION_NAME IS NOT NULL LIMIT 1", binding: [.text(store.database), .text(name)])
      ).isEmpty
      if isSearched { duplicates = try await ": " + duplicatedIDs(in: table, connection) }
    } catch {
      throw HistoryStoreError(error, side: store.side)
    }
    throw HistoryStoreError(
      .misconfigured, side: store.side,
      "the table \(store.database).\(name) at \(store.configuration.endpoint) has no unique key of `id` alone"
        + (keys.isEmpty ? "" : " (but \(keys.map(\.description).joined(separator: "; ")))")
        + ", so that an id may stand twice\(duplicates)",
      remedy: Remedy(
        .giveOwnIDs,
        (isPartitioned ? "ALTER TABLE \(table) REMOVE PARTITIONING; " : "") + "ALTER TABLE \(table)"
          + (keys.contains { $0.name == primary } ? " DROP PRIMARY KEY," : "") + " ADD PRIMARY KEY (`id`);"))
  }

  private static let primary = "PRIMARY"

  /// A unique key with its columns in order.
  struct Key: Sendable, CustomStringConvertible {
    let name: String
    var columns: [String]

    /// Whether one of the columns may be NULL.
    var isNullable: Bool

    var description: String {
      "\(name) of \(columns.joined(separator: ", "))" + (isNullable ? ", which may be NULL" : "")
    }
  }

  static func uniqueKeys(
    of name: String, _ store: MySQLStore, _ connection: MariaDBConnection
  ) async throws(MariaDBError) -> [Key] {
    let rows = try await connection.query(
      StatementText(
        "SELECT INDEX_NAME, COLUMN_NAME, NULLABLE FROM information_schema.STATISTICS"
          + " WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND NON_UNIQUE = 0 ORDER BY INDEX_NAME, SEQ_IN_INDEX",
        binding: [.text(store.database), .text(name)]))
    var keys: [Key] = []
    for row in rows {
      let (index, column, isNullable) = (row[0] ?? "", row[1] ?? "", row[2]?.uppercased() == "YES")
      if keys.last?.name == index {
        keys[keys.count - 1].columns.append(column)
        if isNullable { keys[keys.count - 1].isNullable = true }
      } else {
        keys.append(Key(name: index, columns: [column], isNullable: isNullable))
      }
    }
    return keys
  }

  /// For how many seconds ids that stand twice are looked for.
  private static let searchLimit = 10

  /// What is known of ids that stand twice, as the end of a sentence.
  private static func duplicatedIDs(
    in table: String, _ connection: MariaDBConnection
  ) async throws(MariaDBError) -> String {
    let query = "id FROM \(table) GROUP BY id HAVING COUNT(*) > 1 ORDER BY id LIMIT 5"
    let sql =
      connection.server.family == .mariaDB
      ? "SET STATEMENT max_statement_time = \(searchLimit) FOR SELECT \(query)"
      : "SELECT /*+ MAX_EXECUTION_TIME(\(searchLimit)000) */ \(query)"
    do throws(MariaDBError) {
      let ids = try await connection.query(StatementText(sql)).compactMap { $0[0] }
      guard !ids.isEmpty else { return "none does now" }
      return "\(ids.count == 1 ? "the id" : "the ids") \(ids.joined(separator: ", ")) \(ids.count == 1 ? "does" : "do")"
    } catch {
      // The time ran out.
      guard error.kind == .timeLimit else { throw error }
      return "none was found in \(searchLimit) s"
    }
  }
}
