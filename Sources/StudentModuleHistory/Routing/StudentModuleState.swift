/// A student module as a request has just saved it: what becomes a record of its history.
public struct StudentModuleState: Sendable, Hashable {
  /// The primary key of the student module (`courseware_studentmodule.id`).
  public var studentModuleID: UInt64

  /// The type of its block; only some types have a history (``HistoryRouter/recordedModuleTypes``).
  public var moduleType: String

  /// When the student module was modified; becomes the record's `created`.
  public var modified: HistoryTimestamp

  /// The learner's state as JSON text, kept byte by byte, or nil.
  public var state: String?

  /// The score, or nil while there is none.
  public var grade: Double?

  /// The largest possible score, or nil while there is none.
  public var maxGrade: Double?

  /// A state as it was just saved.
  ///
  /// - Parameter moduleType: the type of the block. Default: `problem`.
  public init(
    studentModuleID: UInt64, moduleType: String = "problem", modified: HistoryTimestamp, state: String?,
    grade: Double? = nil, maxGrade: Double? = nil
  ) {
    self.studentModuleID = studentModuleID
    self.moduleType = moduleType
    self.modified = modified
    self.state = state
    self.grade = grade
    self.maxGrade = maxGrade
  }

  /// The state as a record with an id; 0 lets the store give the next one.
  func record(id: UInt64 = 0) -> HistoryRecord {
    HistoryRecord(
      id: id, studentModuleID: studentModuleID, created: modified, state: state, grade: grade, maxGrade: maxGrade)
  }
}
