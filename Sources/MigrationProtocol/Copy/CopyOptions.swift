package import MigrationBase
package import MigrationJournal
package import StudentModuleHistory

/// How a copy runs.
package struct CopyOptions: Sendable, Hashable {
  /// How many ranges are copied at the same time, each over a connection to either side; fewer where more would only wait for each
  /// other (``Lane/usefulLaneCount``). Default: 4; at least 1.
  package var workerCount: Int

  /// From which end of the table ranges are taken. Default: the oldest rows first.
  package var order: CopyOrder

  /// The most rows a second of all workers of this process together, or nil for no limit.
  package var maximumRowsPerSecond: Double?

  /// How large and how long ranges should be.
  package var sizer: RangeSizer

  /// How many ranges may be stopped by problems before the run ends. Default: 20.
  package var maximumStoppedRanges: Int

  package init(
    workerCount: Int = 4, order: CopyOrder = .oldestFirst, maximumRowsPerSecond: Double? = nil,
    sizer: RangeSizer = RangeSizer(), maximumStoppedRanges: Int = 20
  ) {
    self.workerCount = max(1, workerCount)
    self.order = order
    self.maximumRowsPerSecond = maximumRowsPerSecond
    self.sizer = sizer
    self.maximumStoppedRanges = maximumStoppedRanges
  }
}

/// How a copy ended.
package struct CopyOutcome: Sendable {
  /// Why it ended.
  package enum End: String, Sendable, Hashable {
    /// Every row up to the bound is copied.
    case finished
    /// It was asked to stop; work is left.
    case interrupted
    /// Some ranges cannot be copied until an operator has looked at them.
    case stoppedByProblems
  }

  package var end: End

  /// The table that rows are copied to: the extended one, but for the way back.
  package var target: HistorySide

  /// What this process copied.
  package var rowCount: UInt64
  package var byteCount: UInt64
  package var adoptedRowCount: UInt64
  package var rangeCount: UInt64
  package var retryCount: UInt64
  package var duration: Duration

  /// The largest original id that is covered.
  package var upperBound: UInt64?

  /// Ranges that were stopped, by this process.
  package var stopped: [StoppedRange]

  /// This copy and an earlier one as one: what both moved, and how this one ended.
  func following(_ earlier: CopyOutcome) -> CopyOutcome {
    var whole = self
    whole.rowCount += earlier.rowCount
    whole.byteCount += earlier.byteCount
    whole.adoptedRowCount += earlier.adoptedRowCount
    whole.rangeCount += earlier.rangeCount
    whole.retryCount += earlier.retryCount
    whole.duration += earlier.duration
    return whole
  }
}
