package import StudentModuleHistory

/// A connection of a process to a database of a simulated server.
///
/// Each verb is one statement, or a few where the servers need a few. A statement takes some time on its way, may be lost with its
/// connection before or after it took effect, waits for the locks of others, and leaves a line in the trace.
package final class SimulatedSession: HistorySession, @unchecked Sendable {
  let connection: ServerConnection
  let database: SimulatedDatabase

  /// What the columns were like when the session was opened.
  let alterationCount: Int

  init(_ connection: ServerConnection, _ database: SimulatedDatabase) {
    self.connection = connection
    self.database = database
    alterationCount = database.alterationCount
  }

  package var side: HistorySide { database.side }
  var server: SimulatedServer { connection.server }
  var process: SimulatedProcess { connection.process }
  var world: SimulatedWorld { process.world }

  /// The number by which the server knows the connection.
  package var connectionID: UInt64 { connection.number }

  /// The same connection with the eyes on another database of its server.
  package func viewing(_ database: SimulatedDatabase) -> SimulatedSession {
    precondition(database.server === server, "another server's database cannot be seen")
    return SimulatedSession(connection, database)
  }

  // MARK: Statements

  /// Sends a statement, lets it take effect, and waits for its answer.
  ///
  /// - Parameters:
  ///   - outcome: what the trace says of the answer.
  ///   - effect: what happens on the server, as one step but for its waits.
  @discardableResult
  func send<Value>(
    _ verb: String, _ outcome: (Value) -> String = { _ in "ok" }, effect: () async throws -> Value
  ) async throws -> Value {
    world.scheduler.assertOnLoop()
    try await process.refuseIfCrashed()
    try await connection.takeTurn()
    defer { connection.passTurn() }
    if Task.isCancelled { throw connection.cancelled }
    world.called(verb)
    let start = world.now
    defer { process.waited(world.now - start) }
    let what = "\(connection.number) \(side.rawValue) \(verb)"
    do {
      let value = try await answered(verb, effect: effect)
      world.trace(process.name, what, outcome(value))
      return value
    } catch let error as HistoryStoreError {
      world.trace(process.name, what, "\(error.kind.rawValue): \(error.message)")
      throw error.of(side)
    } catch {
      world.trace(process.name, what, "\(error)")
      throw error
    }
  }

  private func answered<Value>(_ verb: String, effect: () async throws -> Value) async throws -> Value {
    let (scheduler, dice) = (world.scheduler, world.dice)
    await process.thaw()
    if process.hasFaults {
      let isSilent =
        dice.strikes(.silence) || (verb == "commit" && dice.strikes(.silence, chance: dice.plan.silencesAtCommits))
      if isSilent, process.endSilentSession(besides: connection) {
        // What it has been silent for: this one's server takes its time.
        await scheduler.pause(for: dice.delay(below: dice.plan.longestSilence))
      }
    }
    let isStalled = process.hasFaults && dice.strikes(.stall)
    await scheduler.pause(for: isStalled ? dice.delay(below: dice.plan.longestStall) : dice.latency())
    if process.isCrashed {
      // A statement that is on its way arrives all the same, or does not.
      if connection.isOpen, dice.oneIn(2) { _ = try await effect() }
      try await process.refuseIfCrashed()
    }
    guard !connection.isLost else { throw connection.lost }
    if process.hasFaults {
      if dice.strikes(.freeze) { process.freeze(for: dice.delay(below: dice.plan.longestFreeze)) }
      if dice.strikes(.crash) { process.crash() }
      try await process.refuseIfCrashed()
      if dice.strikes(.lossBeforeEffect) { connection.lose(within: dice.plan.longestLateRollback) }
      if dice.strikes(.outage) { server.kill(for: dice.delay(below: dice.plan.longestOutage)) }
      if dice.strikes(.forgetfulOutage) {
        server.kill(
          for: dice.delay(below: dice.plan.longestOutage), forgetting: dice.delay(below: CommitLog.reach))
      }
      guard !connection.isLost else { throw connection.lost }
      if let open = connection.transaction, verb != "rollback", dice.strikes(.givenUp) {
        server.rollBack(open)
        throw HistoryStoreError(
          .transient, "Deadlock found when trying to get lock; try restarting transaction", isLockWait: true)
      }
    }
    let value = try await effect()
    if process.hasFaults {
      let isLost =
        dice.strikes(.lossAfterEffect)
        || (verb == "commit" && dice.strikes(.lossAfterEffect, chance: dice.plan.lostCommitAnswers))
      if isLost { connection.lose(within: dice.plan.longestLateRollback) }
    }
    if dice.oneIn(4) { await scheduler.pause(for: dice.latency()) }
    await process.thaw()
    try await process.refuseIfCrashed()
    guard !connection.isLost else { throw connection.lost }
    // The answer to a statement that was stopped is not to be trusted.
    if Task.isCancelled { throw connection.cancelled }
    return value
  }

  /// Runs `body` as a statement on a table: in the open transaction, or as one of its own. What throws has changed nothing.
  func statement<Row, Value>(
    on table: SimulatedTable<Row>, _ use: LockMode, _ body: (Transaction) async throws -> Value
  ) async throws -> Value {
    let isOwn = connection.transaction == nil
    let transaction = connection.transaction ?? server.begin(connection)
    if isOwn, connection.commitsEachStatement {
      connection.statement = transaction
    } else {
      connection.transaction = transaction
    }
    do {
      try await enter(table, use, transaction)
      let before = table.changes(of: transaction)
      do {
        let value = try await body(transaction)
        guard transaction.isActive else { throw connection.lost }
        if isOwn, connection.commitsEachStatement { server.commit(transaction) }
        return value
      } catch {
        if transaction.isActive { table.restore(before, transaction) }
        throw error
      }
    } catch {
      if isOwn, connection.commitsEachStatement { server.rollBack(transaction) }
      throw error
    }
  }

  /// Waits until nobody has locked the table against the use; it cannot be locked then until the transaction ends.
  private func enter(_ table: any AnyTable, _ use: LockMode, _ transaction: Transaction) async throws {
    guard let locked = connection.lockedTable else {
      // Metadata locks are waited for as long as it takes.
      try await server.tableLocks.take(.table(table.number), use, transaction, within: .seconds(86_400))
      return
    }
    guard locked.table === table else {
      throw HistoryStoreError(.other, "Table '\(table.name)' was not locked with LOCK TABLES")
    }
    guard use == .reading || locked.mode == .tableWrite else {
      throw HistoryStoreError(.other, "Table '\(table.name)' was locked with a READ lock and can't be updated")
    }
  }

  // MARK: Transactions

  package func begin() async throws {
    try await send("begin") {
      // What is open is committed, and a table's lock ends: https://dev.mysql.com/doc/refman/8.4/en/implicit-commit.html
      commitOpen()
      server.unlockTable(connection)
      connection.transaction = server.begin(connection)
    }
  }

  package func commit() async throws { try await send("commit") { commitOpen() } }

  func commitOpen() { if let open = connection.transaction { server.commit(open) } }

  package func rollback() async {
    guard !process.isCrashed, !connection.isLost else { return }
    do {
      try await send("rollback") { if let open = connection.transaction { server.rollBack(open) } }
    } catch {
      // As the adapter does: the next transaction must not commit what is still open.
      connection.lose(within: .zero)
    }
  }

  package func mayBeClosed() async -> Bool { connection.isLost }

  package func close() async {
    guard !process.isCrashed, !connection.isLost else { return }
    world.trace(process.name, "\(connection.number) close", "ok")
    connection.end()
  }
}

extension HistoryStoreError {
  /// The same error with the side that it belongs to.
  fileprivate func of(_ side: HistorySide) -> HistoryStoreError {
    HistoryStoreError(
      kind, side: self.side ?? side, message, remedy: remedy, statement: statement, isAbsence: isAbsence,
      isTimeLimit: isTimeLimit, isLockWait: isLockWait)
  }
}
