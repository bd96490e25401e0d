public import HistoryStores
internal import StudentModuleHistory

/// Whether the rows that the LMS writes to the extended table can collide with original ones.
public struct StartingIDReport: Sendable, Hashable, Encodable {
  /// The largest id of the original table, or nil if it is empty; and the id that its next row gets.
  public let originalLargestID: UInt64?
  public let originalNextID: UInt64

  /// The id that the next row of the extended table gets.
  public let extendedNextID: UInt64

  /// How many ids the original table may still hand out before the two meet; 0 if they have met.
  public let gap: UInt64

  /// How many rows stand in the extended table among the original ids, of which the original table knows nothing: the first
  /// thousand of them at most.
  public let lowNativeRowCount: UInt64

  /// How many ids a second the original table has handed out lately, or nil if that cannot be told.
  public let idsPerSecond: Double?

  /// How long the gap lasts at that rate, in seconds.
  public let gapSeconds: Double?

  public let isSafe: Bool

  /// Looks at both tables.
  ///
  /// - Throws: `HistoryStoreError`.
  public init(pair: StorePair) async throws {
    let lane = try await pair.openLane()
    self = try await withClosing(lane) { lane in
      let original = try await lane.original.summary()
      let extended = try await lane.extended.summary()
      let low = try await Self.lowNativeRows(original, extended, lane)
      return StartingIDReport(
        originalLargestID: original.ids?.upper, originalNextID: original.firstFreeID, extendedNextID: extended.nextID,
        lowNativeRowCount: low,
        idsPerSecond: try await WriteRate.ofLastThousandRows(original, lane.original)?.idsPerSecond)
    }
  }

  public init(
    originalLargestID: UInt64?, originalNextID: UInt64, extendedNextID: UInt64, lowNativeRowCount: UInt64,
    idsPerSecond: Double?
  ) {
    self.originalLargestID = originalLargestID
    self.originalNextID = originalNextID
    self.extendedNextID = extendedNextID
    self.lowNativeRowCount = lowNativeRowCount
    let gap = extendedNextID > originalNextID ? extendedNextID - originalNextID : 0
    self.gap = gap
    self.idsPerSecond = idsPerSecond
    gapSeconds = idsPerSecond.map { Double(gap) / $0 }
    isSafe = extendedNextID > originalNextID && lowNativeRowCount == 0
  }

  /// What is wrong.
  public var sentence: String {
    if extendedNextID <= originalNextID {
      return "the next native row would get the id \(extendedNextID), but the original table has handed out ids up to"
        + " \(originalNextID - 1)"
    }
    if lowNativeRowCount > 0 {
      return
        "at least \(lowNativeRowCount) rows of the extended table stand among the original ids without an original row:"
        + " written by the LMS with ids that are too low, or copies of rows that were deleted since"
    }
    return "the next native id lies above every original id"
  }

  /// What the operator can do.
  public var remedy: String {
    extendedNextID <= originalNextID
      ? "csmh provision raises AUTO_INCREMENT (it never lowers it)"
      : "look at these rows; csmh copy names the ranges and rows that stand in the way"
  }

  /// Rows of the extended table at or below the largest original id that the original table does not have. The lowest and
  /// the highest thousand are looked at: a counter that was too low leaves its traces at both ends of what it wrote.
  private static func lowNativeRows(
    _ original: TableSummary, _ extended: TableSummary, _ lane: StorePair.Lane
  ) async throws -> UInt64 {
    guard let bound = original.ids?.upper, let lowest = extended.ids?.lower, lowest <= bound else { return 0 }
    var count: UInt64 = 0
    for direction in ["ASC", "DESC"] {
      let ids = try await lane.extended.rows(
        "SELECT id FROM \(lane.extended.tableSQL) WHERE id <= \(bound) ORDER BY id \(direction) LIMIT 1000"
      ).compactMap { $0[0].unsignedValue }
      guard !ids.isEmpty else { continue }
      let known = try await lane.original.rows(
        "SELECT COUNT(*) FROM \(lane.original.tableSQL) WHERE id IN (\(ids.map(String.init).joined(separator: ", ")))")
      count = max(count, UInt64(ids.count) - (known[0][0].unsignedValue ?? 0))
    }
    return count
  }
}
