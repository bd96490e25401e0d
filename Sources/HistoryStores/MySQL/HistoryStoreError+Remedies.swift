internal import MariaDBClient
internal import StudentModuleHistory

extension HistoryStoreError {
  /// What an operator can do about a server's refusal, if the number says it: SQL where SQL does it, for an administrator to run.
  static func remedy(_ error: MariaDBError) -> String? {
    let isMariaDB = error.peer?.versionText?.contains("MariaDB") ?? false
    return switch error.kind {
    case .accountLocked: alterUser(error, "ACCOUNT UNLOCK")
    case .passwordExpired: alterUser(error, "IDENTIFIED BY ''...''") + " with a password in place of the dots"
    case .tlsDemanded:
      "encrypt the connection: ssl-mode=required in the URL, or ssl_mode: REQUIRED among the OPTIONS of the LMS configuration"
    case .limit: limit(error)
    case .authentication where error.code == 1129:
      "FLUSH HOSTS; on that server, or from MySQL 8.3 on TRUNCATE TABLE performance_schema.host_cache;"
    case .authentication where error.code == 1130: "make an account that may log in from this host (docs/migrating.md)"
    case .readOnly where error.code == 1792:
      "SET GLOBAL \(isMariaDB ? "tx_read_only" : "transaction_read_only") = OFF; if this is the primary"
    case .readOnly: "connect to the primary; if this is the primary: SET GLOBAL read_only = OFF;"
    case .timeLimit: "SET GLOBAL \(isMariaDB ? "max_statement_time" : "max_execution_time") = 0;"
    case .exhausted: "give the server more memory, or stop what else uses it"
    case .transactionTooLarge: tooLarge(error.code)
    case .rowFormat: rowFormat(error.code)
    case .configuration: configuration(error.code)
    case .constraint: "look at the table's constraints, foreign keys and triggers: SHOW CREATE TABLE, SHOW TRIGGERS"
    case .unknown: report("csmh does not know this error", error)
    case .statement, .other: report("this is a defect of csmh", error)
    default: nil
    }
  }

  private static func limit(_ error: MariaDBError) -> String {
    switch error.code {
    case 1203: "SET GLOBAL max_user_connections = 0;"
    case 1226:
      alterUser(
        error, "WITH MAX_QUERIES_PER_HOUR 0 MAX_UPDATES_PER_HOUR 0 MAX_CONNECTIONS_PER_HOUR 0 MAX_USER_CONNECTIONS 0")
    default: "wait until others have closed their connections, or raise max_connections on that server"
    }
  }

  private static func tooLarge(_ code: UInt32) -> String {
    switch code {
    case 1197: "SET GLOBAL max_binlog_cache_size = DEFAULT;"
    case 1705: "SET GLOBAL max_binlog_stmt_cache_size = DEFAULT;"
    default: "raise innodb_buffer_pool_size on that server: the locks of a transaction are kept in it"
    }
  }

  private static func rowFormat(_ code: UInt32) -> String {
    code == 1709
      ? "SET GLOBAL innodb_default_row_format = DYNAMIC;"
      : "make the table by hand with shorter indexes (csmh provision --print-sql prints it), or take a server with pages of 16 kB"
        + " (innodb_page_size)"
  }

  private static func configuration(_ code: UInt32) -> String? {
    switch code {
    case 1104: "SET GLOBAL max_join_size = DEFAULT;"
    case 1598, 1661, 1662, 1665: "SET GLOBAL binlog_format = 'ROW';"
    case 3750: "SET GLOBAL sql_require_primary_key = OFF;"
    default: nil
    }
  }

  private static func report(_ what: String, _ error: MariaDBError) -> String {
    let server = error.peer?.versionText ?? "the server's version"
    let statement = error.statement.map { "the statement: \($0)" } ?? "that it came while connecting"
    return "\(what): please report the message with csmh --version, \(server), and \(statement)"
  }

  /// Statements that change an account. Only the server knows from which hosts it may log in: it prints them.
  private static func alterUser(_ error: MariaDBError, _ clause: String) -> String {
    guard let user = error.peer?.user else { return "as an administrator: ALTER USER, with \(clause)" }
    let name = user.replacing("'", with: "''")
    // Not QUOTE: its backslashes are none to a session with NO_BACKSLASH_ESCAPES.
    return
      "as an administrator, run what this prints: SELECT CONCAT('ALTER USER ''', REPLACE(user, '''', ''''''), '''@''', host,"
      + " ''' \(clause);') FROM mysql.user WHERE user = '\(name)';"
  }
}
