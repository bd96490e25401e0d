/// How many rows may go unasked, because learners' student modules were deleted. No I/O.
///
/// More than that is no day's work of instructors who reset learners: a server may have been restored, or a table be emptied.
enum DeletionLimits {
  /// Shares of a small number of rows say nothing: one learner of a small course has more than a hundredth of its rows.
  static let smallCount = 100

  /// Of one range: a hundredth of its rows.
  static func most(ofRange rowCount: UInt64) -> Int { max(smallCount, Int(clamping: rowCount / 100)) }

  /// Of all ranges: a thousandth of their rows.
  static func most(ofAll rowCount: UInt64) -> Int { max(smallCount, Int(clamping: rowCount / 1_000)) }
}
