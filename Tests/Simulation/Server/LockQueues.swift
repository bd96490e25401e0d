internal import StudentModuleHistory

/// What is locked.
enum LockTarget: Hashable, CustomStringConvertible {
  case row(table: UInt64, id: UInt64)
  /// A value of a unique index beside the primary key.
  case unique(table: UInt64, value: UInt64)
  case table(UInt64)

  var description: String {
    switch self {
    case .row(_, let id): "the row \(id)"
    case .unique(_, let value): "the key \(value)"
    case .table: "the table"
    }
  }
}

/// How it is locked. Of rows: share and exclusive. Of tables: by statements until their transaction ends (metadata locks), and by
/// LOCK TABLES.
enum LockMode: Hashable {
  case share
  case exclusive
  case reading
  case writing
  case tableRead
  case tableWrite

  func conflicts(with other: LockMode) -> Bool {
    switch (self, other) {
    case (.share, .share), (.reading, .reading), (.reading, .writing), (.writing, .reading), (.writing, .writing),
      (.tableRead, .tableRead), (.tableRead, .reading), (.reading, .tableRead):
      false
    default: true
    }
  }

  /// Whether whoever has this one needs no other.
  func covers(_ other: LockMode) -> Bool {
    self == other || (self == .exclusive && other == .share) || (self == .writing && other == .reading)
  }
}

/// Locks of one kind on one server, and who waits for them: first come, first served.
final class LockQueues: @unchecked Sendable {
  private struct Request {
    let transaction: Transaction
    let mode: LockMode
    let wait: Wait
  }

  private struct Queue {
    var holders: [(transaction: Transaction, mode: LockMode)] = []
    var requests: [Request] = []

    /// Who has to end before a request is granted: those who hold something else, and those who have asked for something else before.
    func obstacles(to mode: LockMode, of transaction: Transaction, requestIndex: Int) -> [Transaction] {
      holders.filter { $0.transaction !== transaction && $0.mode.conflicts(with: mode) }.map(\.transaction)
        + requests[..<requestIndex].filter { $0.transaction !== transaction && $0.mode.conflicts(with: mode) }
        .map(\.transaction)
    }
  }

  private let scheduler: Scheduler
  private var queues: [LockTarget: Queue] = [:]

  /// What each transaction holds, in the order in which it was granted.
  private var held: [UInt64: [LockTarget]] = [:]

  /// What each transaction waits for.
  private var awaited: [UInt64: LockTarget] = [:]

  /// Rolls back the transaction that is given up in a deadlock.
  var giveUp: (Transaction) -> Void = { _ in }

  init(_ scheduler: Scheduler) {
    self.scheduler = scheduler
  }

  /// Takes a lock until the transaction ends, waiting for those who stand in its way.
  ///
  /// - Returns: whether the transaction did not have it before.
  /// - Throws: `transient` after `limit` (the transaction stays open) and in a deadlock (it was rolled back); `connectionLost`,
  ///   `cancelled`.
  @discardableResult
  func take(
    _ target: LockTarget, _ mode: LockMode, _ transaction: Transaction, within limit: Duration
  ) async throws -> Bool {
    guard var queue = queues[target] else {
      queues[target] = Queue(holders: [(transaction, mode)])
      held[transaction.number, default: []].append(target)
      return true
    }
    let before = queue.holders.first { $0.transaction === transaction }?.mode
    if let before, before.covers(mode) { return false }
    let obstacles = queue.obstacles(to: mode, of: transaction, requestIndex: queue.requests.count)
    guard let first = obstacles.first else {
      grant(target, mode, transaction, in: &queue)
      queues[target] = queue
      return before == nil
    }
    let who = transaction.connection.description
    let wait = Wait(scheduler, "\(target), which \(first.connection) holds or has asked for", who: who)
    queue.requests.append(Request(transaction: transaction, mode: mode, wait: wait))
    queues[target] = queue
    awaited[transaction.number] = target
    transaction.connection.waits(wait)
    breakDeadlock(of: transaction)
    let outcome = await wait.value(within: limit)
    transaction.connection.waits(nil)
    awaited[transaction.number] = nil
    if case .granted = outcome {
      // The connection may have ended after the grant, and before whoever waited could go on.
      guard transaction.isActive, transaction.connection.isOpen else {
        release(transaction)
        throw transaction.connection.lost
      }
      return before == nil
    }
    withdraw(target, wait)
    switch outcome {
    case .failed(let error): throw error
    case .timedOut:
      throw HistoryStoreError(
        .transient, "Lock wait timeout exceeded; try restarting transaction: \(wait.reason)", isLockWait: true)
    default: throw HistoryStoreError(.cancelled, "cancelled")
    }
  }

  /// Lets go of one lock, as servers do with rows that do not meet a condition.
  func release(_ target: LockTarget, _ transaction: Transaction) {
    held[transaction.number]?.removeAll { $0 == target }
    drop(target, transaction)
  }

  /// Lets go of all locks of a transaction, and of what it waits for.
  func release(_ transaction: Transaction) {
    if let target = awaited[transaction.number] {
      let request = queues[target]?.requests.first { $0.transaction === transaction }
      request?.wait.end(.failed(transaction.connection.lost))
      if let request { withdraw(target, request.wait) }
    }
    for target in held.removeValue(forKey: transaction.number) ?? [] { drop(target, transaction) }
  }

  /// Who holds a lock that conflicts with a mode.
  func holders(of target: LockTarget, against mode: LockMode) -> [Transaction] {
    (queues[target]?.holders ?? []).filter { $0.mode.conflicts(with: mode) }.map(\.transaction)
  }

  /// How many locks are held: none is left when all transactions have ended.
  var heldCount: Int { held.values.reduce(0) { $0 + $1.count } }

  private func grant(_ target: LockTarget, _ mode: LockMode, _ transaction: Transaction, in queue: inout Queue) {
    if let index = queue.holders.firstIndex(where: { $0.transaction === transaction }) {
      queue.holders[index].mode = mode
    } else {
      queue.holders.append((transaction, mode))
      held[transaction.number, default: []].append(target)
    }
  }

  private func drop(_ target: LockTarget, _ transaction: Transaction) {
    guard var queue = queues[target] else { return }
    queue.holders.removeAll { $0.transaction === transaction }
    admit(target, &queue)
  }

  private func withdraw(_ target: LockTarget, _ wait: Wait) {
    guard var queue = queues[target] else { return }
    queue.requests.removeAll { $0.wait === wait }
    admit(target, &queue)
  }

  /// Grants what nobody stands in the way of any more.
  private func admit(_ target: LockTarget, _ queue: inout Queue) {
    var granted: [Wait] = []
    var index = 0
    while index < queue.requests.count {
      let request = queue.requests[index]
      guard queue.obstacles(to: request.mode, of: request.transaction, requestIndex: index).isEmpty else {
        index += 1
        continue
      }
      queue.requests.remove(at: index)
      grant(target, request.mode, request.transaction, in: &queue)
      granted.append(request.wait)
    }
    queues[target] = queue.holders.isEmpty && queue.requests.isEmpty ? nil : queue
    for wait in granted { wait.end(.granted) }
  }

  // MARK: Deadlocks

  /// Gives a transaction up if it and others wait for each other.
  private func breakDeadlock(of transaction: Transaction) {
    while let circle = circle(from: transaction) {
      // The one with the least to roll back; the one that came last among equals.
      let victim = circle.filter { !$0.isTableLock }.min { ($0.changeCount, $1.number) < ($1.changeCount, $0.number) }
      guard let victim, let target = awaited[victim.number],
        let request = queues[target]?.requests.first(where: { $0.transaction === victim })
      else { return }
      request.wait.end(
        .failed(
          HistoryStoreError(
            .transient, "Deadlock found when trying to get lock; try restarting transaction", isLockWait: true)))
      awaited[victim.number] = nil
      withdraw(target, request.wait)
      giveUp(victim)
      if victim === transaction { return }
    }
  }

  /// Transactions that wait for each other in a circle, beginning with one of them.
  private func circle(from start: Transaction) -> [Transaction]? {
    var visited: Set<UInt64> = []
    func search(_ transaction: Transaction) -> [Transaction]? {
      guard let target = awaited[transaction.number], let queue = queues[target],
        let index = queue.requests.firstIndex(where: { $0.transaction === transaction })
      else { return nil }
      for other in queue.obstacles(to: queue.requests[index].mode, of: transaction, requestIndex: index) {
        if other === start { return [transaction] }
        guard visited.insert(other.number).inserted, let path = search(other) else { continue }
        return [transaction] + path
      }
      return nil
    }
    return search(start)
  }
}
