internal import MigrationBase
internal import MigrationJournal
package import StudentModuleHistory

/// Where the way back stands, as the two journals tell it.
package struct WayBack: Sendable, Hashable, Codable {
  package enum Stage: String, Sendable, Hashable, Codable {
    /// It was begun; not everything that the extended table held then is back.
    case begun
    /// The bulk is back, and compared equal; the LMS may still write to the extended table.
    case bulkIsBack = "bulk-is-back"
    /// Everything stands in the original table, and the LMS writes there.
    case ended
  }

  package var stage: Stage

  /// When it was begun, or, once it has ended, when that was (UTC).
  package var at: String

  /// How many rows its journal holds as copied or found equal, and how many of its ranges are stopped or differ.
  package var rows: UInt64
  package var problemRanges: UInt64

  package init(stage: Stage, at: String, rows: UInt64 = 0, problemRanges: UInt64 = 0) {
    self.stage = stage
    self.at = at
    self.rows = rows
    self.problemRanges = problemRanges
  }

  package var isUnderWay: Bool { stage != .ended }

  /// In a sentence without a full stop.
  package var sentence: String {
    let when = "\(at.prefix(19)) UTC"
    switch stage {
    case .begun: return "under way since \(when), \(Format.count(rows)) rows are back" + problems
    case .bulkIsBack: return "under way since \(when), the bulk is back: \(Format.count(rows)) rows" + problems
    case .ended: return "ended \(when): everything stands in the original table"
    }
  }

  private var problems: String { problemRanges > 0 ? ", \(problemRanges) ranges with problems" : "" }
}

extension Journal {
  /// The events of the first journal that tell when a way back was begun, and when it had ended.
  static let returnBegunKind = "return-begun"
  static let returnedKind = "returned"

  /// What the two journals say of a way back; nil without one, and after one from which the installation has come forth again.
  ///
  /// - Parameters:
  ///   - original: on the database with the journal of the way back; nil if it is gone.
  ///   - drainedAt: when a range was drained last: what was brought back before is of no use since.
  package func wayBack(
    from extended: any HistorySession, to original: (any HistorySession)?, drainedAt: String?
  ) async throws -> WayBack? {
    guard let event = try await latest([Self.returnBegunKind, Self.returnedKind], extended) else { return nil }
    guard event.kind == Self.returnBegunKind else {
      let later = try await latest([Self.returnedKind, "fence", "catch-up", CopyRun.startKind], extended)
      return later?.kind == Self.returnedKind ? WayBack(stage: .ended, at: event.happenedAt) : nil
    }
    if let drainedAt, drainedAt > event.happenedAt { return nil }
    let begun = WayBack(stage: .begun, at: event.happenedAt)
    guard let original else { return begun }
    do {
      guard let record = try await migrationIfAny(original) else { return begun }
      let totals = try await totals(original)
      return WayBack(
        stage: record.phase.isVerified ? .bulkIsBack : .begun, at: event.happenedAt, rows: totals.rowCount,
        problemRanges: (totals.rangeCount[.stopped] ?? 0) + (totals.rangeCount[.differs] ?? 0))
    } catch is MigrationError {
      return begun
    } catch let error as HistoryStoreError where error.kind == .notPermitted {
      // Who may not read it is told that it was begun.
      return begun
    }
  }
}
