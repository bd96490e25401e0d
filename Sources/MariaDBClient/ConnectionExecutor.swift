internal import CMariaDB
import Dispatch
import Foundation
import Synchronization

/// The thread that a connection blocks, so that waiting for a server never holds one of the few threads of Swift's cooperative pool (it
/// has as many as there are cores).
///
/// A thread and not a dispatch queue: queues share threads which wake each other, so that the second of two statements that are sent
/// at the same time was seen to leave 40 microseconds and more after the first.
final class ConnectionExecutor: SerialExecutor {
  private let thread = WorkerThread.take()

  deinit { thread.giveBack() }

  func enqueue(_ job: consuming ExecutorJob) {
    // The job keeps the executor, and with it the thread, until it has run.
    thread.enqueue(UnownedJob(job), self)
  }

  func asUnownedSerialExecutor() -> UnownedSerialExecutor {
    unsafe UnownedSerialExecutor(ordinary: self)
  }
}

/// A thread that runs jobs, one after the other.
///
/// It never ends; the next connection takes over the thread of one that is gone. A thread that ends while the process does was seen to
/// free what OpenSSL had already freed.
private final class WorkerThread: Sendable {
  private static let idle = Mutex<[WorkerThread]>([])

  private let jobs = Mutex<[(job: UnownedJob, executor: ConnectionExecutor)]>([])
  private let signal = DispatchSemaphore(value: 0)

  static func take() -> WorkerThread {
    if let thread = idle.withLock({ $0.popLast() }) { return thread }
    let worker = WorkerThread()
    Thread {
      // As long as Linux lets a name be; from inside, as only there it reaches the system.
      Thread.current.name = "csmh connection"
      takeShortTurns()
      worker.run()
    }.start()
    return worker
  }

  /// For the next one who takes a thread. No job is left: each keeps its executor.
  func giveBack() { Self.idle.withLock { $0.append(self) } }

  func enqueue(_ job: UnownedJob, _ executor: ConnectionExecutor) {
    jobs.withLock { $0.append((job, executor)) }
    signal.signal()
  }

  private func run() {
    while true {
      signal.wait()
      for (job, executor) in takeJobs() { unsafe job.runSynchronously(on: executor.asUnownedSerialExecutor()) }
    }
  }

  private func takeJobs() -> [(job: UnownedJob, executor: ConnectionExecutor)] {
    jobs.withLock { jobs in
      defer { jobs = [] }
      return jobs
    }
  }
}

/// Asks for what a thread needs that sends, waits and sends again: to come early, for a short time, but to put nobody aside when it wakes.
///
/// Else, where both servers and csmh share few cores, a caller who wakes two connections is put aside for the first, or the second
/// connection waits for its turn behind the first server: the second statement was seen to leave only when the first one was answered.
/// Linux only. Where it is refused with an error, in a sandbox for instance, reading both tables takes longer, and nothing else.
private func takeShortTurns() {
  #if os(Linux)
    _ = csmh_take_short_turns(100_000)
  #endif
}
