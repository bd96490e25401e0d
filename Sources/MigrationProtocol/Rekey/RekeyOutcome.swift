package import MigrationJournal
package import StudentModuleHistory

/// How a re-key, or taking it back, ended.
package struct RekeyOutcome: Sendable {
  package var record: RekeyRecord

  /// It was asked to stop; rows are left.
  package var isInterrupted: Bool

  /// How many rows this run moved.
  package var movedRowCount: UInt64

  /// The rows as they were to be after the move, before the first one moved; and as they stand.
  package var expected: RangeDigest
  package var found: RangeDigest

  /// What is left among the original ids; of a re-key.
  package var left: RowSurvey

  /// Rows that could not be moved, because another row has their new id or it may not be used.
  package var blocked: [UInt64]

  /// The starting id at the end.
  package var report: StartingIDReport

  /// Whether the rows are, byte for byte, those that stood there before. The LMS may have changed or deleted some meanwhile.
  package var isUnchanged: Bool { expected == found }

  /// Whether no native row stands among the original ids any more.
  package var isComplete: Bool {
    !isInterrupted && blocked.isEmpty && left.nativeCount == 0 && left.reused.isEmpty && report.isSafe
  }
}
