/// How far ids are moved, all by the same number: their order and their gaps stay.
package enum IDShift: Sendable, Hashable {
  case up(UInt64)
  case down(UInt64)

  /// No shift.
  package static let none = IDShift.up(0)

  /// An id after the move; nil if it would leave the ids of 64 bits.
  package func applied(to id: UInt64) -> UInt64? {
    let (value, overflows) =
      switch self {
      case .up(let distance): id.addingReportingOverflow(distance)
      case .down(let distance): id.subtractingReportingOverflow(distance)
      }
    return overflows ? nil : value
  }
}

/// Which locks a read takes on its rows, until the transaction ends. SQLite locks by transaction.
package enum RowLock: Sendable, Hashable {
  case none
  /// Others may read the rows, but not change or delete them.
  case share
  /// For rows that the transaction is going to change.
  case update
}
