package import StudentModuleHistory

/// The journal's tables as SQL.
extension SQLSession {
  package func select(_ columns: [JournalColumn], _ query: JournalQuery) async throws -> [[SQLValue]] {
    var text = JournalText(dialect)
    let conditions = text.conditions(query.conditions)
    var sql = "SELECT \(columns.map(\.rawValue).joined(separator: ", ")) FROM \(query.table.rawValue)\(conditions)"
    if let order = query.order { sql += " ORDER BY \(order.rawValue)\(query.isDescending ? " DESC" : "")" }
    if let limit = query.limit { sql += " LIMIT \(limit)" }
    if query.isLocking { sql += dialect.forUpdate }
    return try await rows(sql, text.values)
  }

  package func count(_ query: JournalQuery) async throws -> UInt64 {
    var text = JournalText(dialect)
    let conditions = text.conditions(query.conditions)
    return try await rows("SELECT COUNT(*) FROM \(query.table.rawValue)\(conditions)", text.values)[0][0].unsignedValue
      ?? 0
  }

  @discardableResult
  package func update(
    _ table: JournalTable, set changes: [JournalChange], where conditions: [JournalCondition]
  ) async throws -> Int {
    var text = JournalText(dialect)
    let assignments = changes.map { "\($0.column.rawValue) = \(text.value($0.value))" }.joined(separator: ", ")
    let condition = text.conditions(conditions)
    return try await execute("UPDATE \(table.rawValue) SET \(assignments)\(condition)", text.values)
  }

  package func insert(
    into table: JournalTable, _ values: [JournalChange], unless conditions: [JournalCondition]
  ) async throws {
    var text = JournalText(dialect)
    let columns = values.map(\.column.rawValue).joined(separator: ", ")
    let list = values.map { text.value($0.value) }.joined(separator: ", ")
    var sql = "INSERT INTO \(table.rawValue) (\(columns)) "
    if conditions.isEmpty {
      sql += "VALUES (\(list))"
    } else {
      let condition = text.conditions(conditions)
      sql += "SELECT \(list) FROM (SELECT 1 AS one) AS seed"
      sql += " WHERE NOT EXISTS (SELECT 1 FROM \(table.rawValue)\(condition))"
    }
    try await execute(sql, text.values)
  }

  package func rangeSums() async throws -> [RangeSums] {
    try await rows(
      "SELECT state, COUNT(*), SUM(row_count), SUM(byte_count), SUM(adopted_count), COUNT(verified_at), SUM(attempts),"
        + " SUM(upper_id - lower_id + 1), SUM(drained_count), MAX(drained_at),"
        + " SUM(CASE WHEN last_error IS NULL THEN 0 ELSE 1 END)"
        + " FROM csmh_range GROUP BY state"
    ).map { row in
      func number(_ index: Int) -> UInt64 { row[index].unsignedValue ?? 0 }
      var sums = RangeSums(state: row[0].textValue ?? "")
      sums.rangeCount = number(1)
      sums.rowCount = number(2)
      sums.byteCount = number(3)
      sums.adoptedCount = number(4)
      sums.verifiedCount = number(5)
      sums.attempts = number(6)
      sums.idCount = number(7)
      sums.drainedCount = number(8)
      sums.lastDrainedAt = row[9].textValue
      sums.errorCount = number(10)
      return sums
    }
  }

  package func rowsCopied(inLast seconds: Int) async throws -> (rowCount: Double, seconds: Double)? {
    let row = try await rows(
      "SELECT SUM(row_count), \(dialect.seconds(from: "MIN(copied_at)", to: dialect.now)) FROM csmh_range"
        + " WHERE state IN ('copied', 'unconfirmed', 'draining', 'drained') AND copied_at > \(dialect.now(plus: -seconds))"
    )[0]
    guard let rows = row[0].realValue, let seconds = row[1].realValue else { return nil }
    return (rows, seconds)
  }

  package func now() async throws -> String {
    try await rows("SELECT \(dialect.now)")[0][0].textValue ?? ""
  }

  package func seconds(from first: String, to last: String) async throws -> Double? {
    try await rows("SELECT \(dialect.seconds(from: "?", to: "?"))", [.text(first), .text(last)]).first?[0].realValue
  }

  package func presentColumns(of table: JournalTable) async throws -> Set<String> {
    let sql =
      switch dialect {
      case .mySQL:
        "SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?"
      case .sqlite: "SELECT name FROM pragma_table_info(?)"
      }
    return Set(try await rows(sql, [.text(table.rawValue)]).compactMap { $0[0].textValue })
  }

  package func hold(_ name: String, wait: Int) async throws -> Bool {
    // A file has no connections that others see: there is one writer at a time.
    guard dialect == .mySQL else { return true }
    return try await rows("SELECT GET_LOCK(?, \(wait))", [.text(name)])[0][0].unsignedValue == 1
  }

  package func isHeld(_ name: String) async throws -> Bool? {
    guard dialect == .mySQL else { return nil }
    return try await rows("SELECT IS_FREE_LOCK(?)", [.text(name)])[0][0].unsignedValue != 1
  }
}

/// Values and conditions of the journal's tables as SQL with `?`, and what stands for each of them.
private struct JournalText {
  let dialect: SQLDialect
  private(set) var values: [SQLValue] = []

  init(_ dialect: SQLDialect) {
    self.dialect = dialect
  }

  mutating func value(_ value: JournalValue) -> String {
    switch value {
    case .value(.null): return "NULL"
    case .value(let value):
      values.append(value)
      return "?"
    case .now(plus: 0): return dialect.now
    case .now(plus: let seconds): return dialect.now(plus: seconds)
    case .column(let column): return column.rawValue
    case .successor(of: let column): return "\(column.rawValue) + 1"
    }
  }

  /// ` WHERE …`; empty without a condition.
  mutating func conditions(_ conditions: [JournalCondition]) -> String {
    guard !conditions.isEmpty else { return "" }
    return " WHERE " + joined(conditions, " AND ")
  }

  private mutating func joined(_ conditions: [JournalCondition], _ word: String) -> String {
    var parts: [String] = []
    for condition in conditions { parts.append(text(condition)) }
    return parts.joined(separator: word)
  }

  private mutating func comparison(_ column: JournalColumn, _ sign: String, _ other: JournalValue) -> String {
    "\(column.rawValue) \(sign) \(value(other))"
  }

  private mutating func list(_ words: [String]) -> String {
    values += words.map { .text($0) }
    return words.map { _ in "?" }.joined(separator: ", ")
  }

  private mutating func text(_ condition: JournalCondition) -> String {
    switch condition {
    case .equal(let column, let other): return comparison(column, "=", other)
    case .below(let column, let other): return comparison(column, "<", other)
    case .above(let column, let other): return comparison(column, ">", other)
    case .atLeast(let column, let other): return comparison(column, ">=", other)
    case .atMost(let column, let other): return comparison(column, "<=", other)
    case .isNull(let column): return "\(column.rawValue) IS NULL"
    case .isNotNull(let column): return "\(column.rawValue) IS NOT NULL"
    case .isOne(of: let words, let column):
      return words.isEmpty ? "1 = 0" : "\(column.rawValue) IN (\(list(words)))"
    case .isNone(of: let words, let column):
      return words.isEmpty ? "1 = 1" : "\(column.rawValue) NOT IN (\(list(words)))"
    case .hasNoID(of: let ids):
      return ids.isEmpty ? "1 = 1" : "id NOT IN (\(ids.map(String.init).joined(separator: ", ")))"
    case .isPair(of: let pairs, let column):
      guard !pairs.isEmpty else { return "1 = 0" }
      let list = pairs.map { "(\($0.id), \($0.value))" }.joined(separator: ", ")
      return "(id, \(column.rawValue)) IN (\(dialect == .sqlite ? "VALUES " : "")\(list))"
    case .hasPrefix(let prefix, let column):
      values.append(.text(prefix))
      return "SUBSTR(\(column.rawValue), 1, \(prefix.count)) = ?"
    case .any(let conditions):
      return conditions.isEmpty ? "1 = 0" : "(\(joined(conditions, " OR ")))"
    case .all(let conditions):
      return conditions.isEmpty ? "1 = 1" : "(\(joined(conditions, " AND ")))"
    }
  }
}
