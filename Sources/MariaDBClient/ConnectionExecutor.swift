import Dispatch
import Foundation
import Synchronization

/// The thread that a connection blocks, so that waiting for a server never holds one of the few threads of Swift's cooperative pool (it
/// has as many as there are cores).
///
/// A thread of its own and not a dispatch queue: queues share threads which wake each other, so that the second of two statements that
/// are sent at the same time was seen to leave 40 microseconds and more after the first.
final class ConnectionExecutor: SerialExecutor {
  /// What the thread knows. It does not keep the executor, whose end is the thread's.
  private final class Jobs: Sendable {
    struct State {
      var waiting: [(job: UnownedJob, executor: ConnectionExecutor)] = []
      var isEnded = false
    }

    let state = Mutex(State())
    let signal = DispatchSemaphore(value: 0)

    func run() {
      while true {
        signal.wait()
        let (waiting, isEnded) = state.withLock { state in
          defer { state.waiting = [] }
          return (state.waiting, state.isEnded)
        }
        for (job, executor) in waiting { unsafe job.runSynchronously(on: executor.asUnownedSerialExecutor()) }
        if isEnded { return }
      }
    }
  }

  private let jobs = Jobs()

  init() {
    let thread = Thread { [jobs] in jobs.run() }
    // As long as Linux lets a name be.
    thread.name = "csmh connection"
    thread.start()
  }

  deinit {
    jobs.state.withLock { $0.isEnded = true }
    jobs.signal.signal()
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    jobs.state.withLock { $0.waiting.append((job, self)) }
    jobs.signal.signal()
  }

  func asUnownedSerialExecutor() -> UnownedSerialExecutor {
    unsafe UnownedSerialExecutor(ordinary: self)
  }
}
