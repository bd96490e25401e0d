internal import MariaDBClient
internal import StudentModuleHistory

/// What else than its columns keeps a row out of the table.
extension MySQLSession {
  /// The names of the unique indexes beside the one by which rows are found, for SQL.
  func uniqueIndexes() async throws -> [String] {
    try await mapped { connection throws(MariaDBError) in
      try await MySQLTable.uniqueKeys(of: table.name, store, connection)
    }.map(\.name).filter { $0 != table.idIndex }.map(MySQLTable.quoted)
  }

  /// Statements that remove the CHECK constraints which refuse a row; of all, where the server does not tell which.
  ///
  /// - Parameter row: SQL that selects the row's values under the columns' names, without the SELECT.
  func removals(ofChecksRefusing row: String) async throws -> [Remedy] {
    var refusing: [Remedy] = []
    var others: [Remedy] = []
    for check in try await checks() {
      let removal =
        check.isOfColumn
        ? try await definition(ofColumn: check.name).map { Remedy(.modifyColumn, table.sqlName, $0) }
        : Remedy(.dropConstraint, table.sqlName, MySQLTable.quoted(check.name))
      guard let removal else { continue }
      if try await isRefused(row, by: check.clause) { refusing.append(removal) } else { others.append(removal) }
    }
    return refusing.isEmpty ? others : refusing
  }

  private struct Check {
    var name: String
    var clause: String
    var isOfColumn: Bool
  }

  /// MariaDB has constraints of a column too, which have its name: its type JSON is one.
  /// https://mariadb.com/kb/en/information-schema-check_constraints-table/
  private func checks() async throws -> [Check] {
    let values: [SQLValue] = [.text(table.database), .text(table.name)]
    let sql =
      switch table.family {
      case .mariaDB:
        "SELECT CONSTRAINT_NAME, CHECK_CLAUSE, LEVEL FROM information_schema.CHECK_CONSTRAINTS"
          + " WHERE CONSTRAINT_SCHEMA = ? AND TABLE_NAME = ?"
      case .mySQL:
        "SELECT c.CONSTRAINT_NAME, c.CHECK_CLAUSE, 'Table' FROM information_schema.CHECK_CONSTRAINTS c"
          + " JOIN information_schema.TABLE_CONSTRAINTS t USING (CONSTRAINT_SCHEMA, CONSTRAINT_NAME)"
          + " WHERE t.TABLE_SCHEMA = ? AND t.TABLE_NAME = ? AND t.CONSTRAINT_TYPE = 'CHECK'"
      }
    do {
      return try await rows(sql, values).map { row in
        Check(
          name: row[0].textValue ?? "", clause: row[1].textValue ?? "", isOfColumn: row[2].textValue == "Column")
      }
    } catch let error as HistoryStoreError where error.kind == .other {
      // Older servers do not have such a table; their own words have to do.
      return []
    }
  }

  private func isRefused(_ row: String, by clause: String) async throws -> Bool {
    let statement = StatementText("SELECT (\(clause)) FROM (SELECT \(row)) AS refused")
    do throws(HistoryStoreError) {
      return try await mapped { connection throws(MariaDBError) in try await connection.query(statement) }.first?[0]
        == "0"
    } catch {
      // A clause that cannot be read back, or that finds no meaning in the value.
      if error.isTransient { throw error }
      return false
    }
  }

  /// The column as it is, without its constraint.
  private func definition(ofColumn name: String) async throws -> String? {
    let row = try await rows(
      "SELECT COLUMN_TYPE, CHARACTER_SET_NAME, COLLATION_NAME, IS_NULLABLE FROM information_schema.COLUMNS"
        + " WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ? AND COLUMN_NAME = ?",
      [.text(table.database), .text(table.name), .text(name)]
    ).first
    guard let row, let type = row[0].textValue else { return nil }
    var sql = "\(MySQLTable.quoted(name)) \(type)"
    if let set = row[1].textValue, let collation = row[2].textValue {
      sql += " CHARACTER SET \(set) COLLATE \(collation)"
    }
    return row[3].textValue == "NO" ? sql + " NOT NULL" : sql
  }
}
