internal import Foundation

/// The thread on which everything in a simulation happens.
///
/// The simulation's objects have no locks: they are sound because nothing touches them from elsewhere. Each verb makes sure of that.
struct LoopThread: @unchecked Sendable {
  private let thread: pthread_t

  /// The thread that runs now.
  static var current: LoopThread { LoopThread(thread: pthread_self()) }

  var isCurrent: Bool { pthread_equal(pthread_self(), thread) != 0 }
}
