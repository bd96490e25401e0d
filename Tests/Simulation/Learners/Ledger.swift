package import StudentModuleHistory

/// The truth about what learners wrote and deleted, as far as their processes were told.
///
/// Every row carries a number of its own in its state, so that it is recognised wherever it stands.
package final class Ledger: @unchecked Sendable {
  /// Whether something has happened.
  package enum Certainty: Int, Sendable, Comparable {
    case no
    /// The answer was lost, or the server has forgotten its last commits.
    case maybe
    case surely

    package static func < (left: Certainty, right: Certainty) -> Bool { left.rawValue < right.rawValue }
  }

  /// Something that may have happened, and since when that is known.
  struct Fact: Sendable {
    private(set) var certainty = Certainty.no
    private var since = Duration.zero

    mutating func happened(_ certainty: Certainty, at time: Duration) {
      guard certainty > self.certainty else { return }
      self.certainty = certainty
      since = time
    }

    /// What became known since a time is in doubt.
    mutating func doubt(since time: Duration) { if certainty == .surely, since >= time { certainty = .maybe } }
  }

  /// What is known of one row.
  struct Entry: Sendable {
    let number: Int
    let side: HistorySide
    let studentModuleID: UInt64

    /// nil where the answer was lost that would have told it.
    var id: UInt64?

    /// The grades that it was given, one after the other; whether it was given the first one is ``written``.
    var grades: [(value: Double, given: Fact)]
    var written = Fact()
    var deleted: [HistorySide: Fact] = [:]

    /// The grades that it can have: the last one that it was surely given, and what may have come after it.
    var possibleGrades: [Double] {
      let last = grades.lastIndex { $0.given.certainty == .surely } ?? 0
      return grades[last...].map(\.value)
    }

    /// Whether it may have been deleted from anywhere.
    var mayBeDeleted: Bool { deleted.values.contains { $0.certainty > .no } }
  }

  private(set) var entries: [Entry] = []
  private let world: SimulatedWorld

  init(_ world: SimulatedWorld) {
    self.world = world
  }

  /// How many rows were surely written, and surely deleted, by side.
  package func writtenCount(_ side: HistorySide) -> Int {
    entries.count { $0.side == side && $0.written.certainty == .surely }
  }

  package func deletedCount(_ side: HistorySide) -> Int { entries.count { $0.deleted[side]?.certainty == .surely } }

  // MARK: Notes

  /// A new row, of which nothing is known yet. Returns its number, and what it looks like.
  func draft(
    _ side: HistorySide, module: UInt64, created: HistoryTimestamp, grade: Double, filler: Int = 0
  ) -> HistoryRecord {
    let number = entries.count + 1
    entries.append(Entry(number: number, side: side, studentModuleID: module, grades: [(grade, Fact())]))
    return HistoryRecord(
      id: 0, studentModuleID: module, created: created, state: Self.state(number, filler), grade: grade, maxGrade: 1)
  }

  /// A row was written: surely, or maybe.
  func wrote(_ record: HistoryRecord, id: UInt64?, _ certainty: Certainty) {
    guard let number = Self.number(of: record) else { return }
    if let id { entries[number - 1].id = id }
    entries[number - 1].written.happened(certainty, at: world.now)
  }

  /// A row was given another grade: surely, or maybe.
  func graded(_ record: HistoryRecord, _ grade: Double, _ certainty: Certainty) {
    guard let number = Self.number(of: record) else { return }
    if entries[number - 1].grades.last?.value != grade { entries[number - 1].grades.append((grade, Fact())) }
    let last = entries[number - 1].grades.count - 1
    entries[number - 1].grades[last].given.happened(certainty, at: world.now)
  }

  /// The rows of a student module were deleted from one table.
  func deleted(module: UInt64, from side: HistorySide, _ certainty: Certainty) {
    for index in entries.indices where entries[index].studentModuleID == module {
      let entry = entries[index]
      if side == .original, entry.side == .extended {
        // Its student module goes, and with it the row, where somebody looks for it.
        entries[index].deleted[.extended, default: Fact()].happened(.maybe, at: world.now)
        continue
      }
      // A native row that is on its way may come after the deletion: nothing keeps the two apart.
      let isOnItsWay = entry.side == .extended && entry.written.certainty != .surely
      entries[index].deleted[side, default: Fact()].happened(isOnItsWay ? .maybe : certainty, at: world.now)
    }
  }

  /// A server forgets what was committed since a time.
  func forgot(_ side: HistorySide, since time: Duration) {
    for index in entries.indices {
      if entries[index].side == side {
        entries[index].written.doubt(since: time)
        for grade in entries[index].grades.indices { entries[index].grades[grade].given.doubt(since: time) }
      }
      entries[index].deleted[side]?.doubt(since: time)
    }
  }

  // MARK: Marks

  private static let prefix = "{\"row\": "

  private static func state(_ number: Int, _ filler: Int) -> String {
    "\(prefix)\(number), \"text\": \"\(String(repeating: "x", count: filler))\"}"
  }

  /// The number that a row carries; nil if learners did not write it.
  static func number(of record: HistoryRecord) -> Int? {
    var number: Int?
    guard let state = record.state else { return nil }
    for byte in state.utf8.dropFirst(prefix.utf8.count) {
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { break }
      number = (number ?? 0) * 10 + Int(byte - UInt8(ascii: "0"))
    }
    return number
  }
}
