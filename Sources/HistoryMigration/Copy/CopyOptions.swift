public import StudentModuleHistory

/// How a copy runs.
public struct CopyOptions: Sendable, Hashable {
  /// How many ranges are copied at the same time, each over a connection to either side; fewer where more would only wait for each
  /// other (``Lane/usefulLaneCount``). Default: 4; at least 1.
  public var workerCount: Int

  /// From which end of the table ranges are taken. Default: the oldest rows first.
  public var order: CopyOrder

  /// The most rows a second of all workers of this process together, or nil for no limit.
  public var maximumRowsPerSecond: Double?

  /// How large and how long ranges should be.
  public var sizer: RangeSizer

  /// How many ranges may be stopped by problems before the run ends. Default: 20.
  public var maximumStoppedRanges: Int

  public init(
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
public struct CopyOutcome: Sendable {
  /// Why it ended.
  public enum End: String, Sendable, Hashable {
    /// Every row up to the bound is copied.
    case finished
    /// It was asked to stop; work is left.
    case interrupted
    /// Some ranges cannot be copied until an operator has looked at them.
    case stoppedByProblems
  }

  public var end: End

  /// The table that rows are copied to: the extended one, but for the way back.
  public var target: HistorySide

  /// What this process copied.
  public var rowCount: UInt64
  public var byteCount: UInt64
  public var adoptedRowCount: UInt64
  public var rangeCount: UInt64
  public var retryCount: UInt64
  public var duration: Duration

  /// The largest original id that is covered.
  public var upperBound: UInt64?

  /// Ranges that were stopped, by this process.
  public var stopped: [StoppedRange]

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
