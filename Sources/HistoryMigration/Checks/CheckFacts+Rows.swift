internal import HistoryStores
internal import StudentModuleHistory

/// The size of a row's texts in a statement, as SQL.
enum MySQLTextSize {
  /// Whether texts are sent as they are stored.
  static func isUTF8(_ characterSet: String?) -> Bool {
    ["utf8", "utf8mb3", "utf8mb4", "ascii"].contains(characterSet ?? "utf8mb4")
  }

  /// Quotes are doubled in a statement. `version` has at most 255 characters, and the other columns and the statement's beginning take
  /// less than a kilobyte.
  static func statementSQL(isUTF8: Bool) -> String {
    let state = isUTF8 ? "state" : "CONVERT(state USING utf8mb4)"
    return "IFNULL(OCTET_LENGTH(\(state)) + CHAR_LENGTH(state) - CHAR_LENGTH(REPLACE(state, '''', '')), 0)"
      + " + IFNULL(OCTET_LENGTH(version) * 2, 0) + 1000"
  }
}

extension WidestRow {
  /// How many of the newest and of the oldest rows are looked at, and how many rows at each place between them.
  static let rowsPerEnd = 10_000
  static let placeCount: UInt64 = 64
  static let rowsPerPlace = 50

  /// Looks for the largest row among the newest, the oldest, and some at places that are evenly spread over the ids; nil for an
  /// empty table.
  ///
  /// - Parameter isUTF8: whether the states are stored in UTF-8.
  static func sampled(_ store: any HistoryStore, _ isUTF8: Bool) async throws -> WidestRow? {
    try await withSession(store) { session in
      guard let ids = try await session.summary().ids else { return nil }
      // One text that sorts by size and carries the id.
      let columns =
        "id, \(MySQLTextSize.statementSQL(isUTF8: isUTF8)) AS n FROM \(session.tableSQL) FORCE INDEX (PRIMARY)"
      func largest(_ rows: String) -> String {
        "SELECT COUNT(*), MAX(CONCAT(LPAD(n, 20, '0'), LPAD(id, 20, '0'))) FROM (SELECT \(columns) \(rows)) AS sampled"
      }
      var answers = try await session.rows(largest("ORDER BY id DESC LIMIT \(rowsPerEnd)"))
      let isWhole = (answers[0][0].unsignedValue ?? 0) < UInt64(rowsPerEnd)
      if !isWhole {
        answers += try await session.rows(largest("ORDER BY id LIMIT \(rowsPerEnd)"))
        let distance = max(1, ids.idCount / placeCount)
        let places = (0..<placeCount).map { ids.lower + $0 * distance + distance / 2 }.filter { $0 <= ids.upper }
        answers += try await session.rows(
          places.map { largest("WHERE id BETWEEN \($0) AND \($0 + distance) ORDER BY id LIMIT \(rowsPerPlace)") }
            .joined(separator: " UNION ALL "))
      }
      guard let found = answers.compactMap({ $0[1].textValue }).max() else { return nil }
      return WidestRow(
        id: UInt64(found.suffix(20)) ?? 0, statementByteCount: UInt64(found.prefix(20)) ?? 0,
        sampledRowCount: answers.reduce(0) { $0 + ($1[0].unsignedValue ?? 0) }, isWholeTable: isWhole)
    }
  }
}

extension StandingIDs {
  static let rowsPerEnd = 1_000

  /// Compares the lowest and the highest rows of the extended table among the original ids with their originals.
  ///
  /// By student module and second: two different answers hardly share both, and neither changes with a column's precision or
  /// character set. Verification compares everything.
  init(_ pair: StorePair) async throws {
    self = try await withClosing(try await pair.openLane()) { lane in
      var standing = try await StandingIDs(lane)
      standing.withoutOriginal = try await SecondLook().staying(standing.withoutOriginal, lane)
      return standing
    }
  }

  init(_ lane: StorePair.Lane) async throws {
    self = try await {
      guard let bound = try await lane.original.summary().ids?.upper else {
        return StandingIDs(rowCount: 0, withoutOriginal: [], different: [])
      }
      var extended: [UInt64: String] = [:]
      for direction in ["ASC", "DESC"] {
        let rows = try await lane.extended.rows(
          "SELECT id, student_module_id, created FROM \(lane.extended.tableSQL) WHERE id <= \(bound)"
            + " ORDER BY id \(direction) LIMIT \(Self.rowsPerEnd)")
        extended.merge(Self.identities(rows)) { first, _ in first }
      }
      guard !extended.isEmpty else { return StandingIDs(rowCount: 0, withoutOriginal: [], different: []) }
      let list = extended.keys.map(String.init).joined(separator: ", ")
      let original = Self.identities(
        try await lane.original.rows(
          "SELECT id, student_module_id, created FROM \(lane.original.tableSQL) WHERE id IN (\(list))"))
      return StandingIDs(
        rowCount: extended.count, withoutOriginal: extended.keys.filter { original[$0] == nil }.sorted(),
        different: extended.filter { id, identity in original[id].map { $0 != identity } ?? false }.keys.sorted())
    }()
  }

  static func identities(_ rows: [[SQLValue]]) -> [UInt64: String] {
    Dictionary(
      rows.compactMap { row in
        row[0].unsignedValue.map { ($0, "\(row[1].textValue ?? "") \((row[2].textValue ?? "").prefix(19))") }
      }, uniquingKeysWith: { first, _ in first })
  }
}

extension WriteActivity {
  /// - Parameter measured: taken earlier, so that what was written meanwhile shows.
  init(_ pair: StorePair, _ measured: InstallationMeasurements, hasExtendedTable: Bool) async throws {
    let (newest, growth) = try await withSession(pair.original) { session in
      let next = try await session.summary().firstFreeID
      return (try await session.age(of: "ORDER BY id DESC"), next.subtractingDownToZero(measured.original.nextID))
    }
    guard hasExtendedTable else {
      self.init(
        newestOriginalAge: newest, originalGrowth: growth, oldestNativeAge: nil, newestNativeAge: nil, nativeRowCount: 0
      )
      return
    }
    // Without a journal every id that the original table has not handed out is the LMS's own.
    let first = measured.progress?.startingID ?? measured.original.nextID
    let condition = "WHERE id >= \(first)"
    self = try await withSession(pair.extended) { session in
      WriteActivity(
        newestOriginalAge: newest, originalGrowth: growth,
        oldestNativeAge: try await session.age(of: "\(condition) ORDER BY id"),
        newestNativeAge: try await session.age(of: "\(condition) ORDER BY id DESC"),
        nativeRowCount: try await session.rows(
          "SELECT COUNT(*) FROM (SELECT id FROM \(session.tableSQL) \(condition) LIMIT \(Self.nativeRowLimit)) AS bounded"
        )[0][0].unsignedValue ?? 0)
    }
  }
}

extension HistorySession {
  /// The age of one row by its `created`, in seconds; nil if there is none.
  fileprivate func age(of row: String) async throws -> Double? {
    try await rows("SELECT \(dialect.seconds(from: "created", to: dialect.now)) FROM \(tableSQL) \(row) LIMIT 1")
      .first?[0]
      .realValue
  }
}
