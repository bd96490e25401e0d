/// What is to happen at a virtual time, the earliest first; at the same time in the order in which it was asked for.
struct TimerQueue {
  private struct Entry {
    let time: Duration
    let number: UInt64

    static func < (left: Entry, right: Entry) -> Bool { (left.time, left.number) < (right.time, right.number) }
  }

  /// A binary heap. Entries whose action is gone are left out when they come to the top.
  private var heap: [Entry] = []
  private var actions: [UInt64: @Sendable () -> Void] = [:]

  var isEmpty: Bool { actions.isEmpty }

  mutating func add(at time: Duration, number: UInt64, action: @escaping @Sendable () -> Void) {
    actions[number] = action
    heap.append(Entry(time: time, number: number))
    var child = heap.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard heap[child] < heap[parent] else { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  /// Forgets an action.
  mutating func cancel(_ number: UInt64) { actions[number] = nil }

  /// Takes out what comes first.
  mutating func popFirst() -> (time: Duration, action: @Sendable () -> Void)? {
    while let first = heap.first {
      let last = heap.removeLast()
      if !heap.isEmpty {
        heap[0] = last
        sink()
      }
      if let action = actions.removeValue(forKey: first.number) { return (first.time, action) }
    }
    return nil
  }

  private mutating func sink() {
    var parent = 0
    while true {
      var smallest = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < heap.count && heap[child] < heap[smallest] {
        smallest = child
      }
      guard smallest != parent else { return }
      heap.swapAt(parent, smallest)
      parent = smallest
    }
  }
}
