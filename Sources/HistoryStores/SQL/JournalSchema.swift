internal import StudentModuleHistory

/// The journal's tables as SQL: made, brought up to date, and begun.
extension ProvisionableStore {
  /// The words for an id, a time, a text and a number, and what follows the columns.
  private var words: (id: String, time: String, text: String, number: String, table: String) {
    switch dialect {
    case .mySQL:
      (
        "bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY", "datetime(6)", "longtext", "bigint unsigned",
        " ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
      )
    case .sqlite: ("integer NOT NULL PRIMARY KEY AUTOINCREMENT", "text", "text", "integer", "")
    }
  }

  /// The statement that creates the record of what is drained in the store's database.
  private var recordSchemaSQL: String {
    let (id, time, _, number, table) = words
    return """
      CREATE TABLE IF NOT EXISTS \(sqlName(JournalTable.record.rawValue)) (
        id \(id),
        identity varchar(36) NOT NULL,
        record_number \(number) NOT NULL,
        lower_id \(number) NULL,
        upper_id \(number) NULL,
        state varchar(16) NOT NULL,
        row_count \(number) NULL,
        digest char(32) NULL,
        starting_id \(number) NULL,
        updated_at \(time) NOT NULL,
        \(dialect == .mySQL ? "UNIQUE KEY csmh_record_lower (lower_id)" : "UNIQUE (lower_id)")
      )\(table)
      """
  }

  /// The statements that create the journal's tables in the store's database.
  private var journalSchemaSQL: [String] {
    let (id, time, text, number, table) = words
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
        rekey_limit \(number) NULL,
        record_number \(number) NULL
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
        token varchar(40) NULL,
        record_number \(number) NULL\(indexes)
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

  /// The statements of a change of the journal; nil for one of another table.
  func journalSQL(of change: SchemaChange) -> [String]? {
    let migration = sqlName(JournalTable.migration.rawValue)
    switch change {
    case .createJournal: return journalSchemaSQL
    case .emptyJournal(let identity):
      // The migration's row first: without it nothing counts as begun, and the ranges are nobody's.
      return (identity.map { ["DELETE FROM \(migration) WHERE identity = \(Self.literal($0))"] } ?? []) + [
        "DELETE FROM \(sqlName(JournalTable.range.rawValue)) WHERE NOT EXISTS (SELECT 1 FROM \(migration))"
      ]
    case .beginJournal(let beginning): return [migrationRowSQL(beginning)]
    case .addJournalColumn(let table, let column):
      return ["ALTER TABLE \(sqlName(table.rawValue)) ADD COLUMN \(column.rawValue) \(columnType(column)) NULL"]
    case .setJournalVersion(let version):
      return [
        "UPDATE \(migration) SET journal_version = \(version), updated_at = \(dialect.now) WHERE id = 1 AND journal_version < \(version)"
      ]
    case .raiseStartingID(let id):
      return [
        """
        UPDATE \(migration) SET starting_id = \(id), updated_at = \(dialect.now) \
        WHERE id = 1 AND starting_id < \(id)
        """
      ]
    case .createRecord: return [recordSchemaSQL]
    case .createDatabase, .createTable, .raiseCounter, .widenIDs: return nil
    }
  }

  /// The type of a column that was added to the journal later.
  private func columnType(_ column: JournalColumn) -> String {
    switch column {
    case .fencedAt, .drainedAt: dialect == .mySQL ? "datetime(6)" : "text"
    case .drainedDigest: "char(32)"
    case .token: "varchar(40)"
    default: dialect == .mySQL ? "bigint unsigned" : "integer"
    }
  }

  /// The statement that writes the migration's row if there is none; with an id to begin at in the form that the journal's `extend` goes on
  /// from, and in the same statement: a journal without it would begin at the smallest id.
  private func migrationRowSQL(_ beginning: JournalBeginning) -> String {
    let (column, value) =
      beginning.firstID > 0 ? (", upper_bound", ", \(beginning.firstID - 1)") : ("", "")
    return """
      INSERT INTO \(sqlName("csmh_migration")) (id, identity, journal_version, csmh_version, created_at, updated_at, phase, \
      original_table, extended_table, starting_id\(column)) SELECT 1, '\(beginning.identity)', \(beginning.version), \
      '\(beginning.csmhVersion)', \(dialect.now), \(dialect.now), '\(beginning.phase)', \
      \(Self.literal(beginning.originalTable)), \(Self.literal(beginning.extendedTable)), \(beginning.startingID)\(value) \
      FROM (SELECT 1 AS one) AS seed WHERE NOT EXISTS (SELECT 1 FROM \(sqlName("csmh_migration")))
      """
  }

  private static func literal(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
  }
}
