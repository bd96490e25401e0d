package import StudentModuleHistory

/// A range whose two sides are not the same, row by row.
package struct RangeDifference: Sendable, Hashable {
  /// How a row differs.
  package enum Kind: String, Sendable, Hashable {
    /// The table that is copied has it, the other one does not.
    case missing
    /// Both have it, with different content.
    case differs
    /// Only the table that rows are copied to has it, among the ids of the other.
    case stranger
  }

  /// One row.
  package struct Row: Sendable, Hashable {
    package let id: UInt64
    package let kind: Kind

    /// The columns that differ; empty unless ``kind`` is ``Kind/differs``.
    package let columns: [String]
    package let original: HistoryRecord?
    package let extended: HistoryRecord?

    /// What has likely made it differ.
    package let cause: DifferenceCause
  }

  package let range: IDRange

  /// The table that rows are copied to: the extended one, but for the way back.
  package let target: HistorySide

  /// The first rows that differ, at most ``listedRowCount``.
  package let rows: [Row]

  /// How many rows differ in all.
  package let rowCount: Int

  /// How many rows of a range are listed at most.
  package static let listedRowCount = 20
}
