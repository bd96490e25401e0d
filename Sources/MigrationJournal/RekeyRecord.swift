package import StudentModuleHistory

/// What the journal holds of a re-key: rows are moved from below ``sourceEnd`` up by ``shift``, and arrive below ``limit``.
package struct RekeyRecord: Sendable, Hashable {
  /// How far every row moves up.
  package let shift: UInt64

  /// The lowest id that a native row had before.
  package let lowest: UInt64

  /// The smallest id above all moved rows. New rows of the LMS get ids from here on, or above rows that have theirs already.
  package let limit: UInt64

  package init(shift: UInt64, lowest: UInt64, limit: UInt64) {
    self.shift = shift
    self.lowest = lowest
    self.limit = limit
  }

  /// The smallest id above all rows that are to be moved.
  package var sourceEnd: UInt64 { limit - shift }

  /// The ids of moved rows.
  package var target: IDRange { IDRange(lowest + shift, limit - 1) }
}
