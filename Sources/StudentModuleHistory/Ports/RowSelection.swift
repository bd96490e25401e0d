/// Which rows of a history table, and in which order.
///
/// All conditions that are given have to be met.
package struct RowSelection: Sendable, Hashable {
  /// The order of the rows, by id.
  package enum Order: Sendable, Hashable {
    case ascending
    case descending
  }

  /// The smallest and the largest id.
  package var lower: UInt64?
  package var upper: UInt64?

  /// Only these ids: a few thousand at most, as they stand in the statement.
  package var ids: [UInt64]?

  /// Only records of these student modules: a few hundred at most.
  package var studentModuleIDs: [UInt64]?

  /// Only rows that were created later than a time of the database.
  package var createdAfter: String?

  /// nil for any order.
  package var order: Order?

  /// How many rows at most.
  package var limit: Int?

  /// How many of the first rows are left out.
  package var offset: Int

  package init(
    from lower: UInt64? = nil, through upper: UInt64? = nil, ids: [UInt64]? = nil, studentModuleIDs: [UInt64]? = nil,
    createdAfter: String? = nil, order: Order? = nil, limit: Int? = nil, offset: Int = 0
  ) {
    self.lower = lower
    self.upper = upper
    self.ids = ids
    self.studentModuleIDs = studentModuleIDs
    self.createdAfter = createdAfter
    self.order = order
    self.limit = limit
    self.offset = offset
  }

  /// The rows of a range.
  package init(
    in range: IDRange, createdAfter: String? = nil, order: Order? = nil, limit: Int? = nil
  ) {
    self.init(from: range.lower, through: range.upper, createdAfter: createdAfter, order: order, limit: limit)
  }
}

/// What tells a row from others without its content: two different answers hardly share a student module and a second.
package struct RowKey: Sendable, Hashable {
  package let id: UInt64

  /// As the store prints it, also where it is no number that a student module can have.
  package let studentModuleID: String

  /// As the store prints it.
  package let created: String

  package init(id: UInt64, studentModuleID: String, created: String) {
    self.id = id
    self.studentModuleID = studentModuleID
    self.created = created
  }

  /// Student module and time to the second, which changes with neither a column's precision nor its character set.
  package var identity: String { "\(studentModuleID) \(created.prefix(19))" }
}

/// What a row takes in a statement.
package struct RowSize: Sendable, Hashable {
  package let id: UInt64

  /// The bytes of the state in UTF-8, without the quotes that are doubled in a statement.
  package let stateByteCount: UInt64

  /// The most that everything else takes.
  package let restByteCount: UInt64

  package init(id: UInt64, stateByteCount: UInt64, restByteCount: UInt64) {
    self.id = id
    self.stateByteCount = stateByteCount
    self.restByteCount = restByteCount
  }
}
