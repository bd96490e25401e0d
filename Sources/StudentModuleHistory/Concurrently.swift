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
  try await withThrowingTaskGroup(of: Part<First, Second>.self) { group in
    group.begin { .first(try await first()) }
    group.begin { .second(try await second()) }
    var parts: (First?, Second?) = (nil, nil)
    for try await part in group {
      switch part {
      case .first(let value): parts.0 = value
      case .second(let value): parts.1 = value
      }
    }
    // Both tasks have ended, and neither has thrown.
    return (parts.0!, parts.1!)
  }
}

extension ThrowingTaskGroup {
  /// `addImmediateTask`, where there is one.
  fileprivate mutating func begin(_ work: @escaping @Sendable () async throws -> ChildTaskResult)
  where Failure == any Error {
    if #available(macOS 26, iOS 26, *) { addImmediateTask { try await work() } } else { addTask { try await work() } }
  }
}

private enum Part<First: Sendable, Second: Sendable>: Sendable {
  case first(First)
  case second(Second)
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
