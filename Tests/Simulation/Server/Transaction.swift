/// A transaction that is open on a server, or whoever else holds locks there: a statement of its own, a session that locks a table.
final class Transaction: @unchecked Sendable {
  let number: UInt64
  unowned let connection: ServerConnection

  /// The virtual time at which it began.
  let start: Duration

  /// Whether it holds a lock of a whole table: such a one is not what is given up in a deadlock.
  let isTableLock: Bool

  /// False once it is committed or rolled back.
  private(set) var isActive = true

  /// How many rows it has changed.
  private(set) var changeCount = 0

  /// The tables that it has changed, in the order in which it did.
  private(set) var tables: [any AnyTable] = []

  init(number: UInt64, connection: ServerConnection, start: Duration, isTableLock: Bool = false) {
    self.number = number
    self.connection = connection
    self.start = start
    self.isTableLock = isTableLock
  }

  func touched(_ table: any AnyTable) {
    changeCount += 1
    if !tables.contains(where: { $0 === table }) { tables.append(table) }
  }

  func ended() { isActive = false }
}
