public import StudentModuleHistory

/// A range whose two sides are not the same, row by row.
public struct RangeDifference: Sendable, Hashable {
  /// How a row differs.
  public enum Kind: String, Sendable, Hashable {
    /// The table that is copied has it, the other one does not.
    case missing
    /// Both have it, with different content.
    case differs
    /// Only the table that rows are copied to has it, among the ids of the other.
    case stranger
  }

  /// One row.
  public struct Row: Sendable, Hashable {
    public let id: UInt64
    public let kind: Kind

    /// The columns that differ; empty unless ``kind`` is ``Kind/differs``.
    public let columns: [String]
    public let original: HistoryRecord?
    public let extended: HistoryRecord?

    /// What has likely made it differ.
    public let cause: DifferenceCause
  }

  public let range: IDRange

  /// The table that rows are copied to: the extended one, but for the way back.
  public let target: HistorySide

  /// The first rows that differ, at most ``listedRowCount``.
  public let rows: [Row]

  /// How many rows differ in all.
  public let rowCount: Int

  /// How many rows of a range are listed at most.
  public static let listedRowCount = 20
}

extension HistoryRecord {
  /// The columns in which two records with the same id differ. Doubles are compared by their bits.
  public func differingColumns(from other: HistoryRecord) -> [String] {
    var columns: [String] = []
    if studentModuleID != other.studentModuleID { columns.append("student_module_id") }
    if !Self.sameBytes(version, other.version) { columns.append("version") }
    if created != other.created { columns.append("created") }
    if !Self.sameBytes(state, other.state) { columns.append("state") }
    if grade?.bitPattern != other.grade?.bitPattern { columns.append("grade") }
    if maxGrade?.bitPattern != other.maxGrade?.bitPattern { columns.append("max_grade") }
    return columns
  }

  /// Swift's `==` holds for texts that are canonically equivalent; here bytes count.
  private static func sameBytes(_ left: String?, _ right: String?) -> Bool {
    switch (left, right) {
    case (nil, nil): true
    case (let left?, let right?): left.utf8.elementsEqual(right.utf8)
    default: false
    }
  }
}
