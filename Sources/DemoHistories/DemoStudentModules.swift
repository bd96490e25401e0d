/// A slice of a site's student modules, made one after the other.
struct DemoStudentModules: Sequence, Sendable {
  let history: DemoHistory
  let ids: Range<UInt64>

  var underestimatedCount: Int { ids.count }

  func makeIterator() -> Iterator {
    Iterator(history: history, ids: ids)
  }

  struct Iterator: IteratorProtocol {
    private let history: DemoHistory
    private var ids: Range<UInt64>
    private var writer = CapaStateWriter()

    init(history: DemoHistory, ids: Range<UInt64>) {
      self.history = history
      self.ids = ids
    }

    mutating func next() -> DemoHistory.StudentModule? {
      guard let id = ids.first else { return nil }
      ids = id + 1..<ids.upperBound
      return history.studentModule(atIndex: Int(id - history.options.firstStudentModuleID), writer: &writer)
    }
  }
}
