/// A record of a history, and the table that it was read from.
public struct HistoryEntry: Sendable, Hashable {
  /// As the table holds it.
  public let record: HistoryRecord

  /// The table that it was read from; the original one for a record that was copied and still stands in both.
  public let table: HistorySide

  /// An entry of one's own, for tests.
  public init(record: HistoryRecord, table: HistorySide) {
    self.record = record
    self.table = table
  }
}

/// A part of a history, the newest records first.
public struct HistoryPage: Sendable, Hashable {
  /// The records; as many as were asked for, unless there are no more.
  public var entries: [HistoryEntry]

  /// Where the next page begins, or nil after the last one.
  public var next: HistoryCursor?

  /// Ids of this page that both tables have with different content: their rows were written with an id that is too low. Both are
  /// among the entries. A request for more than ``HistoryRouter/usualPageSize`` records of one student module need not compare
  /// proven copies: ``HistoryRouter/provenBelow``.
  public var collisions: [UInt64]
}

/// A place in a history: from where on each table is still to be read. Records that are written later do not move it.
public struct HistoryCursor: Sendable, Hashable, LosslessStringConvertible {
  /// Records of the extended table with smaller ids come next; nil for all, 0 for none.
  var extendedBelow: UInt64?

  /// The same for the original table.
  var originalBelow: UInt64?

  /// Before the newest record.
  public static let start = HistoryCursor(extendedBelow: nil, originalBelow: nil)

  init(extendedBelow: UInt64?, originalBelow: UInt64?) {
    self.extendedBelow = extendedBelow
    self.originalBelow = originalBelow
  }

  /// Reads what ``description`` writes; nil for anything else.
  public init?(_ text: String) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count == 2, let extended = Self.place(parts[0], "e"), let original = Self.place(parts[1], "o") else {
      return nil
    }
    extendedBelow = extended.id
    originalBelow = original.id
  }

  /// `e1200-o84`: a letter alone stands for a table that was not begun.
  public var description: String {
    "e\(extendedBelow.map { String($0) } ?? "")-o\(originalBelow.map { String($0) } ?? "")"
  }

  private static func place(_ text: Substring, _ letter: Character) -> (id: UInt64?, Void)? {
    guard text.first == letter else { return nil }
    let digits = text.dropFirst()
    if digits.isEmpty { return (nil, ()) }
    guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), let id = UInt64(digits) else { return nil }
    return (id, ())
  }
}
