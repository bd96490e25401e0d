internal import StudentModuleHistory

/// Rows that stand in the extended table where a range is about to be copied: by an older script, or written by the LMS itself.
struct StandingRows: Sendable {
  /// How many rows more than the original has a range may hold before they are not listed any more.
  static let limit = 100_000

  private var hashes: [UInt64: RowHash] = [:]

  /// How many of them were found to equal the original.
  private(set) var adoptedRowCount: UInt64 = 0
  private(set) var differing: [UInt64] = []

  init() {}

  init(_ rows: [(id: UInt64, hash: RowHash)]) {
    hashes = Dictionary(rows.map { ($0.id, $0.hash) }) { first, _ in first }
  }

  var isEmpty: Bool { hashes.isEmpty }

  /// Compares an original row with the one that stands under its id. Returns false if none does.
  mutating func adopt(_ id: UInt64, _ hash: RowHash) -> Bool {
    guard !hashes.isEmpty, let standing = hashes.removeValue(forKey: id) else { return false }
    if standing == hash {
      adoptedRowCount += 1
    } else {
      differing.append(id)
    }
    return true
  }

  /// Throws what stands in the way: rows that differ, and those at or below `upper` that the original does not have.
  func check(through upper: UInt64) throws {
    try Self.refuse(differing: differing, strangers: hashes.keys.filter { $0 <= upper }.sorted())
  }

  static func refuse(differing: [UInt64], strangers: [UInt64]) throws {
    if !differing.isEmpty { throw RangeProblem.collisions(Array(differing.prefix(RangeProblem.listedIDCount))) }
    if !strangers.isEmpty { throw RangeProblem.strangers(Array(strangers.prefix(RangeProblem.listedIDCount))) }
  }
}
