/// A row without its state: what tells a reader of both tables whether a row is the copy of an original one that it has read anyway.
///
/// Two saves of one student module have different modification times, so that another record under the same id does not pass for the
/// original.
package struct HistoryOutline: Sendable, Hashable, Identifiable {
  package var id: UInt64
  package var studentModuleID: UInt64
  package var version: String?
  package var created: HistoryTimestamp

  /// The number of bytes of the state in UTF-8, or nil where it is NULL.
  package var stateByteCount: UInt64?

  package var grade: Double?
  package var maxGrade: Double?

  package init(
    id: UInt64, studentModuleID: UInt64, version: String?, created: HistoryTimestamp, stateByteCount: UInt64?,
    grade: Double?, maxGrade: Double?
  ) {
    self.id = id
    self.studentModuleID = studentModuleID
    self.version = version
    self.created = created
    self.stateByteCount = stateByteCount
    self.grade = grade
    self.maxGrade = maxGrade
  }
}

/// A row as a reader of both tables fetches it: whole if it is native, else outlined.
package enum OutlinedRecord: Sendable, Identifiable {
  case whole(HistoryRecord)
  case outline(HistoryOutline)
  /// A copy that was proven to be equal to its original: ``HistoryRouter/provenBelow``.
  case proven(id: UInt64)

  package var id: UInt64 {
    switch self {
    case .whole(let record): record.id
    case .outline(let outline): outline.id
    case .proven(let id): id
    }
  }

  var isWhole: Bool { if case .whole = self { true } else { false } }

  /// Whether the row is a copy of an original one: equal to it, as far as it is known.
  func isCopy(of original: HistoryRecord) -> Bool {
    switch self {
    case .whole(let record): record == original
    case .outline(let outline): outline.isCopy(of: original)
    case .proven(let id): id == original.id
    }
  }
}

extension HistoryOutline {
  /// Whether everything that is known is equal.
  func isCopy(of original: HistoryRecord) -> Bool {
    id == original.id && studentModuleID == original.studentModuleID && created == original.created
      && grade == original.grade && maxGrade == original.maxGrade && version == original.version
      && stateByteCount == original.state.map { UInt64($0.utf8.count) }
  }
}
