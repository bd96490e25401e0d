internal import MariaDBClient
internal import StudentModuleHistory

/// A history table on a server: its name, its generation, and the SQL expressions that follow from it.
///
/// Every generation that Open edX has had is known; a table that differs from all of them is refused, naming the column.
struct MySQLTable: Sendable, Hashable {
  /// A column's type as far as copying needs it.
  enum ColumnType: Sendable, Hashable {
    case integer(String)
    case double
    /// `datetime` with that many digits of fraction.
    case datetime(Int)
    case text(type: String, characterSet: String)

    var description: String {
      switch self {
      case .integer(let type): type
      case .double: "double"
      case .datetime(let digits): digits == 0 ? "datetime" : "datetime(\(digits))"
      case .text(let type, let characterSet): "\(type) \(characterSet)"
      }
    }
  }

  let side: HistorySide
  let database: String
  let name: String
  let columns: [String: ColumnType]

  /// The index of `id` alone, by which every row is found and locked: the primary key, or a unique one.
  let idIndex: String

  /// The family of the server that holds it: they print numbers differently.
  let family: ServerInformation.Family

  /// Database and table for SQL.
  var sqlName: String { Self.quoted(database) + "." + Self.quoted(name) }

  /// What makes a server read rows by ``idIndex``, behind the table's name.
  var byIDSQL: String { "FORCE INDEX (\(Self.quoted(idIndex)))" }

  /// The generation for people: `id int(11), created datetime(6), utf8mb4`.
  var generation: String {
    let state =
      if case .text(_, let characterSet) = columns["state"] { characterSet } else { "" }
    return "id \(columns["id"]?.description ?? "?"), created \(columns["created"]?.description ?? "?"), \(state)"
  }

  /// The largest id that the id column can hold.
  var largestPossibleID: UInt64 {
    guard case .integer(let type) = columns["id"] else { return UInt64(Int64.max) }
    let isUnsigned = type.contains("unsigned")
    return type.hasPrefix("bigint")
      ? (isUnsigned ? .max : UInt64(Int64.max)) : UInt64(isUnsigned ? UInt32.max : UInt32(Int32.max))
  }

  static func quoted(_ identifier: String) -> String {
    var text = StatementText()
    text.append(identifier: identifier)
    return String(decoding: text.bytes, as: UTF8.self)
  }
}

extension MySQLTable {
  /// The canonical text of ``RowHasher`` as SQL.
  var canonicalTextSQL: String { canonicalTextSQL(id: "id") }

  /// The same with another expression in the place of the id.
  func canonicalTextSQL(id: String) -> String {
    """
    CONCAT(\(id), '|', student_module_id, '|', \(createdSQL), '|', \(numberSQL("grade")), '|', \(numberSQL("max_grade")), '|', \
    IFNULL(\(hashSQL(of: "version")), 'N'), '|', IFNULL(\(hashSQL(of: "state")), 'N'))
    """
  }

  /// A double as both families print it in a result: with an exponent if it is below 1e-15 or from 1e15 on, else without.
  ///
  /// MySQL 8 and later print a column inside of CONCAT with at most 22 characters, and so take the exponent for small numbers with
  /// many digits (8.895005751083612e-13); MariaDB does not. Arithmetic is no way out: it costs MySQL the 17th digit.
  private func numberSQL(_ column: String) -> String {
    guard family == .mySQL else { return "IFNULL(\(column), 'N')" }
    let text = "CONCAT(\(column))"
    let exponent = "SUBSTRING_INDEX(\(text), 'e-', -1)"
    let digits = "REPLACE(REPLACE(SUBSTRING_INDEX(\(text), 'e-', 1), '.', ''), '-', '')"
    return """
      IF(ABS(\(column)) < 1e-3 AND LOCATE('e-', \(text)) > 0 AND CAST(\(exponent) AS UNSIGNED) <= 15, \
      CONCAT(IF(\(column) < 0, '-0.', '0.'), REPEAT('0', CAST(\(exponent) AS UNSIGNED) - 1), \(digits)), IFNULL(\(column), 'N'))
      """
  }

  private var createdSQL: String {
    guard case .datetime(let digits) = columns["created"], digits < 6 else { return "created" }
    return "CONCAT(created, '\(digits == 0 ? "." : "")\(String(repeating: "0", count: 6 - digits))')"
  }

  /// The SHA-256 of a text in UTF-8. Bytes of utf8mb3 and utf8mb4 are the same; other sets are converted first, so that the
  /// digest is over what a reader sees, not over how one server stores it.
  private func hashSQL(of column: String) -> String {
    guard case .text(_, let characterSet) = columns[column], !Self.utf8CharacterSets.contains(characterSet) else {
      return "SHA2(\(column), 256)"
    }
    return "SHA2(CONVERT(\(column) USING utf8mb4), 256)"
  }

  /// Whether the bytes of all texts of the table are meant as UTF-8. They need not be: old tables hold bytes that are not valid.
  var holdsUTF8: Bool {
    ["version", "state"].allSatisfy { column in
      guard case .text(_, let characterSet) = columns[column] else { return false }
      return Self.utf8CharacterSets.contains(characterSet)
    }
  }

  /// Character sets whose bytes are UTF-8.
  static let utf8CharacterSets: Set<String> = ["utf8", "utf8mb3", "utf8mb4", "ascii"]

  /// Character sets that Open edX's tables have been seen in.
  static let knownCharacterSets = utf8CharacterSets.union(["latin1"])
}

extension MySQLTable {
  /// Finds the table of a store and reads its generation; nil if there is none.
  ///
  /// - Throws: `notPermitted` if the table cannot be read, `misconfigured` if it is not a history table.
  static func find(store: MySQLStore, connection: MariaDBConnection) async throws(HistoryStoreError) -> MySQLTable? {
    for name in store.tableName.map({ [$0] }) ?? store.side.tableNames {
      do throws(MariaDBError) {
        // The information schema hides what the user may not see; this tells the missing from the forbidden.
        _ = try await connection.query(StatementText("SELECT 1 FROM \(quoted(store.database)).\(quoted(name)) LIMIT 0"))
      } catch {
        if error.kind == .unknownTable { continue }
        throw await store.told(error)
      }
      return try await read(name, store: store, connection: connection)
    }
    return nil
  }

  /// Reads the definition of a table whose name is known.
  ///
  /// - Parameter isSearched: as for ``idIndex(of:store:connection:isSearched:)``.
  /// - Throws: as ``find(store:connection:)``.
  static func read(
    _ name: String, store: MySQLStore, connection: MariaDBConnection, isSearched: Bool = true
  ) async throws(HistoryStoreError) -> MySQLTable {
    let place: [SQLValue] = [.text(store.database), .text(name)]
    let condition = " WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?"
    let rows: [[String?]]
    let engine: String?
    do throws(MariaDBError) {
      rows = try await connection.query(
        StatementText(
          "SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, CHARACTER_SET_NAME, DATETIME_PRECISION, COLLATION_NAME, EXTRA"
            + " FROM information_schema.COLUMNS" + condition, binding: place))
      engine = try await connection.query(
        StatementText("SELECT ENGINE FROM information_schema.TABLES" + condition, binding: place)
      ).first?[0]
    } catch {
      throw await store.told(error)
    }
    func refuse(_ reason: String) -> HistoryStoreError {
      HistoryStoreError(
        .misconfigured, side: store.side,
        "the table \(store.database).\(name) at \(store.configuration.endpoint) is not a history table that csmh knows: "
          + reason)
    }
    guard !rows.isEmpty else {
      throw HistoryStoreError(
        .misconfigured, side: store.side,
        "the table \(store.database).\(name) at \(store.configuration.endpoint) is gone: it was renamed or dropped meanwhile",
        remedy: Remedy(.lookThenAgain),
        isAbsence: true)
    }
    guard engine?.lowercased() == "innodb" else {
      throw refuse(
        "its engine is \(engine ?? "unknown (a view?)"), and only InnoDB has the transactions that copying needs")
    }
    var columns: [String: ColumnType] = [:]
    for row in rows {
      let column = row[0] ?? ""
      guard HistoryRecord.columnNames.contains(column) else { throw refuse("it has a column `\(column)`") }
      guard let type = columnType(row), isKnown(type, for: column) else {
        throw refuse("its column `\(column)` is \(row[2] ?? "?")\(row[3].map { " in \($0)" } ?? "")")
      }
      if column == "id", store.side == .extended, row[1]?.lowercased() != "bigint" {
        throw refuse("its column `id` is \(row[2] ?? "?"), and the extended table's ids have 64 bits")
      }
      columns[column] = type
    }
    if let missing = HistoryRecord.columnNames.first(where: { columns[$0] == nil }) {
      throw refuse("it has no column `\(missing)`")
    }
    return MySQLTable(
      side: store.side, database: store.database, name: name, columns: columns,
      idIndex: try await idIndex(of: name, store: store, connection: connection, isSearched: isSearched),
      family: connection.server.family)
  }

  private static func columnType(_ row: [String?]) -> ColumnType? {
    let type = (row[1] ?? "").lowercased()
    switch type {
    case "int", "bigint": return .integer((row[2] ?? type).lowercased())
    case "double": return .double
    case "datetime": return .datetime(row[4].flatMap { Int($0) } ?? 0)
    case "varchar", "longtext":
      guard let characterSet = row[3]?.lowercased() else { return nil }
      return .text(type: (row[2] ?? type).lowercased(), characterSet: characterSet)
    default: return nil
    }
  }

  private static func isKnown(_ type: ColumnType, for column: String) -> Bool {
    switch (column, type) {
    case ("id", .integer), ("student_module_id", .integer): true
    case ("created", .datetime): true
    case ("grade", .double), ("max_grade", .double): true
    case ("version", .text(let type, let characterSet)):
      type == "varchar(255)" && knownCharacterSets.contains(characterSet)
    case ("state", .text(let type, let characterSet)):
      type == "longtext" && knownCharacterSets.contains(characterSet)
    default: false
    }
  }
}
