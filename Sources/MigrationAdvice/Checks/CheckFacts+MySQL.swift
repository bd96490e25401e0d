internal import HistoryStores
internal import MariaDBClient
internal import MigrationBase
internal import MigrationProtocol
internal import StudentModuleHistory

extension CheckFacts.Side {
  /// Looks at a server and one of its databases.
  init(_ store: MySQLStore) async throws {
    let probe: ServerProbe
    self.init(
      side: store.side, location: store.location, database: store.database,
      server: .unknown(Obstacle("the server was not asked")), databaseExists: false,
      table: .unknown(Obstacle("the table was not looked at")))
    do throws(HistoryStoreError) {
      probe = try await store.openProbe()
    } catch {
      guard error.kind != .cancelled else { throw error }
      server = .unknown(Obstacle(error))
      table = .unknown(Obstacle(error))
      return
    }
    do {
      try await look(at: store, probe)
      await probe.close()
    } catch {
      await probe.close()
      throw error
    }
  }

  private mutating func look(at store: MySQLStore, _ probe: ServerProbe) async throws {
    let found = try await finding { try await CheckFacts.Server(probe) }
    server = found
    guard let server = found.value else {
      table = .unknown(found.obstacle ?? Obstacle("the server was not asked"))
      return
    }
    switch try await finding({ try await store.inventory() }) {
    case .known(let inventory):
      databaseExists = inventory.databaseExists
      otherTables = inventory.otherTables.filter { $0 != inventory.tableName }
      table = try await finding {
        try await CheckFacts.Table(store, tableName: inventory.tableName, probe, server)
      }
    case .unknown(let obstacle): table = .unknown(obstacle)
    }
    if store.side == .extended {
      djangoMigrations = try await finding { try await store.djangoMigrations(of: DjangoMigration.application) ?? [] }
    }
    privileges = try await finding { try await store.privilegeFindings() }
  }
}

extension CheckFacts.Server {
  /// The variables and status values that rules look at.
  private static let variableNames = [
    "max_allowed_packet", "sql_mode", "time_zone", "system_time_zone", "tx_isolation", "transaction_isolation",
    "log_bin", "innodb_flush_log_at_trx_commit", "sync_binlog",
    "binlog_format", "read_only", "super_read_only", "wsrep_on", "wsrep_max_ws_rows", "wsrep_max_ws_size",
  ]
  private static let statusNames = ["wsrep_cluster_size", "wsrep_cluster_status", "wsrep_local_state_comment"]

  init(_ probe: ServerProbe) async throws {
    func list(_ names: [String]) -> String { names.map { "'\($0)'" }.joined(separator: ", ") }
    var variables: [String: String] = [:]
    for row in try await probe.rows(
      "SHOW GLOBAL VARIABLES WHERE Variable_name IN (\(list(Self.variableNames)))")
      + probe.rows("SHOW GLOBAL STATUS WHERE Variable_name IN (\(list(Self.statusNames)))")
    {
      if let name = row[0].textValue { variables[name.lowercased()] = row[1].textValue ?? "" }
    }
    let isMariaDB = probe.server.family == .mariaDB
    let user = Account(currentUser: try await probe.rows("SELECT CURRENT_USER()")[0][0].textValue ?? "").sql
    let grants = GrantList(try await probe.rows("SHOW GRANTS").compactMap { $0[0].textValue })
    // SHOW PROCESSLIST leaves out others' connections in silence; the table of transactions refuses.
    let grant = "PROCESS ON *.* TO \(user)"
    var transactions = Finding<[CheckFacts.OpenTransaction]>.unknown(.hidden("others' transactions", grant: grant))
    var replicaCount = Finding<Int>.unknown(.hidden("the replicas that read the server's log", grant: grant))
    if grants.holds("PROCESS") || grants.hasRoles {
      let processes = try await probe.rows("SHOW PROCESSLIST")
      let found = try await finding { try await Self.transactions(probe, processes) }
      // A role need not hold it.
      if found.obstacle?.kind != .notPermitted { transactions = found }
      if found.value != nil {
        replicaCount = .known(processes.count { $0[4].textValue?.hasPrefix("Binlog Dump") ?? false })
      }
    }
    self.init(
      summary: probe.server.summary, isMariaDB: isMariaDB, user: user, variables: variables, grants: grants,
      transactions: transactions, replication: try await Self.replication(probe, user), replicaCount: replicaCount)
  }

  /// The transactions of other connections.
  ///
  /// `trx_started` is in the time zone of the server's machine, whatever the session's is.
  /// https://dev.mysql.com/doc/refman/8.4/en/information-schema-innodb-trx-table.html
  private static func transactions(
    _ probe: ServerProbe, _ processes: [[SQLValue]]
  ) async throws -> [CheckFacts.OpenTransaction] {
    let rows = try await probe.rows(
      "SELECT trx_mysql_thread_id, TIMESTAMPDIFF(SECOND, trx_started, CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', 'SYSTEM')),"
        + " trx_rows_modified, trx_rows_locked FROM information_schema.INNODB_TRX"
        + " WHERE trx_mysql_thread_id NOT IN (0, CONNECTION_ID()) ORDER BY trx_started")
    let processByID = Dictionary(
      processes.compactMap { row in row[0].unsignedValue.map { ($0, row) } }, uniquingKeysWith: { first, _ in first })
    return rows.compactMap { row in
      guard let thread = row[0].unsignedValue else { return nil }
      return CheckFacts.OpenTransaction(
        threadID: thread, seconds: max(0, row[1].realValue ?? 0), user: processByID[thread]?[1].textValue,
        database: processByID[thread]?[3].textValue,
        touchedRowCount: max(row[2].unsignedValue ?? 0, row[3].unsignedValue ?? 0))
    }
  }

  /// The columns have kept their places in every version; only their names changed.
  /// https://dev.mysql.com/doc/refman/8.4/en/show-replica-status.html https://mariadb.com/kb/en/show-replica-status/
  private static func replication(
    _ probe: ServerProbe, _ user: String
  ) async throws -> Finding<[CheckFacts.ReplicationSource]> {
    let server = probe.server
    let isMariaDB = server.family == .mariaDB
    let (query, first) =
      isMariaDB
      ? ("SHOW ALL SLAVES STATUS", 2) : (server.version >= 80_022 ? "SHOW REPLICA STATUS" : "SHOW SLAVE STATUS", 0)
    do throws(HistoryStoreError) {
      let rows = try await probe.rows(query)
      return .known(
        rows.filter { $0.count > first + 32 }.map { row in
          CheckFacts.ReplicationSource(
            host: row[first + 1].textValue ?? "?",
            isRunning: row[first + 10].textValue == "Yes" && row[first + 11].textValue == "Yes",
            lagSeconds: row[first + 32].unsignedValue)
        })
    } catch {
      guard error.kind == .notPermitted else { throw error }
      let privilege = isMariaDB && server.version >= 100_509 ? "REPLICA MONITOR" : "REPLICATION CLIENT"
      return .unknown(
        .hidden("whether the server is a replica", grant: "\(privilege) ON *.* TO \(user)"))
    }
  }
}

extension CheckFacts.Table {
  /// - Parameter tableName: nil if there is none; then the error says so.
  init(_ store: MySQLStore, tableName: String?, _ probe: ServerProbe, _ server: CheckFacts.Server) async throws {
    let generation = try await withSession(store) { try await $0.summary().generation }
    let name = tableName ?? store.side.tableNames[0]
    let values: [SQLValue] = [.text(store.database), .text(name)]
    let sqlName = store.sqlName(name)
    var columns: [String: CheckFacts.Column] = [:]
    for row in try await probe.rows(
      "SELECT COLUMN_NAME, COLUMN_TYPE, CHARACTER_SET_NAME, COLLATION_NAME, DATETIME_PRECISION"
        + " FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = ? AND TABLE_NAME = ?", values)
    {
      columns[row[0].textValue ?? ""] = CheckFacts.Column(
        type: row[1].textValue?.lowercased() ?? "", characterSet: row[2].textValue?.lowercased(),
        collation: row[3].textValue?.lowercased(), precision: Int(row[4].unsignedValue ?? 0))
    }
    let definition = try await probe.rows("SHOW CREATE TABLE \(sqlName)")[0][1].textValue ?? ""
    self.init(
      name: name, sqlName: sqlName, generation: generation, columns: columns,
      indexes: try await Self.indexes(sqlName, probe), foreignKeys: TableDefinition(definition).foreignKeys,
      triggers: try await Self.triggers(store, name, probe, server))
  }

  private static func indexes(_ sqlName: String, _ probe: ServerProbe) async throws -> [CheckFacts.Index] {
    var indexes: [CheckFacts.Index] = []
    // Ordered by name and place: Table, Non_unique, Key_name, Seq_in_index, Column_name, Collation, Cardinality, Sub_part.
    for row in try await probe.rows("SHOW INDEX FROM \(sqlName)") {
      let name = row[2].textValue ?? ""
      let column = (row[4].textValue ?? "") + (row[7].textValue.map { "(\($0))" } ?? "")
      if indexes.last?.name == name {
        indexes[indexes.count - 1].columns.append(column)
      } else {
        indexes.append(CheckFacts.Index(name: name, columns: [column], isUnique: row[1].textValue == "0"))
      }
    }
    return indexes
  }

  /// Triggers are shown only to who holds TRIGGER on the table.
  /// https://dev.mysql.com/doc/refman/8.4/en/information-schema-triggers-table.html
  private static func triggers(
    _ store: MySQLStore, _ name: String, _ probe: ServerProbe, _ server: CheckFacts.Server
  ) async throws -> Finding<[CheckFacts.Trigger]> {
    let rows = try await probe.rows(
      "SELECT TRIGGER_NAME, EVENT_MANIPULATION FROM information_schema.TRIGGERS"
        + " WHERE EVENT_OBJECT_SCHEMA = ? AND EVENT_OBJECT_TABLE = ? ORDER BY TRIGGER_NAME",
      [.text(store.database), .text(name)])
    guard !rows.isEmpty || server.grants.holds("TRIGGER", database: store.database, table: name) else {
      return .unknown(
        .hidden(
          "triggers on \(store.sqlName(name))", grant: "TRIGGER ON \(store.sqlName(name)) TO \(server.user)"))
    }
    return .known(
      rows.map { CheckFacts.Trigger(name: $0[0].textValue ?? "?", event: $0[1].textValue ?? "?") })
  }
}
