public import HistoryStores
internal import StudentModuleHistory

extension Journal {
  /// The names of the journal's tables.
  public static let tableNames = ["csmh_migration", "csmh_range", "csmh_event"]

  /// The statements that create the journal's tables in the store's database.
  public func schema(in store: any ProvisionableStore) -> [String] {
    let (id, time, text, number, table): (String, String, String, String, String) =
      switch dialect {
      case .mySQL:
        (
          "bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY", "datetime(6)", "longtext", "bigint unsigned",
          " ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
        )
      case .sqlite: ("integer NOT NULL PRIMARY KEY AUTOINCREMENT", "text", "text", "integer", "")
      }
    let indexes =
      switch dialect {
      case .mySQL: ",\n  UNIQUE KEY csmh_range_lower (lower_id),\n  KEY csmh_range_state (state)"
      case .sqlite: ",\n  UNIQUE (lower_id)"
      }
    var statements = [
      """
      CREATE TABLE IF NOT EXISTS \(store.sqlName("csmh_migration")) (
        id integer NOT NULL PRIMARY KEY,
        identity varchar(36) NOT NULL,
        journal_version integer NOT NULL,
        csmh_version varchar(32) NOT NULL,
        created_at \(time) NOT NULL,
        updated_at \(time) NOT NULL,
        phase varchar(32) NOT NULL,
        original_table varchar(255) NOT NULL,
        extended_table varchar(255) NOT NULL,
        starting_id \(number) NOT NULL,
        upper_bound \(number) NULL,
        next_low \(number) NULL,
        next_high \(number) NULL,
        fence_id \(number) NULL,
        fence_next_id \(number) NULL,
        fenced_at \(time) NULL,
        rekey_shift \(number) NULL,
        rekey_lowest \(number) NULL,
        rekey_limit \(number) NULL
      )\(table)
      """,
      """
      CREATE TABLE IF NOT EXISTS \(store.sqlName("csmh_range")) (
        id \(id),
        lower_id \(number) NOT NULL,
        upper_id \(number) NOT NULL,
        state varchar(16) NOT NULL,
        row_count \(number) NULL,
        digest char(32) NULL,
        byte_count \(number) NULL,
        adopted_count \(number) NULL,
        holder varchar(128) NULL,
        lease_expires_at \(time) NULL,
        attempts integer NOT NULL DEFAULT 0,
        last_error \(text) NULL,
        copied_at \(time) NULL,
        copy_milliseconds \(number) NULL,
        verified_at \(time) NULL,
        drained_at \(time) NULL,
        drained_count \(number) NULL,
        drained_digest char(32) NULL,
        token varchar(40) NULL\(indexes)
      )\(table)
      """,
      """
      CREATE TABLE IF NOT EXISTS \(store.sqlName("csmh_event")) (
        id \(id),
        happened_at \(time) NOT NULL,
        kind varchar(32) NOT NULL,
        detail \(text) NOT NULL,
        token varchar(40) NULL
      )\(table)
      """,
    ]
    if dialect == .sqlite {
      statements.append("CREATE INDEX IF NOT EXISTS csmh_range_state ON csmh_range (state)")
    }
    return statements
  }

  /// A journal that an older csmh made, or one of which the bringing up to date was interrupted.
  public struct Old: Sendable, Hashable {
    public let version: Int

    /// The columns that are there: `csmh_range.token`
    public let columns: Set<String>

    public init(version: Int, columns: Set<String>) {
      self.version = version
      self.columns = columns
    }
  }

  /// What there is of an older journal.
  func old(version: Int, _ session: any HistorySession) async throws -> Old {
    var columns: Set<String> = []
    for table in Self.tableNames {
      let sql =
        switch dialect {
        case .mySQL:
          "SELECT COLUMN_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '\(table)'"
        case .sqlite: "SELECT name FROM pragma_table_info('\(table)')"
        }
      for row in try await session.rows(sql) { columns.insert("\(table).\(row[0].textValue ?? "")") }
    }
    return Old(version: version, columns: columns)
  }

  /// The statements that bring an older journal to this version: columns that it lacks, whichever of them an interrupted run has added
  /// already, and last of all the version.
  public func upgrade(in store: any ProvisionableStore, from old: Old) -> [String] {
    let (number, time) = dialect == .mySQL ? ("bigint unsigned", "datetime(6)") : ("integer", "text")
    let added: [(table: String, name: String, type: String)] = [
      ("csmh_migration", "fence_id", number), ("csmh_migration", "fence_next_id", number),
      ("csmh_migration", "fenced_at", time), ("csmh_migration", "rekey_shift", number),
      ("csmh_migration", "rekey_lowest", number), ("csmh_migration", "rekey_limit", number),
      ("csmh_range", "drained_at", time), ("csmh_range", "drained_count", number),
      ("csmh_range", "drained_digest", "char(32)"), ("csmh_range", "token", "varchar(40)"),
      ("csmh_event", "token", "varchar(40)"),
    ]
    return added.filter { !old.columns.contains("\($0.table).\($0.name)") }.map {
      "ALTER TABLE \(store.sqlName($0.table)) ADD COLUMN \($0.name) \($0.type) NULL"
    } + [
      "UPDATE \(store.sqlName("csmh_migration")) SET journal_version = \(Self.version), updated_at = \(dialect.now) WHERE id = 1"
    ]
  }

  /// The statement that writes the migration's row if there is none.
  public func migrationRow(
    in store: any ProvisionableStore, identity: String, originalTable: String, extendedTable: String, startingID: UInt64
  ) -> String {
    """
    INSERT INTO \(store.sqlName("csmh_migration")) (id, identity, journal_version, csmh_version, created_at, updated_at, phase, \
    original_table, extended_table, starting_id) SELECT 1, '\(identity)', \(Self.version), '\(csmhVersion)', \(dialect.now), \
    \(dialect.now), '\(Phase.provisioned.rawValue)', \(Self.literal(originalTable)), \(Self.literal(extendedTable)), \(startingID) \
    FROM (SELECT 1 AS one) AS seed WHERE NOT EXISTS (SELECT 1 FROM \(store.sqlName("csmh_migration")))
    """
  }

  /// The statement that writes down that the starting id was raised.
  public func raiseStartingID(in store: any ProvisionableStore, to startingID: UInt64) -> String {
    """
    UPDATE \(store.sqlName("csmh_migration")) SET starting_id = \(startingID), updated_at = \(dialect.now) \
    WHERE id = 1 AND starting_id < \(startingID)
    """
  }

  private static func literal(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
  }
}
