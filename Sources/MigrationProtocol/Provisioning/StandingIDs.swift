internal import MigrationBase
package import StudentModuleHistory

/// Rows of the extended table at or below the largest original id: the lowest and the highest thousand of them.
package struct StandingIDs: Sendable, Hashable {
  /// How many were looked at.
  package var rowCount: Int

  /// Those that the original table does not have.
  package var withoutOriginal: [UInt64]

  /// Those whose original row has another student module or another `created`, to the second.
  package var different: [UInt64]

  package init(rowCount: Int, withoutOriginal: [UInt64], different: [UInt64]) {
    self.rowCount = rowCount
    self.withoutOriginal = withoutOriginal
    self.different = different
  }
}

extension StandingIDs {
  static let rowsPerEnd = 1_000

  /// Compares the lowest and the highest rows of the extended table among the original ids with their originals.
  ///
  /// By student module and second: two different answers hardly share both, and neither changes with a column's precision or
  /// character set. Verification compares everything.
  package init(_ lanes: any LaneProvider, _ environment: Environment) async throws {
    self = try await withClosing(try await lanes.openLane()) { lane in
      var standing = try await StandingIDs(lane)
      standing.withoutOriginal = try await SecondLook(environment: environment).staying(standing.withoutOriginal, lane)
      return standing
    }
  }

  init(_ lane: Lane) async throws {
    self = try await {
      guard let bound = try await lane.source.summary().ids?.upper else {
        return StandingIDs(rowCount: 0, withoutOriginal: [], different: [])
      }
      var extended: [UInt64: String] = [:]
      for order in [RowSelection.Order.ascending, .descending] {
        let rows = try await lane.target.keys(RowSelection(through: bound, order: order, limit: Self.rowsPerEnd))
        extended.merge(Self.identities(rows)) { first, _ in first }
      }
      guard !extended.isEmpty else { return StandingIDs(rowCount: 0, withoutOriginal: [], different: []) }
      let original = Self.identities(try await lane.source.keys(RowSelection(ids: extended.keys.sorted())))
      return StandingIDs(
        rowCount: extended.count, withoutOriginal: extended.keys.filter { original[$0] == nil }.sorted(),
        different: extended.filter { id, identity in original[id].map { $0 != identity } ?? false }.keys.sorted())
    }()
  }

  static func identities(_ rows: [RowKey]) -> [UInt64: String] {
    Dictionary(rows.map { ($0.id, $0.identity) }, uniquingKeysWith: { first, _ in first })
  }
}
