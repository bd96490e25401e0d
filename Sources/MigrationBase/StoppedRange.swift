package import StudentModuleHistory

/// A range that cannot be copied until an operator has looked at it, and why.
package struct StoppedRange: Sendable, Hashable {
  /// A row on which the two tables do not agree, as both have it.
  package struct Row: Sendable, Hashable {
    package let id: UInt64
    package let original: HistoryRecord?
    package let extended: HistoryRecord?

    /// The columns that differ, if both sides have the row.
    package var columns: [String] {
      guard let original, let extended else { return [] }
      return original.differingColumns(from: extended)
    }

    /// The row and the columns that differ: `the row 13 (grade)`.
    package var sentence: String {
      let columns = columns
      return "the row \(id)" + (columns.isEmpty ? "" : " (\(columns.joined(separator: ", ")))")
    }
  }

  package let range: IDRange

  /// One sentence.
  package let reason: String

  /// What the operator can do.
  package let remedy: Remedy?

  /// The first few rows that stand in the way, from both sides.
  package let rows: [Row]

  package init(range: IDRange, reason: String, remedy: Remedy? = nil, rows: [Row]) {
    self.range = range
    self.reason = reason
    self.remedy = remedy
    self.rows = rows
  }
}

extension StoppedRange {
  /// Reads what stands in the way of a range.
  package init(_ range: IDRange, _ problem: RangeProblem, lane: Lane) async throws {
    self.range = range
    // On the way back the two tables are in each other's place.
    let (source, target) = (lane.source.side.rawValue, lane.target.side.rawValue)
    let isWayBack = lane.direction == .back
    let command = isWayBack ? "return" : "copy"
    switch problem {
    case .collisions(let ids):
      reason =
        "\(ids.count == 1 ? "the id" : "ids") \(Self.list(ids)) stand\(ids.count == 1 ? "s" : "") in both tables with different"
        + " content: a collision"
      remedy = Remedy(isWayBack ? .resolveCollisionOnReturn : .resolveCollision)
      rows = try await Self.rows(ids, lane)
    case .strangers(let ids):
      reason =
        "the \(target) table holds \(ids.count == 1 ? "the row" : "rows") \(Self.list(ids)) among ids of the \(source) table,"
        + " which does not have \(ids.count == 1 ? "it" : "them")"
      remedy = Remedy(isWayBack ? .resolveStrangersOnReturn : .resolveStrangers)
      rows = try await Self.rows(ids, lane)
    case .rowTooLarge(let id, let byteCount, let limit):
      // The run ends with this error, which is what is printed.
      reason =
        "the row \(id) takes \(byteCount) bytes as a statement, more than max_allowed_packet of the target (\(limit))"
      remedy =
        MigrationError.rowTooLarge(
          id: id, byteCount: byteCount, limit: limit, target: lane.target.side.rawValue
        ).remedy
      rows = []
    case .valueRejected(let id, let column, let message):
      reason =
        Self.place(id, column, range) + " cannot be held exactly by the \(target) table: \(message)"
      remedy = Remedy(.widenColumn, target, command)
      rows = if let id { try await Self.rows([id], lane) } else { [] }
    case .constraint(let id, let column, let message, let removal):
      reason = Self.place(id, column, range) + " is refused by the \(target) table: \(message)"
      remedy =
        removal.map { Remedy(.changeRowOrConstraint, source, $0.asSentence, command) }
        ?? Remedy(.changeRow, source, command)
      rows = if let id { try await Self.rows([id], lane) } else { [] }
    case .transactionTooLarge(let id, let message, let removal):
      reason = "the row \(id) alone takes more than a transaction of the \(target) table may have: \(message)"
      remedy = removal.map { Remedy(.smallerRow, $0.asSentence, command) }
      rows = []
    }
  }

  private static func place(_ id: UInt64?, _ column: String?, _ range: IDRange) -> String {
    (id.map { "the row \($0)" } ?? "a row of the range \(range)") + (column.map { ", column \($0)," } ?? "")
  }

  private static func list(_ ids: [UInt64]) -> String {
    ids.prefix(5).map(String.init).joined(separator: ", ") + (ids.count > 5 ? " and more" : "")
  }

  package static func rows(_ ids: [UInt64], _ lane: Lane) async throws -> [Row] {
    var rows: [Row] = []
    for id in ids.prefix(5) {
      let (source, target) = (try await lane.source.record(id), try await lane.target.record(id))
      rows.append(
        Row(
          id: id, original: lane.direction == .back ? target : source,
          extended: lane.direction == .back ? source : target))
    }
    return rows
  }
}
