internal import MigrationBase
internal import MigrationJournal
internal import StudentModuleHistory

/// Lanes for whoever copies, mends, moves or removes rows: each is opened only while the journal and the original database's record agree.
///
/// A server that went back in time has closed its connections, so that whoever works with it comes by here.
struct AgreeingLanes: LaneProvider {
  private let lanes: any LaneProvider
  private let stop: StopSignal

  init(_ lanes: any LaneProvider, _ stop: StopSignal) {
    self.lanes = (lanes as? AgreeingLanes)?.lanes ?? lanes
    self.stop = stop
  }

  var source: any HistoryStore { lanes.source }

  var target: any HistoryStore { lanes.target }

  /// - Throws: ``MigrationError/recordMismatch(_:seen:)``.
  func openLane() async throws -> Lane {
    let lane = try await lanes.openLane()
    do {
      _ = try await lane.agreement(stop)
      return lane
    } catch {
      await lane.close()
      throw error
    }
  }

  func isTargetThere() async throws -> Bool { try await lanes.isTargetThere() }

  func lanes(_ direction: Direction) -> any LaneProvider { AgreeingLanes(lanes.lanes(direction), stop) }

  func schema(_ side: HistorySide) -> any SchemaChanges { lanes.schema(side) }

  func refuseSameDatabase() async throws { try await lanes.refuseSameDatabase() }

  func requirePrivileges(for steps: [PrivilegedStep]) async throws { try await lanes.requirePrivileges(for: steps) }
}

extension Lane {
  /// How the journal and the record stand to each other, where they agree or are a crash apart.
  ///
  /// - Throws: ``MigrationError/recordMismatch(_:seen:)``; `transient` if somebody drains so fast that the two cannot be read together.
  func agreement(_ stop: StopSignal) async throws -> (standing: RecordStanding, record: DrainRecord?) {
    let journal = Journal()
    var last: (DrainKnowledge?, DrainRecord?)?
    // The two are not read at one moment, and another process may drain: what contradicts itself then looks different each time.
    for attempt in 0..<8 {
      if attempt > 0 { try await stop.environment.sleep(for: .milliseconds(50 << min(attempt, 4))) }
      let (standing, known, record) = try await journal.recordStanding(original: original, extended: extended)
      guard case .mismatch(let mismatch) = standing else { return (standing, record) }
      if let last, last == (known, record) {
        throw MigrationError.recordMismatch(mismatch, seen: Self.seen(known, record))
      }
      last = (known, record)
    }
    throw HistoryStoreError(.transient, side: .original, "another process drains: its record changes all the time")
  }

  static func seen(_ journal: DrainKnowledge?, _ record: DrainRecord?) -> String {
    let own =
      journal.map { "the journal \($0.identity) has the number \($0.number) and \($0.liveCount) ranges drained" }
      ?? "there is no journal"
    let other =
      record.map {
        "the original database's record of \($0.identity) has the number \($0.number) and \($0.liveCount) ranges drained"
      } ?? "there is no record in the original database"
    return "\(own), \(other)"
  }
}
