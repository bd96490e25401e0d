internal import MariaDBClient
internal import StudentModuleHistory

/// How a session keeps to its store's ``MySQLStore/lockLimit``, beside what the connection sets once (``LockTimes``).
extension MySQLSession {
  /// For how long the server is to keep the session while a transaction is open; nil where it ends idle transactions by itself.
  var silenceSeconds: Int? {
    guard let limit = store.lockLimit, !connection.server.endsIdleTransactions else { return nil }
    return limit.silenceSeconds
  }

  /// Lets the session rest again for as long as any, after its transaction has ended.
  func restAgain() async {
    guard silenceSeconds != nil else { return }
    do throws(MariaDBError) {
      try await connection.execute(StatementText("SET SESSION wait_timeout = \(SessionContract.waitTimeout)"))
    } catch {
      // The transaction has ended all the same; whoever uses the session next opens it anew.
      await connection.close()
    }
  }

  /// A SELECT that locks rows, which the server ends after some seconds: it may wait for one lock after the other, and holds those that it
  /// has. nil for no limit.
  ///
  /// https://mariadb.com/kb/en/aborting-statements/, https://dev.mysql.com/doc/refman/8.4/en/optimizer-hints.html
  func limited(_ select: String, toSeconds seconds: Int?) -> String {
    guard let seconds else { return select }
    switch connection.server.family {
    case .mariaDB where connection.server.version >= 100_102:
      return "SET STATEMENT max_statement_time = \(seconds) FOR \(select)"
    case .mySQL where connection.server.version >= 50_708 && select.hasPrefix("SELECT "):
      return "SELECT /*+ MAX_EXECUTION_TIME(\(seconds * 1_000)) */ \(select.dropFirst("SELECT ".count))"
    case .mariaDB, .mySQL: return select
    }
  }
}
