internal import StudentModuleHistory

/// A slice of a site's records, made one after the other.
struct DemoRecords: Sequence, Sendable {
  let history: DemoHistory
  let indices: Range<Int>

  var underestimatedCount: Int { indices.count }

  func makeIterator() -> Iterator {
    Iterator(history: history, indices: indices)
  }

  struct Iterator: IteratorProtocol {
    private let history: DemoHistory
    private var indices: Range<Int>
    private var turn: DemoSchedule.Turn
    private var writer = CapaStateWriter()

    init(history: DemoHistory, indices: Range<Int>) {
      self.history = history
      self.indices = indices
      turn = indices.isEmpty ? DemoSchedule.Turn(round: 0, place: 0) : history.schedule.turn(at: indices.lowerBound)
    }

    mutating func next() -> HistoryRecord? {
      guard !indices.isEmpty else { return nil }
      while true {
        let turn = self.turn
        self.turn = history.schedule.turn(after: turn)
        guard let (module, attempt) = history.schedule.module(at: turn) else { continue }
        let id = history.options.firstID + UInt64(indices.lowerBound)
        indices = indices.lowerBound + 1..<indices.upperBound
        return history.record(
          id: id, module: module, attempt: attempt,
          isLast: attempt == history.schedule.attemptCount(ofModule: module) - 1, created: history.clock.time(of: turn),
          by: history.author(ofModule: module), writer: &writer)
      }
    }
  }
}
