/// A table as its server sees it, whatever its rows are.
protocol AnyTable: AnyObject, Sendable {
  var name: String { get }

  /// Tells the tables of one server from each other.
  var number: UInt64 { get }

  /// Makes a transaction's changes visible to everybody. Returns what takes them back.
  func commit(_ transaction: Transaction) -> (() -> Void)?

  /// Forgets a transaction's changes.
  func discard(_ transaction: Transaction)

  /// Lets the counter begin behind the largest id, as servers do after a restart that do not keep it.
  func recountCounter(keeping: Bool)
}

/// A table: the rows that are committed, what open transactions have changed, and the counter.
///
/// A transaction that is open sees what is committed and its own changes (READ COMMITTED). Row locks see to it that no two change the
/// same row.
final class SimulatedTable<Row: Sendable>: AnyTable, @unchecked Sendable {
  typealias Changes = OrderedRows<Row?>

  let name: String
  let number: UInt64
  private(set) var committed = OrderedRows<Row>()

  /// What open transactions have changed; nil for a row that is deleted.
  private var pending: [UInt64: Changes] = [:]

  /// Told of each row that a commit changes: as it was, as it is, and whose transaction it was.
  var didCommit: ((_ id: UInt64, _ before: Row?, _ after: Row?, _ transaction: Transaction) -> Void)?

  /// Told before all rows go at once.
  var willTruncate: (() -> Void)?

  /// AUTO_INCREMENT. It does not go back when a transaction is rolled back.
  private(set) var nextID: UInt64 = 1

  /// Told of each move of the counter, with what takes it back.
  private let counterMoved: (@escaping () -> Void) -> Void

  init(name: String, number: UInt64, counterMoved: @escaping (@escaping () -> Void) -> Void) {
    self.name = name
    self.number = number
    self.counterMoved = counterMoved
  }

  // MARK: Reading

  /// The row as a transaction sees it.
  func row(_ id: UInt64, _ transaction: Transaction) -> Row? {
    if let own = pending[transaction.number], let change = own[id] { return change }
    return committed[id]
  }

  /// The rows that a transaction sees, by ascending id, until `body` returns false.
  func forEach(
    from lower: UInt64 = 0, through upper: UInt64 = .max, _ transaction: Transaction, _ body: (UInt64, Row) -> Bool
  ) {
    let own = pending[transaction.number] ?? Changes()
    var (left, right) = (committed.index(from: lower), own.index(from: lower))
    while true {
      let first = left < committed.count ? committed.ids[left] : nil
      let second = right < own.count ? own.ids[right] : nil
      guard let id = [first, second].compactMap({ $0 }).min(), id <= upper else { return }
      let row: Row?
      if second == id {
        row = own.values[right]
        right += 1
        if first == id { left += 1 }
      } else {
        row = committed.values[left]
        left += 1
      }
      if let row, !body(id, row) { return }
    }
  }

  /// The smallest id that has any version of a row: what a scan with locks meets.
  func firstID(from id: UInt64, through upper: UInt64) -> UInt64? {
    var first = committed.firstID(from: id)
    for changes in pending.values {
      if let other = changes.firstID(from: id) { first = min(first ?? other, other) }
    }
    return first.flatMap { $0 <= upper ? $0 : nil }
  }

  /// The smallest id with any version of a row that meets a condition, also one that others have not committed.
  func firstID(from id: UInt64, through upper: UInt64, where condition: (Row) -> Bool) -> UInt64? {
    var first: UInt64?
    var index = committed.index(from: id)
    while index < committed.count, committed.ids[index] <= upper {
      if condition(committed.values[index]) {
        first = committed.ids[index]
        break
      }
      index += 1
    }
    for changes in pending.values {
      var index = changes.index(from: id)
      while index < changes.count, changes.ids[index] <= first ?? upper {
        if changes.values[index].map(condition) ?? false { first = min(first ?? .max, changes.ids[index]) }
        index += 1
      }
    }
    return first
  }

  // MARK: Changing

  func set(_ id: UInt64, to row: Row?, _ transaction: Transaction) {
    transaction.touched(self)
    // Not `= row`: a change to nil is a deletion, not the want of a change.
    pending[transaction.number, default: Changes()][id] = .some(row)
  }

  /// A transaction's changes so far, for ``restore(_:_:)``.
  func changes(of transaction: Transaction) -> Changes? { pending[transaction.number] }

  /// Takes back what a statement changed.
  func restore(_ changes: Changes?, _ transaction: Transaction) { pending[transaction.number] = changes }

  /// Hands out the next id.
  func takeID() -> UInt64 {
    defer { moveCounter(to: nextID + 1) }
    return nextID
  }

  /// Lets the counter be above an id that was given.
  func passCounter(_ id: UInt64) { if id >= nextID, id < .max { moveCounter(to: id + 1) } }

  private func moveCounter(to next: UInt64) {
    let before = nextID
    nextID = next
    counterMoved { [unowned self] in nextID = before }
  }

  /// Empties the table at once, which no transaction takes back.
  func truncate() {
    willTruncate?()
    committed = OrderedRows()
    nextID = 1
  }

  /// Puts a row in, before a simulation begins.
  func fill(_ id: UInt64, _ row: Row) {
    committed[id] = row
    nextID = max(nextID, id + 1)
  }

  func setCounter(to next: UInt64) { nextID = max(next, (committed.ids.last ?? 0) + 1) }

  // MARK: Ends

  func commit(_ transaction: Transaction) -> (() -> Void)? {
    guard let changes = pending.removeValue(forKey: transaction.number), !changes.isEmpty else { return nil }
    let before = changes.ids.map { ($0, committed[$0]) }
    for (id, row) in zip(changes.ids, changes.values) {
      didCommit?(id, committed[id], row, transaction)
      committed[id] = row
    }
    return { [unowned self] in for (id, row) in before { committed[id] = row } }
  }

  func discard(_ transaction: Transaction) { pending[transaction.number] = nil }

  func recountCounter(keeping: Bool) {
    let least = (committed.ids.last ?? 0) + 1
    nextID = keeping ? max(nextID, least) : least
  }
}
