internal import MigrationBase
internal import MigrationJournal
internal import StudentModuleHistory

/// Goes over the rows of the extended table that may be native, from the highest id down, in small windows.
struct RowWalk {
  let journal: Journal
  let keeper: ReconnectingLane
  let stop: StopSignal

  /// The most rows of a window where a pace allows fewer than usual.
  var rowCount: Int?

  /// The most rows of a window, and the most bytes of their states. A single row may be larger.
  static let windowRowCount = 500
  static let windowByteCount: UInt64 = 8 << 20

  /// Classifies every row with an id below `end`, as ``run(below:shift:visit:)`` does, or says that it was stopped: numbers that others
  /// build on have to speak of all rows.
  ///
  /// - Throws: ``StoppedError``; what the databases throw.
  func whole(below end: UInt64, shift: IDShift) async throws -> RowSurvey {
    let survey = try await run(below: end, shift: shift)
    guard !stop.isRequested else { throw StoppedError(reason: "not all rows were looked at") }
    return survey
  }

  /// Classifies every row with an id below `end`, or those that are met until a stop is asked for, but those of ranges that hold nothing but proven copies.
  ///
  /// - Parameters:
  ///   - shift: enters the digest of the native rows.
  ///   - visit: is given the native rows of each window that has any, by descending id.
  func run(
    below end: UInt64, shift: IDShift, visit: ([UInt64]) async throws -> Void = { _ in }
  ) async throws -> RowSurvey {
    let classifier = RowClassifier(journal: journal)
    var survey = RowSurvey()
    // Where many rows are native, all of them stay: the first looks are enough to see a deletion at work.
    var patience = SecondLook(environment: stop.environment).patience
    let spans = try await keeper.read { try await journal.copiedSpans($0.target) }
    for gap in Self.gaps(between: spans, below: end).reversed() {
      var upper: UInt64? = gap.upper
      while let from = upper, !stop.isRequested {
        let page = try await keeper.read { try await Self.page(IDRange(gap.lower, from), $0.target) }
        guard let last = page.last else { break }
        upper = last.id > gap.lower ? last.id - 1 : nil
        if try await keeper.read({ try await Self.areCopies(page, $0) }) { continue }
        for window in Self.windows(page, rowCount: rowCount) where !stop.isRequested {
          let look = SecondLook(environment: stop.environment, patience: patience)
          let start = stop.environment.now()
          let (standings, moved) = try await keeper.read { lane in
            let standings = try await classifier.standings(of: window, locking: false, again: look, lane)
            let natives = window.filter { standings[$0] == .native }
            return (standings, try await lane.target.rowHashes(ids: natives, shiftedBy: shift, locking: .none))
          }
          if !moved.isEmpty { patience = max(.zero, patience - (stop.environment.now() - start)) }
          for (id, hash) in moved { survey.addNative(id, hash) }
          for id in window { if let standing = standings[id] { survey.add(id, standing) } }
          if !moved.isEmpty { try await visit(moved.map(\.id).reversed()) }
        }
      }
    }
    return survey
  }

  /// What lies between ascending spans, below `end`.
  static func gaps(between spans: [IDRange], below end: UInt64) -> [IDRange] {
    var gaps: [IDRange] = []
    var lower: UInt64 = 0
    for span in spans where span.lower < end {
      if lower < span.lower { gaps.append(IDRange(lower, span.lower - 1)) }
      lower = span.upper + 1
    }
    if lower < end { gaps.append(IDRange(lower, end - 1)) }
    return gaps
  }

  /// A page cut into windows.
  static func windows(_ page: [(id: UInt64, byteCount: UInt64)], rowCount: Int? = nil) -> [[UInt64]] {
    let most = min(rowCount ?? windowRowCount, windowRowCount)
    var windows: [[UInt64]] = []
    var window: [UInt64] = []
    var byteCount: UInt64 = 0
    for row in page {
      if window.count == most || (!window.isEmpty && byteCount + row.byteCount > windowByteCount) {
        windows.append(window)
        window = []
        byteCount = 0
      }
      window.append(row.id)
      byteCount += row.byteCount
    }
    if !window.isEmpty { windows.append(window) }
    return windows
  }

  private static let pageRowCount = 5_000

  /// The highest rows of a range, by descending id, with the sizes of their states.
  static func page(
    _ range: IDRange, order: RowSelection.Order = .descending, _ session: any HistorySession
  ) async throws -> [(id: UInt64, byteCount: UInt64)] {
    try await session.sizes(RowSelection(in: range, order: order, limit: pageRowCount)).map {
      ($0.id, $0.stateByteCount)
    }
  }

  /// Whether a page of ids without large gaps is equal on both sides: one digest of each, as an older script's copies can be many.
  private static func areCopies(
    _ page: [(id: UInt64, byteCount: UInt64)], _ lane: Lane
  ) async throws -> Bool {
    guard let first = page.first, let last = page.last, page.count > windowRowCount else { return false }
    let range = IDRange(last.id, first.id)
    guard range.idCount <= UInt64(2 * page.count) else { return false }
    let original = try await lane.source.digest(of: range, locking: false, measuring: false).digest
    return try await lane.target.digest(of: range, locking: false, measuring: false).digest == original
  }
}
