extension SessionContract {
  /// Strict, so that what a column cannot hold exactly is an error; without backslash escapes, on which ``StatementText`` relies;
  /// id 0 is an id; and dates that a table already holds can be stored again, zero dates among them.
  /// https://mariadb.com/kb/en/sql-mode/
  package static let sqlMode =
    "STRICT_ALL_TABLES,NO_BACKSLASH_ESCAPES,NO_AUTO_VALUE_ON_ZERO,NO_ENGINE_SUBSTITUTION,ALLOW_INVALID_DATES"

  /// For how many seconds the server keeps a session that says nothing. Default of both servers: 28,800.
  package static let waitTimeout = 28_800

  /// The variable by which MariaDB ends idle transactions; MySQL has none.
  static let idleTransactions = "idle_transaction_timeout"

  /// What a session gets that holds locks for which others wait: the server ends it where it is silent in a transaction, where it does
  /// not take its rows, and where it stops in the middle of a statement.
  static func limits(_ times: LockTimes) -> [Setting] {
    [
      Setting("net_read_timeout", "\(times.silence)"), Setting("net_write_timeout", "\(times.silence)"),
      Setting(idleTransactions, "\(times.silence)"), Setting("innodb_lock_wait_timeout", "\(times.wait)"),
    ]
  }

  /// "No limit" for variables that count rows or bytes.
  private static let noLimit = "18446744073709551615"

  /// What every server has, and anybody may set.
  static let everywhere: [Setting] = [
    Setting("sql_mode", "'\(sqlMode)'"),
    // Times are compared and stored as UTC.
    Setting("time_zone", "'+00:00'"),
    // NOW() does not stand still, as `SET timestamp` in an init_connect would have it.
    Setting("timestamp", "DEFAULT", shown: []),
    Setting("autocommit", "1"),
    // Else COMMIT begins a new transaction, or ends the session.
    Setting("completion_type", "0", shown: ["no_chain", "0"]),
    // Else results are cut in silence.
    Setting("sql_select_limit", noLimit),
    // This one sets sql_big_selects, too: it comes before it.
    Setting("max_join_size", noLimit),
    Setting("sql_big_selects", "1"),
    Setting("sql_safe_updates", "0"),
    Setting("sql_auto_is_null", "0"),
    // Else results are written to a temporary table before the first row is sent.
    Setting("sql_buffer_result", "0"),
    // Warnings are errors to csmh: all are counted, and can be read. MySQL 9 lets only administrators say how many.
    Setting("sql_notes", "1"),
    Setting("max_error_count", "64", shown: ["64", "1024"], .wanted),
    // What a table's definition promises holds for csmh's rows.
    Setting("foreign_key_checks", "1"),
    Setting("unique_checks", "1"),
    // LOCK TABLES waits for the rows that open transactions hold, on which the fence relies.
    Setting("innodb_table_locks", "1"),
    Setting("div_precision_increment", "4"),
    Setting("group_concat_max_len", "1048576"),
    Setting("sql_quote_show_create", "1"),
    Setting("lc_messages", "'en_US'"),
    Setting("lc_time_names", "'en_US'"),
    Setting("wait_timeout", "\(waitTimeout)"),
    Setting("net_read_timeout", "30"),
    Setting("net_write_timeout", "60"),
    // Without it csmh's rows would not reach replicas. Anybody has it on unless an administrator's init_connect turns it off.
    Setting("sql_log_bin", "1", .expected),
  ]

  /// A setting of a family's, from one version on and below another.
  struct Versioned {
    let setting: Setting
    var since = 0
    var until = Int.max
  }

  static let mariaDB: [Versioned] = [
    Versioned(setting: Setting("tx_isolation", "'READ-COMMITTED'"), until: 110_101),
    Versioned(setting: Setting("tx_read_only", "0"), until: 110_101),
    Versioned(setting: Setting("transaction_isolation", "'READ-COMMITTED'"), since: 110_101),
    Versioned(setting: Setting("transaction_read_only", "0"), since: 110_101),
    Versioned(setting: Setting("old_mode", "''"), since: 50_503, until: 100_601),
    // The usual value: statements that people know mean what they mean elsewhere.
    Versioned(setting: Setting("old_mode", "'UTF8_IS_UTF8MB3'"), since: 100_601),
    // In seconds, for all statements.
    Versioned(setting: Setting("max_statement_time", "0"), since: 100_101),
    Versioned(setting: Setting("check_constraint_checks", "1"), since: 100_201),
    Versioned(setting: Setting("tmp_disk_table_size", noLimit), since: 100_207),
    Versioned(setting: Setting("idle_transaction_timeout", "0"), since: 100_300),
    Versioned(setting: Setting("idle_readonly_transaction_timeout", "0"), since: 100_300),
    Versioned(setting: Setting("idle_write_transaction_timeout", "0"), since: 100_300),
    // With less than some kilobytes the server refuses to sort.
    Versioned(setting: Setting("sort_buffer_size", "2097152")),
    // Else the rows of a table with system versioning are those of another day.
    Versioned(setting: Setting("system_versioning_asof", "DEFAULT", shown: ["default", ""]), since: 100_304),
    // Else raising the counter may copy the table.
    Versioned(setting: Setting("alter_algorithm", "'DEFAULT'"), since: 100_307, until: 110_500),
    Versioned(setting: Setting("sql_if_exists", "0"), since: 100_502),
    Versioned(setting: Setting("max_session_mem_used", "9223372036854775807", .expected), since: 100_121),
    Versioned(setting: Setting("skip_replication", "0", .expected)),
    Versioned(setting: Setting("pseudo_slave_mode", "0", .expected)),
    Versioned(setting: Setting("wsrep_dirty_reads", "0", .expected)),
    // Else the text of every INSERT would go into the binary log beside its rows, which doubles it.
    // https://mariadb.com/kb/en/replication-and-binary-log-system-variables/#binlog_annotate_row_events
    Versioned(setting: Setting("binlog_annotate_row_events", "0", .wanted)),
  ]

  static let mySQL: [Versioned] = [
    Versioned(setting: Setting("tx_isolation", "'READ-COMMITTED'"), until: 50_720),
    Versioned(setting: Setting("tx_read_only", "0"), since: 50_605, until: 50_720),
    Versioned(setting: Setting("transaction_isolation", "'READ-COMMITTED'"), since: 50_720),
    Versioned(setting: Setting("transaction_read_only", "0"), since: 50_720),
    // Else raising the counter copies the table.
    Versioned(setting: Setting("old_alter_table", "0")),
    // In milliseconds, for SELECT.
    Versioned(setting: Setting("max_execution_time", "0"), since: 50_708),
    // Else a long list of ids is read by a scan of the whole table, with a warning.
    Versioned(setting: Setting("range_optimizer_max_mem_size", "0"), since: 50_709),
    // Else sizes and counters of tables are up to a day old.
    // https://dev.mysql.com/doc/refman/8.4/en/server-system-variables.html#sysvar_information_schema_stats_expiry
    Versioned(setting: Setting("information_schema_stats_expiry", "0"), since: 80_000),
    Versioned(setting: Setting("use_secondary_engine", "0"), since: 80_013),
    Versioned(setting: Setting("resultset_metadata", "'FULL'", .expected), since: 80_003),
    Versioned(setting: Setting("require_row_format", "0", .expected), since: 80_019),
    Versioned(setting: Setting("pseudo_slave_mode", "0", .expected), since: 50_610),
    Versioned(setting: Setting("gtid_next", "'AUTOMATIC'", .expected), since: 50_605),
    Versioned(setting: Setting("binlog_rows_query_log_events", "0", .wanted), since: 50_602),
  ]
}
