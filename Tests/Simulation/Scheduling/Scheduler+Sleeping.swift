extension Scheduler {
  /// Lets `action` happen at a virtual time.
  @discardableResult
  func at(_ time: Duration, _ action: @escaping @Sendable () -> Void) -> UInt64 {
    let number = nextNumber()
    timers.add(at: max(time, now), number: number, action: action)
    return number
  }

  /// Waits for some virtual time, whatever happens: as long as a statement or its answer is on its way.
  func pause(for duration: Duration) async {
    assertOnLoop()
    guard !isOver else { return }
    await withCheckedContinuation { continuation in
      _ = at(now + duration) { continuation.resume() }
    }
  }

  /// Lets others run where nothing waits any more: else what is tried again for ever would keep the thread.
  func yieldIfOver() async { if isOver { await Task.yield() } }

  /// Waits for some virtual time.
  ///
  /// - Parameter who: who waits, for the report of a simulation that does not end.
  /// - Throws: `CancellationError` as soon as the task is cancelled.
  package func sleep(for duration: Duration, who: String = "the test") async throws {
    await yieldIfOver()
    try Task.checkCancellation()
    let outcome = await Wait(self, "the clock", who: who).value(within: max(duration, .zero))
    guard case .timedOut = outcome else { throw CancellationError() }
  }
}

/// Something that one task waits for, and that others end. Ends once; what comes later is ignored.
///
/// Begin to wait for it before anything else can run: whoever is to end it may be asked in between.
final class Wait: @unchecked Sendable {
  enum Outcome: Sendable {
    /// What was waited for is there.
    case granted
    /// The time was up.
    case timedOut
    /// The task was cancelled, or the simulation was given up.
    case cancelled
    /// It will never come.
    case failed(any Error)
  }

  let reason: String
  let who: String
  private let scheduler: Scheduler
  private let number: UInt64
  private var outcome: Outcome?
  private var continuation: CheckedContinuation<Outcome, Never>?
  private var timer: UInt64?

  init(_ scheduler: Scheduler, _ reason: String, who: String) {
    self.scheduler = scheduler
    self.reason = reason
    self.who = who
    number = scheduler.nextNumber()
  }

  func end(_ outcome: Outcome) {
    guard self.outcome == nil else { return }
    self.outcome = outcome
    scheduler.waits[number] = nil
    if let timer { scheduler.timers.cancel(timer) }
    continuation?.resume(returning: outcome)
    continuation = nil
  }

  /// Waits until it has ended.
  ///
  /// - Parameter limit: the longest wait; nil for as long as it takes.
  func value(within limit: Duration? = nil) async -> Outcome {
    scheduler.assertOnLoop()
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        if Task.isCancelled || scheduler.isOver { end(.cancelled) }
        if let outcome {
          continuation.resume(returning: outcome)
          return
        }
        self.continuation = continuation
        scheduler.waits[number] = self
        if let limit { timer = scheduler.at(scheduler.now + limit) { self.end(.timedOut) } }
      }
    } onCancel: {
      end(.cancelled)
    }
  }
}
