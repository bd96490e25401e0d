internal import MariaDBClient
internal import StudentModuleHistory

extension HistoryStoreError {
  /// What an operator can do about a server's refusal, if the number says it: SQL where SQL does it, for an administrator to run.
  static func remedy(_ error: MariaDBError) -> Remedy? {
    switch error.kind {
    case .accountLocked: alterUser(error, .alterUser, "ACCOUNT UNLOCK")
    case .passwordExpired: alterUser(error, .alterUserWithPassword, "IDENTIFIED BY ''...''")
    case .tlsDemanded: Remedy(.encryptConnection)
    case .limit: limit(error)
    case .authentication where error.code == 1129: Remedy(.flushHosts)
    case .authentication where error.code == 1130: Remedy(.makeAccountForHost)
    case .readOnly: Remedy(.connectToPrimary)
    case .exhausted: Remedy(.giveMemory)
    case .transactionTooLarge: tooLarge(error.code)
    case .rowFormat: Remedy(error.code == 1709 ? .takeDynamicRows : .makeTableByHand)
    case .configuration: configuration(error.code)
    case .constraint: Remedy(.seeConstraints)
    case .unknown: report(.reportUnknownError, error)
    case .statement, .other: report(.reportServerDefect, error)
    default: nil
    }
  }

  private static func limit(_ error: MariaDBError) -> Remedy {
    switch error.code {
    case 1203: Remedy(.raiseUserConnections)
    case 1226:
      alterUser(
        error, .alterUser,
        "WITH MAX_QUERIES_PER_HOUR 0 MAX_UPDATES_PER_HOUR 0 MAX_CONNECTIONS_PER_HOUR 0 MAX_USER_CONNECTIONS 0")
    default: Remedy(.waitForConnections)
    }
  }

  private static func tooLarge(_ code: UInt32) -> Remedy {
    switch code {
    case 1197: Remedy(.raiseBinlogCache)
    case 1705: Remedy(.raiseBinlogStatementCache)
    default: Remedy(.raiseBufferPool)
    }
  }

  private static func configuration(_ code: UInt32) -> Remedy? {
    switch code {
    case 1598, 1661, 1662, 1665: Remedy(.logRows)
    case 3750: Remedy(.allowTablesWithoutKey)
    default: nil
    }
  }

  private static func report(_ name: Remedy.Name, _ error: MariaDBError) -> Remedy {
    Remedy(
      name, error.peer?.versionText ?? "the server's version",
      error.statement.map { "the statement: \($0)" } ?? "that it came while connecting")
  }

  /// A statement that changes an account. Only the server knows from which hosts it may log in: it prints them.
  private static func alterUser(_ error: MariaDBError, _ name: Remedy.Name, _ clause: String) -> Remedy {
    // Not QUOTE: its backslashes are none to a session with NO_BACKSLASH_ESCAPES.
    Remedy(name, clause, (error.peer?.user ?? "").replacing("'", with: "''"))
  }
}
