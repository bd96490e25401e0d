internal import MariaDBClient
package import StudentModuleHistory

extension MySQLSession {
  package func withTableLocked<Value: Sendable>(
    _ lock: TableLock, lockWait: Int, _ body: () async throws -> Value
  ) async throws -> Value {
    let cluster = try await rows("SHOW GLOBAL STATUS LIKE 'wsrep_cluster_size'").first?[1].unsignedValue ?? 0
    guard cluster <= 1 else {
      throw HistoryStoreError(
        .misconfigured, side: side,
        "\(store.location) is a node of a Galera cluster of \(cluster): LOCK TABLES holds on one node alone, so it proves nothing",
        remedy: Remedy(.oneNodeForFence))
    }
    guard try await rows("SELECT @@GLOBAL.read_only")[0][0].unsignedValue == 0 else {
      throw HistoryStoreError(
        .misconfigured, side: side,
        "\(store.location) is read-only: on a replica the lock proves nothing about the primary",
        remedy: Remedy(.namePrimaryForFence))
    }
    // If this program's machine is lost, the lock must not outlive it for long.
    // Whoever reads is kept out for as long as the comparison under the lock takes, and that one has two servers to ask.
    let silence = lock == .read ? store.lockLimit?.silenceSeconds ?? 60 : 60
    let idle = connection.server.endsIdleTransactions ? ", idle_transaction_timeout = \(silence)" : ""
    try await execute(
      "SET SESSION wait_timeout = \(silence)\(idle), innodb_lock_wait_timeout = \(max(1, lockWait)), autocommit = 0")
    // Waits for the metadata locks that every transaction holds on the tables that it has touched, until it ends; and without
    // autocommit for InnoDB's own locks too.
    // https://dev.mysql.com/doc/refman/8.4/en/metadata-locking.html
    try await execute("SET SESSION lock_wait_timeout = \(max(1, lockWait))")
    do {
      try await execute("LOCK TABLES \(table.sqlName) \(lock == .read ? "READ" : "WRITE")")
      let value = try await body()
      try await unlockTables()
      return value
    } catch {
      // If this fails too, the connection is lost, and with it the lock.
      _ = try? await unlockTables()
      throw error
    }
  }

  package func truncate() async throws { try await execute("TRUNCATE TABLE \(table.sqlName)") }

  package func raiseCounter(to nextID: UInt64) async throws {
    guard try await self.nextID() < nextID else { return }
    try await execute("ALTER TABLE \(table.sqlName) AUTO_INCREMENT = \(nextID)")
  }

  package func reclaimDisk() async throws { try await execute("ALTER TABLE \(table.sqlName) ENGINE = InnoDB") }

  private func unlockTables() async throws {
    try await execute("COMMIT")
    try await execute("UNLOCK TABLES")
    let limit = store.lockLimit
    let idle =
      connection.server.endsIdleTransactions ? ", idle_transaction_timeout = \(limit?.silenceSeconds ?? 0)" : ""
    try await execute(
      "SET SESSION lock_wait_timeout = DEFAULT,"
        + " innodb_lock_wait_timeout = \(limit.map { String($0.waitSeconds) } ?? "DEFAULT"),"
        + " wait_timeout = \(SessionContract.waitTimeout)\(idle), autocommit = 1"
    )
  }

  package func openTransactions() async throws -> [OpenTransaction] {
    do throws(MariaDBError) {
      let query = StatementText(
        "SELECT p.ID, p.USER, p.HOST, TIMESTAMPDIFF(SECOND, t.trx_started, NOW()) FROM information_schema.INNODB_TRX t"
          + " JOIN information_schema.PROCESSLIST p ON p.ID = t.trx_mysql_thread_id"
          + " WHERE p.ID <> CONNECTION_ID() ORDER BY t.trx_started LIMIT 20")
      return try await connection.query(query).map {
        OpenTransaction(
          connectionID: $0[0].flatMap { UInt64($0) } ?? 0, user: $0[1] ?? "?", host: $0[2] ?? "?",
          seconds: $0[3].flatMap { UInt64($0) } ?? 0)
      }
    } catch {
      guard error.kind == .privilege else { throw store.plainlyTold(error) }
      // Without the privilege PROCESS others' transactions are not shown.
      return []
    }
  }
}
