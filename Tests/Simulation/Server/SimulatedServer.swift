package import StudentModuleHistory

/// A database server: its databases, transactions, locks, named locks and clock.
package final class SimulatedServer: @unchecked Sendable {
  package let name: String
  let world: SimulatedWorld

  /// By how much its clock is ahead.
  package let clockOffset: Duration

  /// Whether a restart leaves AUTO_INCREMENT as it was (MySQL 8); else it becomes the largest id plus one (MySQL 5.7, MariaDB up to
  /// 10.2.3).
  package let keepsCounters: Bool

  /// Whether nobody can reach it.
  package private(set) var isAway = false

  /// How often it was killed.
  package private(set) var outageCount = 0

  private(set) var databases: [SimulatedDatabase] = []
  private(set) var connections: [ServerConnection] = []
  private var transactions: [Transaction] = []
  let log: CommitLog
  let names: NamedLocks
  let rowLocks: LockQueues
  let tableLocks: LockQueues

  init(_ world: SimulatedWorld, name: String, clockOffset: Duration, keepsCounters: Bool) {
    self.world = world
    self.name = name
    self.clockOffset = clockOffset
    self.keepsCounters = keepsCounters
    log = CommitLog(world.scheduler)
    names = NamedLocks(world.scheduler)
    rowLocks = LockQueues(world.scheduler)
    tableLocks = LockQueues(world.scheduler)
    for locks in [rowLocks, tableLocks] { locks.giveUp = { [unowned self] in rollBack($0) } }
  }

  /// Makes a database with an empty history table.
  ///
  /// - Parameters:
  ///   - hasJournal: whether the journal's tables are there.
  ///   - largestID: the largest id that the table can hold.
  package func database(
    _ name: String, _ side: HistorySide, hasJournal: Bool = false, largestID: UInt64 = UInt64(Int64.max)
  ) -> SimulatedDatabase {
    let database = SimulatedDatabase(self, name: name, side: side, hasJournal: hasJournal, largestID: largestID)
    databases.append(database)
    return database
  }

  /// The time of its clock, in microseconds since 1970.
  var microseconds: Int64 { SimulatedWorld.firstMicrosecond + (world.now + clockOffset).microseconds }

  /// The time of its clock as it prints it, some seconds from now.
  func time(plus seconds: Int = 0) -> String {
    HistoryTimestamp(microsecondsSince1970: microseconds + Int64(seconds) * 1_000_000).text
  }

  // MARK: Connections and transactions

  func connect(_ process: SimulatedProcess) -> ServerConnection {
    let connection = ServerConnection(number: world.scheduler.nextNumber(), server: self, process: process)
    connections.append(connection)
    process.opened(connection)
    return connection
  }

  func begin(_ connection: ServerConnection, isTableLock: Bool = false) -> Transaction {
    let transaction = Transaction(
      number: world.scheduler.nextNumber(), connection: connection, start: world.now, isTableLock: isTableLock)
    if !isTableLock { transactions.append(transaction) }
    return transaction
  }

  func commit(_ transaction: Transaction) {
    guard transaction.isActive else { return }
    for table in transaction.tables {
      if let undo = table.commit(transaction) { log.add(undo) }
    }
    end(transaction)
  }

  func rollBack(_ transaction: Transaction) {
    guard transaction.isActive else { return }
    for table in transaction.tables { table.discard(transaction) }
    end(transaction)
  }

  private func end(_ transaction: Transaction) {
    transaction.ended()
    let connection = transaction.connection
    if connection.transaction === transaction { connection.transaction = nil }
    if connection.statement === transaction { connection.statement = nil }
    transactions.removeAll { $0 === transaction }
    rowLocks.release(transaction)
    tableLocks.release(transaction)
  }

  /// Ends what a connection's lock of a table holds.
  func unlockTable(_ connection: ServerConnection) {
    guard let locked = connection.lockedTable else { return }
    connection.lockedTable = nil
    locked.owner.ended()
    tableLocks.release(locked.owner)
  }

  /// A connection is gone.
  func ended(_ connection: ServerConnection) {
    for transaction in [connection.transaction, connection.statement].compactMap({ $0 }) { rollBack(transaction) }
    unlockTable(connection)
    names.release(connection)
    connections.removeAll { $0 === connection }
  }

  /// The transactions that are open, the oldest first.
  func openTransactions(without connection: ServerConnection) -> [OpenTransaction] {
    transactions.filter { $0.connection !== connection }
      .sorted { ($0.start, $0.number) < ($1.start, $1.number) }
      .map {
        OpenTransaction(
          connectionID: $0.connection.number, user: $0.connection.process.name,
          host: $0.connection.process.identity.host,
          seconds: UInt64(max(0, ($0.start.distance(to: world.now)).microseconds / 1_000_000)))
      }
  }

  // MARK: Outages

  /// Kills the server: all connections are lost, what was open is rolled back.
  ///
  /// - Parameters:
  ///   - forgotten: what was committed in this time before is forgotten, as by a server that does not flush at each commit.
  ///   - duration: how long it is away.
  package func kill(for duration: Duration, forgetting forgotten: Duration = .zero) {
    guard !isAway else { return }
    isAway = true
    outageCount += 1
    world.trace(name, "server", "dies" + (forgotten > .zero ? " and forgets \(forgotten.secondsText) s" : ""))
    for connection in connections { connection.end() }
    if forgotten > .zero {
      let moment = world.now - forgotten
      log.forget(since: moment)
      for observer in observers { observer(moment) }
    }
    world.scheduler.at(world.now + duration) { self.restart() }
  }

  private func restart() {
    isAway = false
    for database in databases {
      for table in database.tables { table.recountCounter(keeping: keepsCounters) }
    }
    log.clear()
    world.trace(name, "server", "is back")
  }

  /// Forgets what would keep the simulation in memory.
  func dismantle() {
    databases = []
    connections = []
    transactions = []
    observers = []
    log.clear()
  }

  private var observers: [@Sendable (Duration) -> Void] = []

  /// Calls `observer` when the server forgets what was committed since a virtual time.
  func onForgetting(_ observer: @escaping @Sendable (_ since: Duration) -> Void) { observers.append(observer) }
}

extension Duration {
  fileprivate func distance(to other: Duration) -> Duration { other - self }
}
