import HistoryStores
import MigrationAdvice
import MigrationJournal
import MigrationProtocol
import StudentModuleHistory

/// An installation in which every rule passes, to be spoilt by a test.
enum CheckFixture {
  static let variables = [
    "max_allowed_packet": "67108864", "sql_mode": "STRICT_TRANS_TABLES", "time_zone": "SYSTEM",
    "system_time_zone": "UTC",
    "transaction_isolation": "REPEATABLE-READ", "log_bin": "ON", "binlog_format": "ROW", "read_only": "OFF",
    "innodb_flush_log_at_trx_commit": "1", "sync_binlog": "1",
  ]

  static func table(_ side: HistorySide, characterSet: String = "utf8mb4") -> CheckFacts.Table {
    let text = CheckFacts.Column(type: "longtext", characterSet: characterSet, collation: characterSet + "_general_ci")
    return CheckFacts.Table(
      name: side.tableNames[0], sqlName: "`\(side.usualDatabaseName)`.`t`", generation: "id bigint",
      columns: ["state": text, "version": text, "created": .init(type: "datetime(6)", precision: 6)],
      indexes: [
        .init(name: "PRIMARY", columns: ["id"], isUnique: true), .init(name: "v", columns: ["version"]),
        .init(name: "c", columns: ["created"]), .init(name: "s", columns: ["student_module_id"]),
      ])
  }

  static var server: CheckFacts.Server {
    .init(
      summary: "MariaDB 10.11.6", isMariaDB: true, user: "'csmh'@'%'", variables: variables,
      grants: GrantList(["GRANT ALL PRIVILEGES ON *.* TO `csmh`@`%`"]), transactions: .known([]),
      replication: .known([]),
      replicaCount: .known(0))
  }

  static func side(_ side: HistorySide) -> CheckFacts.Side {
    .init(
      side: side, location: "csmh@\(side.rawValue)/db", database: side.usualDatabaseName, server: .known(server),
      databaseExists: true, table: .known(table(side)))
  }

  static func measurements(
    idsPerSecond: Double = 0.01, nextID: UInt64 = 1_000_001, freeBytes: UInt64? = 1 << 40, progress: Phase? = nil,
    upperBound: UInt64? = nil, flags: HistoryFlags? = .off
  ) -> InstallationMeasurements {
    let surroundings = StoreSurroundings(
      server: "MariaDB 10.11.6", dataDirectory: "/var/lib/mysql/", freeBytes: freeBytes, hasBinaryLog: true)
    func table(_ next: UInt64, _ limit: UInt64) -> InstallationMeasurements.Table {
      .init(
        location: "db", name: "t", generation: "id int", rows: 1_000_000, isRowCountExact: false, bytes: 1_300_000_000,
        ids: IDRange(1, next - 1), nextID: next, largestPossibleID: limit)
    }
    return InstallationMeasurements(
      measuredAt: 1_767_225_600 * 1_000_000, original: table(nextID, UInt64(Int32.max)),
      extended: nil, extendedLocation: "db2", extendedDatabaseExists: true, route: .betweenServers,
      originalServer: surroundings, extendedServer: surroundings,
      writeRates: [WriteRate(period: .lastMonth, seconds: 1_000_000, ids: UInt64(idsPerSecond * 1_000_000), rows: 1)],
      progress: progress.map {
        .init(phase: $0, startingID: 9_000_000, upperBound: upperBound, copiedRows: 0, problemRanges: 0)
      }, flags: flags)
  }

  static func report(next: UInt64) -> StartingIDReport {
    .init(
      originalLargestID: 1_000_000, originalNextID: 1_000_001, extendedNextID: next, lowNativeRowCount: 0,
      idsPerSecond: 0.01)
  }

  static func activity(
    original: Double? = 90_000, growth: UInt64 = 0, oldestNative: Double? = nil, native: UInt64 = 0
  ) -> WriteActivity {
    .init(
      newestOriginalAge: original, originalGrowth: growth, oldestNativeAge: oldestNative, newestNativeAge: oldestNative,
      nativeRowCount: native)
  }

  static var facts: CheckFacts {
    var facts = CheckFacts(
      isSQLite: false, original: side(.original), extended: side(.extended), flags: .off,
      measurements: .known(measurements()), startingID: .known(report(next: 9_000_000)),
      widestRow: .known(.init(id: 7, statementByteCount: 5_000, sampledRowCount: 23_200, isWholeTable: false)),
      standingRows: .known(.init(rowCount: 0, withoutOriginal: [], different: [])), activity: .known(activity()))
    facts.extended.djangoMigrations = .known(["0001_initial"])
    let listing = CheckFacts.Configuration.Listing(place: "lms.yml:1", isComplete: true)
    facts.configuration = .init(routers: listing, applications: listing, studio: .init(files: ["cms.yml"]))
    return facts
  }
}

extension CheckFacts {
  /// What one rule says of the facts after they were spoilt.
  static func result(_ rule: String, _ spoil: (inout CheckFacts) -> Void) -> CheckResult {
    var facts = CheckFixture.facts
    spoil(&facts)
    return Checks.results(facts, only: [rule])[0]
  }
}

extension CheckFacts.Side {
  /// Changes what is known of the server.
  mutating func changeServer(_ change: (inout CheckFacts.Server) -> Void) {
    guard case .known(var server) = server else { return }
    change(&server)
    self.server = .known(server)
  }

  mutating func changeTable(_ change: (inout CheckFacts.Table) -> Void) {
    guard case .known(var table) = table else { return }
    change(&table)
    self.table = .known(table)
  }

  mutating func removeTable() {
    table = .unknown(Obstacle("no such table", kind: .misconfigured, isAbsence: true))
  }
}
