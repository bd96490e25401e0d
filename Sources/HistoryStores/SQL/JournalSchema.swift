internal import StudentModuleHistory

/// The journal's tables as SQL: made, brought up to date, and begun.
extension ProvisionableStore {
  /// The statements that create the journal's tables in the store's database.
  public var journalSchemaSQL: [String] {
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
      CREATE TABLE IF NOT EXISTS \(sqlName("csmh_migration")) (
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
      CREATE TABLE IF NOT EXISTS \(sqlName("csmh_range")) (
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
      CREATE TABLE IF NOT EXISTS \(sqlName("csmh_event")) (
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

  /// The statements that bring an older journal to a version: columns that it lacks, whichever of them an interrupted run has added
  /// already, and last of all the version.
  ///
  /// - Parameter columns: those that are there: `csmh_range.token`
  public func journalUpgradeSQL(to version: Int, with columns: Set<String>) -> [String] {
    let (number, time) = dialect == .mySQL ? ("bigint unsigned", "datetime(6)") : ("integer", "text")
    let added: [(table: String, name: String, type: String)] = [
      ("csmh_migration", "fence_id", number), ("csmh_migration", "fence_next_id", number),
      ("csmh_migration", "fenced_at", time), ("csmh_migration", "rekey_shift", number),
      ("csmh_migration", "rekey_lowest", number), ("csmh_migration", "rekey_limit", number),
      ("csmh_range", "drained_at", time), ("csmh_range", "drained_count", number),
      ("csmh_range", "drained_digest", "char(32)"), ("csmh_range", "token", "varchar(40)"),
      ("csmh_event", "token", "varchar(40)"),
    ]
    return added.filter { !columns.contains("\($0.table).\($0.name)") }.map {
      "ALTER TABLE \(sqlName($0.table)) ADD COLUMN \($0.name) \($0.type) NULL"
    } + [
      "UPDATE \(sqlName("csmh_migration")) SET journal_version = \(version), updated_at = \(dialect.now) WHERE id = 1"
    ]
  }

  /// The statement that writes the migration's row if there is none.
  public func migrationRowSQL(
    identity: String, version: Int, by csmhVersion: String, phase: String, originalTable: String, extendedTable: String,
    startingID: UInt64
  ) -> String {
    """
    INSERT INTO \(sqlName("csmh_migration")) (id, identity, journal_version, csmh_version, created_at, updated_at, phase, \
    original_table, extended_table, starting_id) SELECT 1, '\(identity)', \(version), '\(csmhVersion)', \(dialect.now), \
    \(dialect.now), '\(phase)', \(Self.literal(originalTable)), \(Self.literal(extendedTable)), \(startingID) \
    FROM (SELECT 1 AS one) AS seed WHERE NOT EXISTS (SELECT 1 FROM \(sqlName("csmh_migration")))
    """
  }

  /// The statement that writes down that the starting id was raised.
  public func raiseStartingIDSQL(to startingID: UInt64) -> String {
    """
    UPDATE \(sqlName("csmh_migration")) SET starting_id = \(startingID), updated_at = \(dialect.now) \
    WHERE id = 1 AND starting_id < \(startingID)
    """
  }

  /// The statements that let a new journal begin at an id, in the form that the journal's `extend` goes on from.
  public func firstIDSQL(_ id: UInt64) -> [String] {
    guard id > 0 else { return [] }
    return ["UPDATE \(sqlName("csmh_migration")) SET upper_bound = \(id - 1) WHERE id = 1 AND upper_bound IS NULL"]
  }

  /// The statements that empty a journal.
  public var journalResetSQL: [String] {
    // The migration's row first: without it nothing counts as begun.
    ["csmh_migration", "csmh_range"].map { "DELETE FROM \(sqlName($0))" }
  }

  private static func literal(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
  }
}
