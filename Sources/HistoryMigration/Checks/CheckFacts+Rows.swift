internal import HistoryStores
internal import StudentModuleHistory

/// The size of a row's texts, as SQL.
enum MySQLTextSize {
  /// Whether texts are sent as they are stored.
  static func isUTF8(_ characterSet: String?) -> Bool {
    ["utf8", "utf8mb3", "utf8mb4", "ascii"].contains(characterSet ?? "utf8mb4")
  }

  /// The bytes of the state in UTF-8, without the quotes that are doubled in a statement: MariaDB takes quadratic time to count them.
  static func stateSQL(isUTF8: Bool) -> String {
    "IFNULL(OCTET_LENGTH(\(isUTF8 ? "state" : "CONVERT(state USING utf8mb4)")), 0)"
  }

  /// `version` has at most 255 characters, and the other columns and the statement's beginning take less than a kilobyte.
  static let restSQL = "IFNULL(OCTET_LENGTH(version) * 2, 0) + 1000"
}

extension WidestRow {
  /// How many of the newest and of the oldest rows are looked at, in how many at a time, and how many rows at each place between them.
  static let rowsPerEnd = 10_000
  static let rowsPerQuestion = 1_000
  static let placeCount: UInt64 = 64
  static let rowsPerPlace = 50

  /// How long all questions together may take.
  static let patience = Duration.seconds(10)

  /// Of how many of the largest rows the quotes are counted, and up to which size; of others every byte may be one.
  static let countedRowCount = 4
  static let countedByteCount: UInt64 = 16 << 20

  /// Looks for the largest row among the newest, the oldest, and some at places that are evenly spread over the ids; nil for an
  /// empty table.
  ///
  /// - Parameter isUTF8: whether the states are stored in UTF-8.
  static func sampled(
    _ store: any HistoryStore, _ isUTF8: Bool, _ environment: Environment
  ) async throws -> WidestRow? {
    try await withSession(store) { session in
      guard let ids = try await session.summary().ids else { return nil }
      var sample = RowSizeSample(session, isUTF8: isUTF8, environment)
      do {
        let isWhole = try await sample.end("<=", from: ids.upper, downTo: true)
        sample.isWholeTable = isWhole
        if !isWhole {
          _ = try await sample.end(">=", from: ids.lower, downTo: false)
          try await sample.places(in: ids)
        }
      } catch let error as HistoryStoreError where error.isTimeLimit {
        guard sample.rowCount > 0 else { throw error }
        sample.hasGivenUp = true
      }
      return try await sample.widest()
    }
  }
}

/// The sizes of rows, looked at some at a time.
private struct RowSizeSample {
  let session: any HistorySession
  let isUTF8: Bool
  let environment: Environment
  let start: ContinuousClock.Instant
  var rowCount: UInt64 = 0
  var isWholeTable = false
  var hasGivenUp = false

  /// The largest rows: their states' bytes, and those of the rest.
  private var largest: [(id: UInt64, state: UInt64, rest: UInt64)] = []

  init(_ session: any HistorySession, isUTF8: Bool, _ environment: Environment) {
    self.environment = environment
    start = environment.now()
    self.session = session
    self.isUTF8 = isUTF8
  }

  /// Looks at the rows of one end. Returns whether there are no more.
  mutating func end(_ comparison: String, from first: UInt64, downTo isDescending: Bool) async throws -> Bool {
    var first = first
    for _ in 0..<(WidestRow.rowsPerEnd / WidestRow.rowsPerQuestion) {
      let limit = WidestRow.rowsPerQuestion
      let found = try await look(
        "WHERE id \(comparison) \(first) ORDER BY id \(isDescending ? "DESC" : "ASC") LIMIT \(limit)")
      guard let found, found.count == limit else { return found != nil }
      let last = isDescending ? found.lower : found.upper
      guard isDescending ? last > 0 : last < .max else { return true }
      first = isDescending ? last - 1 : last + 1
    }
    return false
  }

  mutating func places(in ids: IDRange) async throws {
    let distance = max(1, ids.idCount / WidestRow.placeCount)
    for place in 0..<WidestRow.placeCount {
      let id = ids.lower + place * distance + distance / 2
      guard id <= ids.upper else { return }
      _ = try await look(
        "WHERE id BETWEEN \(id) AND \(id + distance) ORDER BY id LIMIT \(WidestRow.rowsPerPlace)")
    }
  }

  /// One question; nil if the time for all of them is over.
  private mutating func look(_ rows: String) async throws -> (count: Int, lower: UInt64, upper: UInt64)? {
    guard environment.now() - start < WidestRow.patience else {
      hasGivenUp = true
      return nil
    }
    let sizes = try await session.rows(
      "SELECT id, \(MySQLTextSize.stateSQL(isUTF8: isUTF8)), \(MySQLTextSize.restSQL) FROM \(session.tableSQL)"
        + " \(session.byIDSQL) \(rows)"
    ).compactMap { row in
      row[0].unsignedValue.map { (id: $0, state: row[1].unsignedValue ?? 0, rest: row[2].unsignedValue ?? 0) }
    }
    rowCount += UInt64(sizes.count)
    largest = Array((largest + sizes).sorted { $0.state > $1.state }.prefix(WidestRow.countedRowCount + 1))
    let found = sizes.map(\.id)
    return (sizes.count, found.min() ?? 0, found.max() ?? 0)
  }

  /// The widest row: the quotes of the largest ones are counted here, one row at a time.
  func widest() async throws -> WidestRow? {
    var widest: (id: UInt64, byteCount: UInt64)?
    var possible: UInt64 = 0
    for (index, row) in largest.enumerated() {
      var byteCount = row.state + row.rest
      if index < WidestRow.countedRowCount, let quotes = try await quoteCount(of: row.id, row.state) {
        byteCount += quotes
      } else {
        possible = max(possible, byteCount + row.state)
      }
      if byteCount > widest?.byteCount ?? 0 { widest = (row.id, byteCount) }
    }
    guard let widest else { return nil }
    return WidestRow(
      id: widest.id, statementByteCount: widest.byteCount, possibleByteCount: max(possible, widest.byteCount),
      sampledRowCount: rowCount, isWholeTable: isWholeTable && !hasGivenUp, hasGivenUp: hasGivenUp)
  }

  /// nil if the state is too large to be fetched for it.
  private func quoteCount(of id: UInt64, _ byteCount: UInt64) async throws -> UInt64? {
    guard byteCount <= WidestRow.countedByteCount else { return nil }
    do {
      let state = try await session.rows("SELECT state FROM \(session.tableSQL) WHERE id = \(id)").first?[0].textValue
      return UInt64((state ?? "").utf8.count { $0 == UInt8(ascii: "'") })
    } catch let error as HistoryStoreError where error.isTimeLimit {
      return nil
    }
  }
}

extension StandingIDs {
  static let rowsPerEnd = 1_000

  /// Compares the lowest and the highest rows of the extended table among the original ids with their originals.
  ///
  /// By student module and second: two different answers hardly share both, and neither changes with a column's precision or
  /// character set. Verification compares everything.
  init(_ pair: StorePair, _ environment: Environment) async throws {
    self = try await withClosing(try await pair.openLane()) { lane in
      var standing = try await StandingIDs(lane)
      standing.withoutOriginal = try await SecondLook(environment: environment).staying(standing.withoutOriginal, lane)
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
