internal import Foundation
internal import StudentModuleHistory
internal import Synchronization

/// Runs every job of a simulation one at a time, on a thread of its own, in an order that a seed decides. Time is virtual: it moves on
/// when nothing is left to run.
///
/// It takes the jobs of `Task(executorPreference:)`, of all its children, and of the default actors that they call. A `Task { }` or
/// `Task.detached` leaves it, which is seen when its first job comes back from another thread.
package final class Scheduler: TaskExecutor, @unchecked Sendable {
  private struct Jobs {
    var ready: [UnownedJob] = []
    var escapedCount = 0

    /// nil until the loop begins.
    var thread: LoopThread?

    /// Whether the task that waits for the end was cancelled.
    var isCancelled = false
  }

  /// The only part that other threads may reach.
  private let jobs = Mutex(Jobs())

  private var generator: SplitMix64
  private let order: JobOrder

  /// How often more than one job was ready.
  package private(set) var choiceCount = 0

  var timers = TimerQueue()
  private var lastNumber: UInt64 = 0

  /// The virtual time since the simulation began.
  package internal(set) var now = Duration.zero

  /// How many jobs have been run.
  package private(set) var stepCount = 0

  /// The waits that have not ended, by their numbers.
  var waits: [UInt64: Wait] = [:]

  /// Whether the simulation was given up: nobody waits any more.
  private(set) var isOver = false

  /// Says who has not ended, for the report of a hang.
  var unfinished: () -> [String] = { [] }

  private let stepLimit: Int
  private let timeLimit: Duration

  package init(seed: UInt64, order: JobOrder = .drawn, stepLimit: Int, timeLimit: Duration) {
    self.order = order
    generator = SplitMix64(seed: seed, 0x5c4ed)
    self.stepLimit = stepLimit
    self.timeLimit = timeLimit
  }

  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    jobs.withLock { jobs in
      if jobs.thread?.isCurrent == false { jobs.escapedCount += 1 }
      jobs.ready.append(job)
    }
  }

  /// Stops the program if something reaches into the simulation from another thread.
  func assertOnLoop() {
    precondition(
      jobs.withLock { $0.thread?.isCurrent == true }, "the simulation was reached from outside of its executor")
  }

  /// A number that nothing else has.
  func nextNumber() -> UInt64 {
    lastNumber += 1
    return lastNumber
  }

  /// Runs `body` and everything that it starts, until `body` has ended.
  ///
  /// - Throws: ``SimulationFailure``; what `body` throws.
  func run(_ body: @escaping @Sendable () async throws -> Void) async throws {
    // Made here, so that it has the task-local values of whoever asks: a test's expectations belong to the test.
    let root = Task(executorPreference: self) {
      let result: Result<Void, any Error>
      do {
        try await body()
        result = .success(())
      } catch {
        result = .failure(error)
      }
      self.rootResult = result
    }
    let result = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let thread = Thread { continuation.resume(returning: self.loop(root)) }
        thread.stackSize = 16 << 20
        thread.start()
      }
    } onCancel: {
      jobs.withLock { $0.isCancelled = true }
    }
    try result.get()
  }

  /// Forgets what was left, which would keep the simulation in memory.
  func dismantle() {
    timers = TimerQueue()
    waits = [:]
  }

  private func loop(_ root: Task<Void, Never>) -> Result<Void, any Error> {
    jobs.withLock { $0.thread = .current }
    var failure: SimulationFailure?
    while rootResult == nil, failure == nil {
      if !runNextJob() { failure = moveOn() }
      if stepCount > stepLimit || jobs.withLock({ $0.isCancelled }) { failure = doesNotEnd }
    }
    if failure != nil { giveUp(root) }
    // What the end has set free; nothing waits for the clock any more.
    var rest = 1_000_000
    while rest > 0, runNextJob() { rest -= 1 }
    let escapedCount = jobs.withLock { $0.escapedCount }
    if escapedCount > 0 { return .failure(SimulationFailure.hasEscaped(jobCount: escapedCount)) }
    return failure.map { .failure($0) } ?? rootResult ?? .success(())
  }

  private var rootResult: Result<Void, any Error>?

  private func runNextJob() -> Bool {
    let job = jobs.withLock { jobs -> UnownedJob? in
      guard !jobs.ready.isEmpty else { return nil }
      return jobs.ready.remove(at: jobs.ready.count == 1 ? 0 : choice(of: jobs.ready.count))
    }
    guard let job else { return false }
    stepCount += 1
    job.runSynchronously(on: asUnownedTaskExecutor())
    return true
  }

  private func choice(of count: Int) -> Int {
    choiceCount += 1
    return switch order {
    case .drawn: generator.below(count)
    case .firstComeFirstServed(let exception): choiceCount == exception ? 1 : 0
    }
  }

  /// Nothing can run: moves the clock to whatever comes first.
  private func moveOn() -> SimulationFailure? {
    guard let (time, action) = timers.popFirst() else {
      return isAnswered ? nil : .hangs(at: now, waiting: waiting)
    }
    now = max(now, time)
    guard now <= timeLimit else { return doesNotEnd }
    action()
    return nil
  }

  /// Whether a job comes from another thread in a moment: then it is no hang, but something has escaped.
  private var isAnswered: Bool {
    for _ in 0..<20 {
      if jobs.withLock({ !$0.ready.isEmpty }) { return true }
      usleep(5_000)
    }
    return false
  }

  private var doesNotEnd: SimulationFailure { .doesNotEnd(at: now, stepCount: stepCount, waiting: waiting) }

  private var waiting: [String] {
    unfinished() + waits.keys.sorted().compactMap { waits[$0].map { "\($0.who) waits for \($0.reason)" } }
  }

  /// Ends every wait, so that the tasks of a simulation that failed come to their ends.
  private func giveUp(_ root: Task<Void, Never>) {
    isOver = true
    root.cancel()
    for number in waits.keys.sorted() { waits[number]?.end(.cancelled) }
    while rootResult == nil {
      if runNextJob() { continue }
      guard let (_, action) = timers.popFirst() else { return }
      action()
      if stepCount > stepLimit + 1_000_000 { return }
    }
  }
}
