extension ServerCode {
  /// Numbers that speak of the server's state at that moment.
  static let failing: [ServerCode] = [
    .init(1020, "ER_CHECKREAD", .transient, "the row was changed since it was read"),
    .init(1028, "ER_FILSORT_ABORT", .mariaDB, .transient, "a sort was given up"),
    .init(1030, "ER_GET_ERRNO", .transient, "the storage engine reports an error of its own"),
    .init(1047, "ER_UNKNOWN_COM_ERROR", .transient, "the node is not ready, or not in the primary component"),
    .init(1180, "ER_ERROR_DURING_COMMIT", .transient, "COMMIT failed, or its outcome is not known"),
    .init(1181, "ER_ERROR_DURING_ROLLBACK", .transient, "ROLLBACK failed"),
    .init(1192, "ER_LOCK_OR_ACTIVE_TRANSACTION", .transient, "another statement holds locks"),
    .init(1205, "ER_LOCK_WAIT_TIMEOUT", .transient, "a lock was waited for too long"),
    .init(1213, "ER_LOCK_DEADLOCK", .transient, "a deadlock"),
    .init(1223, "ER_CANT_UPDATE_WITH_READLOCK", .transient, "a global read lock is held"),
    .init(
      1412, "ER_TABLE_DEF_CHANGED", .transient, "the table's definition was changed while the transaction was open"),
    .init(1614, "ER_XA_RBDEADLOCK", .transient, "a deadlock"),
    .init(1615, "ER_NEED_REPREPARE", .transient, "the table's definition was changed meanwhile"),
    .init(1637, "ER_TOO_MANY_CONCURRENT_TRXS", .transient, "too many transactions at the same time"),
    .init(1689, "ER_LOCK_ABORTED", .transient, "a wait for a lock was broken off"),
    .init(3058, "ER_USER_LOCK_DEADLOCK", .transient, "a deadlock of named locks"),
    .init(3100, "ER_RUN_HOOK_ERROR", .mySQL, .transient, "a group of servers did not take the transaction"),
    .init(
      3101, "ER_TRANSACTION_ROLLBACK_DURING_COMMIT", .mySQL, .transient,
      "a group of servers rolled the transaction back"),
    .init(3572, "ER_LOCK_NOWAIT", .mySQL, .transient, "a lock was not free"),

    .init(1969, "ER_STATEMENT_TIMEOUT", .mariaDB, .timeLimit, "the statement took longer than max_statement_time"),
    .init(3024, "ER_QUERY_TIMEOUT", .mySQL, .timeLimit, "the statement took longer than max_execution_time"),

    .init(1037, "ER_OUTOFMEMORY", .exhausted, "the server is out of memory"),
    .init(1038, "ER_OUT_OF_SORTMEMORY", .exhausted, "the server is out of memory for sorting"),
    .init(1041, "ER_OUT_OF_RESOURCES", .exhausted, "the server's machine is out of memory"),
    .init(1135, "ER_CANT_CREATE_THREAD", .exhausted, "the server cannot start a thread"),
    .init(2008, "CR_OUT_OF_MEMORY", .client, .exhausted, "the client is out of memory"),

    .init(1036, "ER_OPEN_AS_READONLY", .readOnly, "the table takes no writes"),
    .init(1207, "ER_READ_ONLY_TRANSACTION", .readOnly, "the transaction takes no writes"),
    .init(
      1290, "ER_OPTION_PREVENTS_STATEMENT", .readOnly,
      "an option of the server forbids the statement, as --read-only does"),
    .init(1792, "ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION", .readOnly, "the transaction takes no writes"),
    .init(1836, "ER_READ_ONLY_MODE", .readOnly, "the server takes no writes"),
    .init(1874, "ER_INNODB_READ_ONLY", .readOnly, "InnoDB takes no writes"),
    .init(
      1881, "ER_INNODB_FORCED_RECOVERY", .mySQL, .readOnly, "InnoDB was started to be recovered, and takes no writes"),
    .init(3989, "ER_SCHEMA_READ_ONLY", .mySQL, .readOnly, "the database takes no writes"),

    .init(1021, "ER_DISK_FULL", .mariaDB, .diskFull, "the server's disk is full"),
    .init(1026, "ER_ERROR_ON_WRITE", .diskFull, "the server could not write a file"),
    .init(1114, "ER_RECORD_FILE_FULL", .diskFull, "a table or its table space is full"),
    .init(1534, "ER_BINLOG_ROW_LOGGING_FAILED", .diskFull, "a row could not be written to the binary log"),
    .init(1878, "ER_TEMP_FILE_WRITE_FAILURE", .diskFull, "a temporary file could not be written"),
    .init(3675, "ER_DISK_FULL_NOWAIT", .mySQL, .diskFull, "the server's disk is full"),

    .init(1317, "ER_QUERY_INTERRUPTED", .cancelled, "the statement was killed"),
  ]
}
