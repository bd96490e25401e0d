internal import MigrationBase
internal import MigrationJournal
package import StudentModuleHistory

extension Provisioner {
  /// What a repair of the starting id did.
  package struct Repair: Sendable {
    /// The id that the next row of the extended table got before, and gets now.
    package let nextIDBefore: UInt64
    package let nextIDAfter: UInt64

    /// What was done, and why.
    package let steps: [Step]

    /// How it stands now.
    package let report: StartingIDReport
  }

  /// Raises the counter of an extended table that exists above everything that the original table has handed out, and the headroom;
  /// never lowers it. Needs no journal; one that is there is kept in step.
  ///
  /// - Throws: `HistoryStoreError`: no extended table, a headroom beyond the ids of the table, a missing privilege with its GRANT;
  ///   ``MigrationError/startingIDTooLow(next:needed:)`` if the server did not take it.
  package func repair() async throws -> Repair {
    try await lanes.refuseSameDatabase()
    // An extended table that is missing is an error here.
    let extended = try await summary(of: lanes.target)
    let original = try await summary(of: lanes.source)
    let wanted = try wantedID(above: original)
    guard wanted < extended.largestPossibleID else {
      throw HistoryStoreError(
        .misconfigured, side: .extended,
        "the starting id \(wanted) leads beyond the ids of the extended table (\(extended.largestPossibleID))",
        remedy: Remedy(.shorterRunway))
    }
    let inventory = try await retrying(stop) { try await schema.inventory() }
    let present = try await self.present(inventory)
    let isHighEnough = present.nextID >= wanted
    let step = startingIDStep(inventory, original, present, startingID: wanted, isHighEnough: isHighEnough)
    var changes = step.changes
    if !changes.isEmpty, present.startingID != nil {
      // Native rows that stand above the original ids already are where native rows begin.
      let first = min(wanted, try await StartingIDReport(lanes: lanes, stop: stop).lowestNativeID ?? .max)
      changes.append(.raiseStartingID(to: first))
    } else {
      changes += present.raise(to: present.nextID, wanted: wanted)
    }
    try await runner.make(changes, schema)
    let after = try await summary(of: lanes.target).nextID
    let needed = try await summary(of: lanes.source).firstFreeID - 1
    guard after > needed else { throw MigrationError.startingIDTooLow(next: after, needed: needed) }
    if !changes.isEmpty, present.startingID != nil, present.old == nil {
      try await lanes.withLane(stop, hasBeenReached: true) { lane in
        try await Journal().record(
          "offset-repaired", detail: "the next native id was \(present.nextID) and is \(after) now", lane.target)
      }
    }
    return Repair(
      nextIDBefore: present.nextID, nextIDAfter: after, steps: [step],
      report: try await StartingIDReport(lanes: lanes, stop: stop))
  }
}

extension Runway {
  /// The highest rate at which the original table has handed out ids lately, for ``idCount(idsPerSecond:)``; nil if it cannot be told.
  ///
  /// - Throws: `HistoryStoreError`.
  package static func measuredRate(of lanes: any LaneProvider) async throws -> Double? {
    try await withSession(lanes.source) { session in
      let rates = try await WriteRate.all(try await session.summary(), session)
      return rates.map(\.idsPerSecond).max()
    }
  }
}
