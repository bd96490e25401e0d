internal import MariaDBClient
public import StudentModuleHistory

extension MySQLSession {
  public func fence(lockWait: Int) async throws -> TableSummary {
    let cluster = try await rows("SHOW GLOBAL STATUS LIKE 'wsrep_cluster_size'").first?[1].unsignedValue ?? 0
    guard cluster <= 1 else {
      throw HistoryStoreError(
        .misconfigured, side: side,
        "\(store.location) is a node of a Galera cluster of \(cluster): LOCK TABLES holds on one node alone, so it proves nothing",
        remedy: "send all writes to one node, take the others out of the cluster, or stop the LMS for the switch")
    }
    // Waits for the metadata locks that every transaction holds on the tables that it has touched, until it ends.
    // https://dev.mysql.com/doc/refman/8.4/en/metadata-locking.html
    try await execute("SET SESSION lock_wait_timeout = \(max(1, lockWait))")
    do {
      try await execute("LOCK TABLES \(table.sqlName) READ")
      let summary = try await summary()
      try await execute("UNLOCK TABLES")
      try await execute("SET SESSION lock_wait_timeout = DEFAULT")
      return summary
    } catch {
      // If this fails too, the connection is lost, and with it the lock.
      _ = try? await execute("UNLOCK TABLES")
      _ = try? await execute("SET SESSION lock_wait_timeout = DEFAULT")
      throw error
    }
  }

  public func openTransactions() async throws -> [OpenTransaction] {
    do {
      return try await rows(
        "SELECT p.ID, p.USER, p.HOST, TIMESTAMPDIFF(SECOND, t.trx_started, NOW()) FROM information_schema.INNODB_TRX t"
          + " JOIN information_schema.PROCESSLIST p ON p.ID = t.trx_mysql_thread_id"
          + " WHERE p.ID <> CONNECTION_ID() ORDER BY t.trx_started LIMIT 20"
      ).map {
        OpenTransaction(
          connectionID: $0[0].unsignedValue ?? 0, user: $0[1].textValue ?? "?", host: $0[2].textValue ?? "?",
          seconds: $0[3].unsignedValue ?? 0)
      }
    } catch let error as HistoryStoreError where error.kind == .notPermitted {
      // Without the privilege PROCESS others' transactions are not shown.
      return []
    }
  }
}
