package import StudentModuleHistory

extension SimulatedSession {
  package func summary(isFresh: Bool) async throws -> TableSummary {
    let history = database.history
    let (ids, count): (IDRange?, UInt64) = try await send("summary", { "\($0.1) rows" }) {
      try await statement(on: history, .reading) { history.extent($0) }
    }
    // Another statement, as on the servers: rows may come in between.
    let nextID = try await send("next id", { "\($0)" }) {
      try await statement(on: history, .reading) { _ in history.nextID }
    }
    // Servers' estimates are off by up to a third.
    let estimate = count * UInt64(67 + world.dice.below(67)) / 100
    return TableSummary(
      name: history.name, generation: "id bigint, simulated", estimatedRowCount: estimate,
      estimatedByteCount: estimate * 200, ids: ids, nextID: nextID, largestPossibleID: database.largestID)
  }

  package func refuseChangedTable() async throws {
    try await send("columns") {
      guard database.alterationCount == alterationCount else {
        throw HistoryStoreError(.misconfigured, "the table \(database.history.name) was changed meanwhile")
      }
    }
  }

  package func withTableLocked<Value: Sendable>(
    _ lock: TableLock, lockWait: Int, _ body: () async throws -> Value
  ) async throws -> Value {
    let before = connection.lockWait
    try await send("set for lock") {
      connection.lockWait = .seconds(max(1, lockWait))
      connection.commitsEachStatement = false
    }
    do {
      try await send("lock table") { try await lockTable(lock, within: .seconds(max(1, lockWait))) }
      let value = try await body()
      try await unlock(before)
      return value
    } catch {
      // If this fails too, the connection is lost, and with it the lock.
      _ = try? await unlock(before)
      throw error
    }
  }

  private func lockTable(_ lock: TableLock, within limit: Duration) async throws {
    commitOpen()
    server.unlockTable(connection)
    let owner = server.begin(connection, isTableLock: true)
    let mode: LockMode = lock == .read ? .tableRead : .tableWrite
    do {
      try await server.tableLocks.take(.table(database.history.number), mode, owner, within: limit)
    } catch {
      owner.ended()
      server.tableLocks.release(owner)
      throw error
    }
    connection.lockedTable = (database.history, mode, owner)
  }

  private func unlock(_ lockWait: Duration) async throws {
    try await send("commit") { commitOpen() }
    try await send("unlock tables") { server.unlockTable(connection) }
    try await send("set after lock") {
      connection.lockWait = lockWait
      connection.commitsEachStatement = true
    }
  }

  package func truncate() async throws {
    try await send("truncate") { try await define { database.history.truncate() } }
  }

  package func raiseCounter(to nextID: UInt64) async throws {
    let present = try await send("next id", { "\($0)" }) {
      try await statement(on: database.history, .reading) { _ in database.history.nextID }
    }
    guard present < nextID else { return }
    try await send("raise counter") { try await define { database.history.setCounter(to: nextID) } }
  }

  package func reclaimDisk() async throws { try await send("reclaim disk") { try await define {} } }

  /// Changes the table itself: commits what is open, waits for every transaction that has touched the table, and is durable at once.
  private func define(_ body: () -> Void) async throws {
    try await define(database.history, within: connection.definitionWait, body)
  }

  /// The same for a table of the database.
  func define(_ table: any AnyTable, within limit: Duration, _ body: () -> Void) async throws {
    commitOpen()
    if connection.lockedTable == nil {
      let owner = server.begin(connection, isTableLock: true)
      defer {
        owner.ended()
        server.tableLocks.release(owner)
      }
      try await server.tableLocks.take(
        .table(table.number), .tableWrite, owner, within: limit)
    } else {
      guard connection.lockedTable?.table === table, connection.lockedTable?.mode == .tableWrite else {
        throw HistoryStoreError(.other, "Table '\(table.name)' was not locked for writing")
      }
    }
    body()
    server.log.clear()
  }

  /// Of a server that may forget its last commits, what is younger than that is not on its disk.
  package func logPosition() async throws -> LogPosition {
    try await send("log position", { "\($0)" }) {
      guard world.dice.plan.chances[.forgetfulOutage] ?? 0 > 0 else { return .flushedAtCommit }
      let (written, flushed) = (world.now / .microseconds(1), (world.now - CommitLog.reach) / .microseconds(1))
      return .upTo(written: UInt64(written), flushed: UInt64(max(0, flushed)))
    }
  }

  package func openTransactions() async throws -> [OpenTransaction] {
    try await send("open transactions", { "\($0.count)" }) {
      Array(server.openTransactions(without: connection).prefix(20))
    }
  }

  package func limitLockWait(to seconds: Int) async throws {
    try await send("limit lock wait") { connection.lockWait = .seconds(max(1, seconds)) }
  }
}
