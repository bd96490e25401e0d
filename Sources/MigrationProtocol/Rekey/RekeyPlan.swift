package import MigrationJournal
package import StudentModuleHistory

/// Which native rows move, and where to: one constant shift for all of them, so that their order and their gaps stay. No I/O.
package struct RekeyPlan: Sendable, Hashable {
  package let record: RekeyRecord

  /// How many rows are to be moved, and their ids now.
  package let rowCount: UInt64
  package let ids: IDRange

  /// Whether rows that stand above the original ids move too, as the low ones would otherwise come above them, which are newer.
  package let movesAll: Bool

  /// Whether the extended table's counter must be raised first.
  package let raisesCounter: Bool

  /// Whether it goes on with a re-key that was begun.
  package let isContinued: Bool

  /// How many ids the LMS may use up between the plan and the raised counter.
  static let slack: UInt64 = 100_000

  init(
    record: RekeyRecord, rowCount: UInt64, ids: IDRange, movesAll: Bool, raisesCounter: Bool, isContinued: Bool
  ) {
    self.record = record
    self.rowCount = rowCount
    self.ids = ids
    self.movesAll = movesAll
    self.raisesCounter = raisesCounter
    self.isContinued = isContinued
  }

  /// A new plan.
  ///
  /// If the low rows fit between the original ids with their headroom and the rows that stand above them, they alone move, to right
  /// below these. Else all native rows move above everything, or a newer row would come before an older one.
  ///
  /// - Parameters:
  ///   - low: the ids of the native rows among the original ids.
  ///   - high: the ids of the rows above the original ids, or nil if there are none.
  ///   - floor: the smallest id that a native row may get.
  ///   - nextID: the extended table's counter.
  /// - Returns: nil if the ids of the extended table do not suffice.
  init?(
    low: IDRange, lowCount: UInt64, high: IDRange?, highCount: UInt64, floor: UInt64, nextID: UInt64,
    largestPossibleID: UInt64
  ) {
    // What the LMS writes from now on stands at the counter or above it.
    let ceiling = high?.lower ?? nextID
    if ceiling >= floor, ceiling - floor >= low.idCount {
      let record = RekeyRecord(shift: ceiling - low.idCount - low.lower, lowest: low.lower, limit: ceiling)
      self.init(
        record: record, rowCount: lowCount, ids: low, movesAll: false, raisesCounter: false, isContinued: false)
      return
    }
    let (end, endOverflows) = nextID.addingReportingOverflow(Self.slack)
    let shift = max(floor, end)
    let (limit, limitOverflows) = end.addingReportingOverflow(shift)
    guard !endOverflows, !limitOverflows, limit < largestPossibleID else { return nil }
    self.init(
      record: RekeyRecord(shift: shift, lowest: low.lower, limit: limit), rowCount: lowCount + highCount,
      ids: IDRange(low.lower, max(low.upper, high?.upper ?? 0)), movesAll: high != nil, raisesCounter: true,
      isContinued: false)
  }
}
