internal import Synchronization

// Not `async let`: in Swift up to 6.3 a child of it that ends at the moment when its parent asks for the result may read its own flags
// after the parent has freed it, and the process crashes (https://github.com/swiftlang/swift/pull/89883). It was seen once in some
// 25,000 readings of both tables. The tasks of a group, and tasks of their own, are kept until they have ended.

/// Runs two pieces of work at the same time and waits for both. If one fails, the other is cancelled; cancelling the task cancels
/// both.
///
/// Each begins on the caller's thread and runs there until it waits for the first time: whoever asks two servers has sent both
/// statements before another thread is woken.
///
/// - Throws: what failed first.
public func concurrently<First: Sendable, Second: Sendable>(
  _ first: @escaping @Sendable () async throws -> First, _ second: @escaping @Sendable () async throws -> Second
) async throws -> (First, Second) {
  let values = BothValues<First, Second>()
  // Wakes the caller once, when both have ended.
  try await withThrowingDiscardingTaskGroup { group in
    group.begin {
      let value = try await first()
      values.pair.withLock { $0.0 = value }
    }
    group.begin {
      let value = try await second()
      values.pair.withLock { $0.1 = value }
    }
  }
  // Both tasks have ended, and neither has thrown.
  return values.pair.withLock { ($0.0!, $0.1!) }
}

private final class BothValues<First: Sendable, Second: Sendable>: Sendable {
  let pair = Mutex<(First?, Second?)>((nil, nil))
}

extension ThrowingDiscardingTaskGroup {
  /// `addImmediateTask`, where there is one.
  fileprivate mutating func begin(_ work: @escaping @Sendable () async throws -> Void) where Failure == any Error {
    if #available(macOS 26, *) { addImmediateTask { try await work() } } else { addTask { try await work() } }
  }
}

/// Runs `background` beside `work`; cancels it when `work` has ended, and waits until it has ended too.
public func alongside<Value>(
  _ background: @escaping @Sendable () async -> Void, _ work: () async throws -> Value
) async rethrows -> Value {
  let task = Task { await background() }
  do {
    let value = try await work()
    task.cancel()
    await task.value
    return value
  } catch {
    task.cancel()
    await task.value
    throw error
  }
}
