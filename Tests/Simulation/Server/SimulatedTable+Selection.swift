internal import StudentModuleHistory

extension SimulatedTable<HistoryRow> {
  /// The rows that a transaction sees and that a selection names, in its order.
  ///
  /// - Parameter isBackwards: how rows are ordered of which nothing is asked for.
  func rows(
    _ selection: RowSelection, isBackwards: Bool = false, _ transaction: Transaction
  ) -> [HistoryRow] {
    let meets = selection.condition
    let most = (selection.limit ?? .max - selection.offset) + selection.offset
    let isBackwards = selection.order == nil ? isBackwards : selection.order == .descending
    var rows: [HistoryRow] = []
    forEach(from: selection.lower ?? 0, through: selection.upper ?? .max, transaction) { _, row in
      if meets(row) { rows.append(row) }
      return isBackwards || rows.count < most
    }
    if isBackwards { rows.reverse() }
    return Array(rows.prefix(most).dropFirst(selection.offset))
  }

  /// The smallest and largest id that a transaction sees, and how many rows.
  func extent(_ transaction: Transaction) -> (ids: IDRange?, rowCount: UInt64) {
    var ids: IDRange?
    var rowCount: UInt64 = 0
    forEach(transaction) { id, _ in
      ids = IDRange(ids?.lower ?? id, id)
      rowCount += 1
      return true
    }
    return (ids, rowCount)
  }
}

extension RowSelection {
  /// Whether a row meets everything that the selection says of it.
  var condition: (HistoryRow) -> Bool {
    let (lower, upper) = (lower ?? 0, upper ?? .max)
    let ids = ids.map { Set($0) }
    let modules = studentModuleIDs.map { Set($0) }
    let time = createdAfter.map { HistoryTimestamp($0)! }
    return { row in
      let record = row.record
      return record.id >= lower && record.id <= upper && ids?.contains(record.id) ?? true
        && modules?.contains(record.studentModuleID) ?? true && time.map { record.created > $0 } ?? true
    }
  }
}
