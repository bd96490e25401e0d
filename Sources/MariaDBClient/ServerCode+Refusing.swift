extension ServerCode {
  /// Numbers that speak of a row, a table or a statement that cannot be.
  static let refusing: [ServerCode] = [
    .init(1049, "ER_BAD_DB_ERROR", .unknownDatabase, "no such database"),

    .init(1051, "ER_BAD_TABLE_ERROR", .unknownTable, "no such table"),
    .init(1146, "ER_NO_SUCH_TABLE", .unknownTable, "no such table"),

    .init(1022, "ER_DUP_KEY", .duplicateKey, "a row with the same key stands already"),
    .init(1062, "ER_DUP_ENTRY", .duplicateKey, "a row with the same key stands already"),
    .init(1169, "ER_DUP_UNIQUE", .duplicateKey, "a row with the same key stands already"),
    .init(1586, "ER_DUP_ENTRY_WITH_KEY_NAME", .duplicateKey, "a row with the same key stands already"),

    .init(1048, "ER_BAD_NULL_ERROR", .valueRejected, "NULL for a column that takes none"),
    .init(1138, "ER_INVALID_USE_OF_NULL", .valueRejected, "NULL where none may be"),
    .init(1264, "ER_WARN_DATA_OUT_OF_RANGE", .valueRejected, "a number outside of the column's range"),
    .init(1265, "WARN_DATA_TRUNCATED", .valueRejected, "a value would be cut off"),
    .init(1292, "ER_TRUNCATED_WRONG_VALUE", .valueRejected, "a value of the wrong form"),
    .init(1364, "ER_NO_DEFAULT_FOR_FIELD", .valueRejected, "a column without a value"),
    .init(
      1366, "ER_TRUNCATED_WRONG_VALUE_FOR_FIELD", .valueRejected,
      "characters that the column cannot hold, or a value of the wrong form"),
    .init(1367, "ER_ILLEGAL_VALUE_FOR_TYPE", .valueRejected, "a value of the wrong form"),
    .init(1406, "ER_DATA_TOO_LONG", .valueRejected, "a text that is too long for the column"),
    .init(1411, "ER_WRONG_VALUE_FOR_TYPE", .valueRejected, "a value of the wrong form"),
    .init(1690, "ER_DATA_OUT_OF_RANGE", .valueRejected, "a number outside of its type's range"),
    .init(1713, "ER_UNDO_RECORD_TOO_BIG", .valueRejected, "a row too large for InnoDB's undo log"),
    .init(3140, "ER_INVALID_JSON_TEXT", .mySQL, .valueRejected, "a text that is no JSON"),
    .init(3150, "ER_JSON_VALUE_TOO_BIG", .mySQL, .valueRejected, "a JSON document that is too large"),
    .init(3907, "ER_FUNCTIONAL_INDEX_DATA_IS_TOO_LONG", .mySQL, .valueRejected, "a value too long for an index"),
    .init(3988, "ER_IMPOSSIBLE_STRING_CONVERSION", .mySQL, .valueRejected, "characters that the column cannot hold"),

    .init(1216, "ER_NO_REFERENCED_ROW", .constraint, "a foreign key finds no parent for the row"),
    .init(1369, "ER_VIEW_CHECK_FAILED", .constraint, "a view's condition refuses the row"),
    .init(1452, "ER_NO_REFERENCED_ROW_2", .constraint, "a foreign key finds no parent for the row"),
    .init(1526, "ER_NO_PARTITION_FOR_GIVEN_VALUE", .constraint, "no partition takes the row"),
    .init(1644, "ER_SIGNAL_EXCEPTION", .constraint, "a trigger refuses the row"),
    .init(1748, "ER_ROW_DOES_NOT_MATCH_GIVEN_PARTITION_SET", .constraint, "the partition does not take the row"),
    .init(3819, "ER_CHECK_CONSTRAINT_VIOLATED", .mySQL, .constraint, "a CHECK constraint refuses the row"),
    .init(4025, "ER_CONSTRAINT_FAILED", .mariaDB, .constraint, "a CHECK constraint refuses the row"),

    .init(1153, "ER_NET_PACKET_TOO_LARGE", .packetTooLarge, "a packet larger than max_allowed_packet"),
    .init(1301, "ER_WARN_ALLOWED_PACKET_OVERFLOWED", .packetTooLarge, "a result larger than max_allowed_packet"),
    .init(2020, "CR_NET_PACKET_TOO_LARGE", .client, .packetTooLarge, "a packet larger than max_allowed_packet"),

    .init(1197, "ER_TRANS_CACHE_FULL", .transactionTooLarge, "the transaction is larger than max_binlog_cache_size"),
    .init(
      1206, "ER_LOCK_TABLE_FULL", .transactionTooLarge, "the transaction needs more locks than the buffer pool can hold"
    ),
    .init(1705, "ER_STMT_CACHE_FULL", .transactionTooLarge, "the statement is larger than max_binlog_stmt_cache_size"),

    .init(1071, "ER_TOO_LONG_KEY", .rowFormat, "a key longer than the table's row format or page size allows"),
    .init(1118, "ER_TOO_BIG_ROWSIZE", .rowFormat, "a row longer than the table's row format or page size allows"),
    .init(1478, "ER_ILLEGAL_HA_CREATE_OPTION", .rowFormat, "a row format that the server cannot make"),
    .init(1709, "ER_INDEX_COLUMN_TOO_LONG", .rowFormat, "an indexed column longer than the table's row format allows"),

    .init(1005, "ER_CANT_CREATE_TABLE", .configuration, "the table cannot be made"),
    .init(1034, "ER_NOT_KEYFILE", .configuration, "the table's file is damaged"),
    .init(1104, "ER_TOO_BIG_SELECT", .configuration, "max_join_size does not let the SELECT run"),
    .init(1194, "ER_CRASHED_ON_USAGE", .configuration, "the table is damaged"),
    .init(1195, "ER_CRASHED_ON_REPAIR", .configuration, "the table is damaged"),
    .init(1286, "ER_UNKNOWN_STORAGE_ENGINE", .configuration, "a storage engine that the server does not have"),
    .init(1449, "ER_NO_SUCH_USER", .configuration, "the account that a view or trigger runs as does not exist"),
    .init(1467, "ER_AUTOINC_READ_FAILED", .configuration, "the table's next id cannot be told, or its ids are used up"),
    .init(
      1598, "ER_BINLOG_LOGGING_IMPOSSIBLE", .configuration, "the statement cannot be written to the binary log safely"),
    .init(
      1661, "ER_BINLOG_ROW_ENGINE_AND_STMT_ENGINE", .configuration, "the binary log cannot take tables of two engines"),
    .init(1662, "ER_BINLOG_ROW_MODE_AND_STMT_ENGINE", .configuration, "the binary log cannot take this table by rows"),
    .init(
      1665, "ER_BINLOG_STMT_MODE_AND_ROW_ENGINE", .configuration,
      "the binary log takes statements only, and row locks by id need one by rows"),
    .init(1785, "ER_GTID_UNSAFE_NON_TRANSACTIONAL_TABLE", .configuration, "the table's engine has no transactions"),
    .init(1812, "ER_TABLESPACE_MISSING", .configuration, "the table's file is missing"),
    .init(1814, "ER_TABLESPACE_DISCARDED", .configuration, "the table's file was discarded"),
    .init(1932, "ER_NO_SUCH_TABLE_IN_ENGINE", .mariaDB, .configuration, "the storage engine does not have the table"),
    .init(
      3098, "ER_BEFORE_DML_VALIDATION_ERROR", .mySQL, .configuration, "the group of servers does not take this table"),
    .init(3750, "ER_TABLE_WITHOUT_PK", .mySQL, .configuration, "the server asks for a primary key"),

    .init(1054, "ER_BAD_FIELD_ERROR", .statement, "a column that the table does not have"),
    .init(1060, "ER_DUP_FIELDNAME", .statement, "a column that the table has already"),
    .init(1061, "ER_DUP_KEYNAME", .statement, "an index that the table has already"),
    .init(1064, "ER_PARSE_ERROR", .statement, "not SQL as the server knows it"),
    .init(1072, "ER_KEY_COLUMN_DOES_NOT_EXITS", .statement, "an index of a column that does not exist"),
    .init(1091, "ER_CANT_DROP_FIELD_OR_KEY", .statement, "a column or index that does not exist"),
    .init(1109, "ER_UNKNOWN_TABLE", .statement, "a table that the statement does not name"),
    .init(1110, "ER_FIELD_SPECIFIED_TWICE", .statement, "a column that is named twice"),
    .init(1136, "ER_WRONG_VALUE_COUNT_ON_ROW", .statement, "more or fewer values than columns"),
    .init(1176, "ER_KEY_DOES_NOT_EXITS", .statement, "an index that does not exist"),
    .init(1193, "ER_UNKNOWN_SYSTEM_VARIABLE", .statement, "a variable that the server does not have"),
    .init(1231, "ER_WRONG_VALUE_FOR_VAR", .statement, "a value that the variable cannot have"),
    .init(1235, "ER_NOT_SUPPORTED_YET", .statement, "a statement that the server does not support"),
    .init(1238, "ER_INCORRECT_GLOBAL_LOCAL_VAR", .statement, "a variable that cannot be set like this"),
    .init(1305, "ER_SP_DOES_NOT_EXIST", .statement, "a function that does not exist"),
    .init(2014, "CR_COMMANDS_OUT_OF_SYNC", .client, .statement, "statements in the wrong order"),
  ]
}
