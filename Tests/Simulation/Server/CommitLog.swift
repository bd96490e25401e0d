/// What a server has committed lately, so that it can forget a part of it: always the last, in the order of the commits.
final class CommitLog: @unchecked Sendable {
  /// For how long commits may be forgotten: a server that does not flush at each commit flushes each second.
  static let reach = Duration.seconds(1)

  private let scheduler: Scheduler
  private var entries: [(time: Duration, undo: () -> Void)] = []

  init(_ scheduler: Scheduler) {
    self.scheduler = scheduler
  }

  /// Something became visible to all, or a counter moved.
  func add(_ undo: @escaping () -> Void) {
    entries.append((scheduler.now, undo))
    guard entries.count >= 4_096, let first = entries.firstIndex(where: { $0.time >= scheduler.now - Self.reach })
    else { return }
    entries.removeFirst(first)
  }

  /// Takes back what happened at a time or later.
  func forget(since time: Duration) {
    while let last = entries.last, last.time >= time { entries.removeLast().undo() }
  }

  /// Everything so far is on the disk.
  func clear() { entries.removeAll() }
}
