package import StudentModuleHistory

/// Learners who go on working while their history is being moved: new attempts, new student modules, some deletions.
///
/// Only decides; the caller writes, at its own pace. The same seed and the same times give the same actions. Several
/// writers share a site without meeting: each has its own student modules (by remainder), old and new ones.
/// Keep the value for as long as the site lives: a new one begins the same student modules again.
package struct LiveLearners: Sendable {
  /// What a learner, or an instructor, does next.
  package enum Action: Sendable, Hashable {
    /// Opens a problem for the first time: insert the student module and the record.
    case begin(DemoHistory.StudentModule, HistoryRecord)

    /// Works on: update the student module's state, grades and `modified`, and insert the record.
    case attempt(DemoHistory.StudentModule, HistoryRecord)

    /// Is deleted: delete the student module and, as Open edX does, its records in both tables.
    case delete(studentModuleID: UInt64)
  }

  private let history: DemoHistory
  private let writer: Int
  private let writerCount: Int
  private var random: SplitMix64
  private var stateWriter = CapaStateWriter()
  /// What differs from the history as it was generated: grows with the actions taken, not with the site.
  private var changes: [Int: Change] = [:]
  /// Begun live and still there, oldest first.
  private var begun: [Int] = []
  private var beginCount = 0

  private enum Change {
    case worked(attemptCount: Int, created: HistoryTimestamp)
    case deleted
  }

  /// - Parameters:
  ///   - history: The site, filled from this very history.
  ///   - seed: What all choices come from. Default: 1.
  ///   - writer: Which of the writers this is, from 0 on. Default: 0.
  ///   - writerCount: How many writers there are. Default: 1.
  package init(history: DemoHistory, seed: UInt64 = 1, writer: Int = 0, writerCount: Int = 1) {
    precondition((0..<writerCount).contains(writer), "no writer \(writer) of \(writerCount)")
    self.history = history
    self.writer = writer
    self.writerCount = writerCount
    random = SplitMix64(seed: seed, 0x11fe, UInt64(writer))
  }

  /// The next action, at the given time, which should be later than the history and rise from call to call.
  ///
  /// Records have the id 0: the database gives them theirs. Student modules keep the ids given here.
  package mutating func next(at time: HistoryTimestamp) -> Action {
    let chance = random.below(100)
    guard chance >= 20, let module = present() else { return begin(at: time) }
    if chance < 22 {
      changes[module] = .deleted
      begun.removeAll { $0 == module }
      return .delete(studentModuleID: history.options.firstStudentModuleID + UInt64(module))
    }
    let (attemptCount, created) = progress(of: module)
    let (studentModule, record) = work(on: module, attempt: attemptCount, created: created, at: time)
    return .attempt(studentModule, record)
  }

  private mutating func begin(at time: HistoryTimestamp) -> Action {
    let module = history.schedule.moduleCount + writer + beginCount * writerCount
    beginCount += 1
    begun.append(module)
    let (studentModule, record) = work(on: module, attempt: 0, created: time, at: time)
    return .begin(studentModule, record)
  }

  private mutating func work(
    on module: Int, attempt: Int, created: HistoryTimestamp, at time: HistoryTimestamp
  ) -> (DemoHistory.StudentModule, HistoryRecord) {
    changes[module] = .worked(attemptCount: attempt + 1, created: created)
    let record = history.record(
      id: 0, module: module, attempt: attempt, isLast: random.oneIn(3), created: time,
      by: history.author(ofModule: module), writer: &stateWriter)
    return (history.studentModule(atIndex: module, created: created, newest: record), record)
  }

  /// How many records a student module has by now, and since when it exists.
  private func progress(of module: Int) -> (attemptCount: Int, created: HistoryTimestamp) {
    if case .worked(let attemptCount, let created) = changes[module] { return (attemptCount, created) }
    let schedule = history.schedule
    return (
      schedule.attemptCount(ofModule: module), history.clock.time(of: schedule.turn(ofModule: module, attempt: 0))
    )
  }

  /// A student module of this writer that has not been deleted, half of the time one that was begun a moment ago.
  private mutating func present() -> Int? {
    if !begun.isEmpty, random.oneIn(2) { return begun[begun.count - 1 - random.below(min(64, begun.count))] }
    let count = (history.schedule.moduleCount - writer + writerCount - 1) / writerCount
    guard count > 0 else { return nil }
    // On a site that is nearly empty by now, rather begin something new than search for the last ones.
    for _ in 0..<8 {
      let module = writer + random.below(count) * writerCount
      if case .deleted = changes[module] { continue }
      return module
    }
    return nil
  }
}
