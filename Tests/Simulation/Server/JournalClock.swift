internal import StudentModuleHistory

/// What conditions and values mean for the rows of a journal, by the clock of a server.
struct JournalClock {
  let server: SimulatedServer

  func value(of value: JournalValue, in row: JournalRow) -> SQLValue {
    switch value {
    case .value(let value): value
    case .now(let seconds): .text(server.time(plus: seconds))
    case .column(let column): row[column]
    case .successor(let column): row[column].unsignedValue.map { .unsigned($0 + 1) } ?? .null
    }
  }

  /// Whether a row meets a condition; nil where NULL leaves it open.
  func meets(_ condition: JournalCondition, _ row: JournalRow) -> Bool? {
    func compare(_ column: JournalColumn, _ value: JournalValue, _ isMet: (Int) -> Bool) -> Bool? {
      row[column].order(to: self.value(of: value, in: row)).map(isMet)
    }
    switch condition {
    case .equal(let column, let value): return compare(column, value) { $0 == 0 }
    case .below(let column, let value): return compare(column, value) { $0 < 0 }
    case .above(let column, let value): return compare(column, value) { $0 > 0 }
    case .atLeast(let column, let value): return compare(column, value) { $0 >= 0 }
    case .atMost(let column, let value): return compare(column, value) { $0 <= 0 }
    case .isNull(let column): return row[column] == .null
    case .isNotNull(let column): return row[column] != .null
    case .isOne(let words, let column): return row[column].textValue.map(words.contains)
    case .isNone(let words, let column): return row[column].textValue.map { !words.contains($0) }
    case .hasNoID(let ids): return row[.id].unsignedValue.map { !ids.contains($0) }
    case .isPair(let pairs, let column):
      guard let id = row[.id].unsignedValue, let value = row[column].unsignedValue else { return nil }
      return pairs.contains(IDPair(id: id, value: value))
    case .hasPrefix(let prefix, let column): return row[column].textValue?.hasPrefix(prefix)
    case .any(let conditions):
      let answers = conditions.map { meets($0, row) }
      return answers.contains(true) ? true : answers.contains(nil) ? nil : false
    case .all(let conditions):
      let answers = conditions.map { meets($0, row) }
      return answers.contains(false) ? false : answers.contains(nil) ? nil : true
    }
  }
}

extension JournalCondition {
  /// The id, if only the row with that one can meet the condition.
  var namedID: UInt64? {
    switch self {
    case .equal(.id, .value(let value)): value.unsignedValue
    case .all(let conditions): conditions.lazy.compactMap(\.namedID).first
    default: nil
    }
  }
}

extension SimulatedTable<JournalRow> {
  /// The rows that a transaction sees and that meet all conditions, by ascending id.
  func rows(_ conditions: [JournalCondition], _ clock: JournalClock, _ transaction: Transaction) -> [JournalRow] {
    var rows: [JournalRow] = []
    forEach(transaction) { _, row in
      if conditions.allSatisfy({ clock.meets($0, row) == true }) { rows.append(row) }
      return true
    }
    return rows
  }
}

extension SQLValue {
  /// Below, equal or above; nil if one is NULL. Numbers by their size, also as texts beside numbers; texts byte by byte.
  func order(to other: SQLValue) -> Int? {
    if self == .null || other == .null { return nil }
    if case .text(let left) = self, case .text(let right) = other { return left == right ? 0 : left < right ? -1 : 1 }
    if let left = unsignedValue, let right = other.unsignedValue { return left == right ? 0 : left < right ? -1 : 1 }
    let (left, right) = (realValue ?? 0, other.realValue ?? 0)
    return left == right ? 0 : left < right ? -1 : 1
  }

  /// Where rows are ordered by it: NULL comes first.
  func comes(before other: SQLValue) -> Bool {
    if self == .null || other == .null { return self == .null && other != .null }
    return order(to: other) == -1
  }
}
