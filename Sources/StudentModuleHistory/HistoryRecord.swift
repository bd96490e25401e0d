/// One record of a student module's history: what Open edX keeps of one state that a learner's problem had.
///
/// The fields are the columns of both tables, in the order of the canonical text (``CanonicalRow``).
public struct HistoryRecord: Sendable, Hashable, Identifiable {
  /// The primary key. The original table holds at most 2^31-1 or 2^63-1, the extended one up to 2^64-1.
  public var id: UInt64

  /// The primary key of the student module (`courseware_studentmodule.id`) that the record belongs to.
  public var studentModuleID: UInt64

  /// Unused by Open edX since its first release: NULL in nearly every row, at most 255 characters.
  public var version: String?

  /// The modification time of the student module, not the time of the insert.
  public var created: HistoryTimestamp

  /// The learner's state as JSON text, kept byte by byte. Single states near 1 MB have been seen in the field.
  public var state: String?

  /// The score, or nil while there is none.
  public var grade: Double?

  /// The largest possible score, or nil while there is none.
  public var maxGrade: Double?

  /// A record as it is, or will be, stored.
  public init(
    id: UInt64, studentModuleID: UInt64, version: String? = nil, created: HistoryTimestamp,
    state: String?, grade: Double? = nil, maxGrade: Double? = nil
  ) {
    self.id = id
    self.studentModuleID = studentModuleID
    self.version = version
    self.created = created
    self.state = state
    self.grade = grade
    self.maxGrade = maxGrade
  }

  /// The columns of both tables in the order in which csmh reads and writes them; the tables may have them in any order.
  public static let columnNames = ["id", "student_module_id", "version", "created", "state", "grade", "max_grade"]

  /// ``columnNames`` for a statement.
  public static let columnsSQL = columnNames.joined(separator: ", ")
}
