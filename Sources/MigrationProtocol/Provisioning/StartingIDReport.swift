package import MigrationBase
internal import MigrationJournal
package import StudentModuleHistory

/// Whether the rows that the LMS writes to the extended table can collide with original ones.
package struct StartingIDReport: Sendable, Hashable, Encodable {
  /// The largest id of the original table, or nil if it is empty; and the id that its next row gets.
  package let originalLargestID: UInt64?
  package let originalNextID: UInt64

  /// The id that the next row of the extended table gets.
  package let extendedNextID: UInt64

  /// The lowest id of a row of the extended table above the original ids, or nil if there is none.
  package let lowestNativeID: UInt64?

  /// How many ids the original table may still hand out before it meets a native row or the next one; 0 if they have met.
  package let gap: UInt64

  /// How many rows stand in the extended table among the original ids that are no copies: the original table does not have their ids, or
  /// under them another student module or time, and they lie in no range that was copied, or came into it later. The lowest and the highest
  /// thousand are looked at: a counter that was too low leaves its traces at both ends of what it wrote.
  package let lowNativeRowCount: UInt64

  /// How many of them lie in ranges that were copied: under ids that a server has handed out twice. Re-keying leaves them.
  package let reusedRowCount: UInt64

  /// How many ids a second the original table has handed out lately, or nil if that cannot be told.
  package let idsPerSecond: Double?

  /// How long the gap lasts at that rate, in seconds.
  package let gapSeconds: Double?

  package let isSafe: Bool

  /// Looks at both tables.
  ///
  /// - Parameter stop: ends the waiting for a server that went away.
  /// - Throws: `HistoryStoreError`.
  package init(lanes: any LaneProvider, stop: StopSignal = StopSignal()) async throws {
    let environment = stop.environment
    self = try await lanes.withLane(stop) { lane in
      let original = try await lane.source.summary()
      let extended = try await lane.target.summary()
      let low = try await Self.lowNativeRows(lane, environment)
      return StartingIDReport(
        originalLargestID: original.ids?.upper, originalNextID: original.firstFreeID, extendedNextID: extended.nextID,
        lowNativeRowCount: low.all, reusedRowCount: low.reused,
        lowestNativeID: try await Self.lowestNativeID(original, lane),
        idsPerSecond: try await WriteRate.ofLastThousandRows(original, lane.source)?.idsPerSecond)
    }
  }

  package init(
    originalLargestID: UInt64?, originalNextID: UInt64, extendedNextID: UInt64, lowNativeRowCount: UInt64,
    reusedRowCount: UInt64 = 0, lowestNativeID: UInt64? = nil, idsPerSecond: Double?
  ) {
    self.originalLargestID = originalLargestID
    self.originalNextID = originalNextID
    self.extendedNextID = extendedNextID
    self.lowNativeRowCount = lowNativeRowCount
    self.reusedRowCount = reusedRowCount
    self.lowestNativeID = lowestNativeID
    let gap = min(extendedNextID, lowestNativeID ?? .max).subtractingDownToZero(originalNextID)
    self.gap = gap
    self.idsPerSecond = idsPerSecond
    gapSeconds = idsPerSecond.map { Double(gap) / $0 }
    isSafe = extendedNextID > originalNextID && lowNativeRowCount == 0
  }

  /// What is wrong.
  package var sentence: String {
    if extendedNextID <= originalNextID {
      return "the next native row would get the id \(extendedNextID), but the original table has handed out ids up to"
        + " \(originalNextID - 1)"
    }
    if lowNativeRowCount > 0 {
      return
        "at least \(lowNativeRowCount) rows of the extended table stand among the original ids and are no copies:"
        + " written by the LMS with ids that are too low, or copies of rows that were deleted since"
    }
    return "the next native id lies above every original id"
  }

  /// Whether rows stand among the original ids, and none that re-keying moves.
  var hasOnlyReusedRows: Bool { lowNativeRowCount > 0 && lowNativeRowCount == reusedRowCount }

  /// What the operator can do.
  package var remedy: Remedy {
    if extendedNextID <= originalNextID { return Remedy(.raiseStartingID) }
    return Remedy(hasOnlyReusedRows ? .moveReused : .rekey)
  }

  private static func lowestNativeID(_ original: TableSummary, _ lane: Lane) async throws -> UInt64? {
    let journal = Journal()
    // Above the bound, too: of an original table that was emptied the counter may begin anew.
    var bound: UInt64?
    do {
      bound = try await journal.migrationIfAny(lane.target)?.upperBound
    } catch is MigrationError {
      // A journal of another version tells no bound, and the report needs no journal.
    }
    let first = max(original.firstFreeID, bound.map { $0 + 1 } ?? 0)
    return try await lane.target.firstID(from: first)
  }

  private static func lowNativeRows(
    _ lane: Lane, _ environment: Environment
  ) async throws -> (all: UInt64, reused: UInt64) {
    let standing = try await StandingIDs(lane)
    var suspects = standing.withoutOriginal + standing.different
    guard !suspects.isEmpty else { return (0, 0) }
    let journal = Journal()
    // A range that was copied holds copies: what differs in it now is told by verify, and what the original lacks was drained or deleted;
    // unless it came after the copy.
    var copied: [UInt64: Bool] = [:]
    if try await journal.exists(lane.target) {
      copied = try await LateRows(journal: journal).among(suspects, lane)
      suspects = suspects.filter { copied[$0] ?? true }
    }
    let different = Set(standing.different)
    let staying = try await SecondLook(environment: environment).staying(
      suspects.filter { !different.contains($0) }, lane)
    let natives = staying + suspects.filter { different.contains($0) }
    return (UInt64(natives.count), UInt64(natives.count { copied[$0] != nil }))
  }
}
