// Not `async let`: in Swift up to 6.3 a child of it that ends at the moment when its parent asks for the result may read its own flags
// after the parent has freed it, and the process crashes (https://github.com/swiftlang/swift/pull/89883). It was seen once in some
// 25,000 readings of both tables. The tasks of a group, and tasks of their own, are kept until they have ended.

/// Runs two pieces of work at the same time and waits for both. If one fails, the other is cancelled; cancelling the task cancels
/// both.
///
/// - Throws: what failed first.
package func concurrently<First: Sendable, Second: Sendable>(
  _ first: @escaping @Sendable () async throws -> First, _ second: @escaping @Sendable () async throws -> Second
) async throws -> (First, Second) {
  try await withThrowingTaskGroup(of: Part<First, Second>.self) { group in
    group.addTask { .first(try await first()) }
    group.addTask { .second(try await second()) }
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

private enum Part<First: Sendable, Second: Sendable>: Sendable {
  case first(First)
  case second(Second)
}

/// Runs two short pieces of work at the same time and waits for both; for work that takes about as long as a thread takes to wake.
///
/// Both begin on the caller's thread (the first one not on macOS before 26) and run there until they wait for the first time, and the caller is not woken when the first has
/// ended but the second has not. If the second fails, the first is cancelled; if the first fails, the second comes to its end. Cancelling
/// the task cancels both.
///
/// - Throws: what the second threw, else what the first threw.
func briefly<First: Sendable, Second>(
  _ first: @escaping @Sendable () async throws -> First, and second: () async throws -> Second
) async throws -> (First, Second) {
  try await withThrowingTaskGroup(of: First.self) { group in
    if #available(macOS 26, *) {
      group.addImmediateTask { try await first() }
    } else {
      group.addTask { try await first() }
    }
    let second = try await second()
    return (try await group.next()!, second)
  }
}

/// Runs `background` beside `work`; cancels it when `work` has ended, and waits until it has ended too.
package func alongside<Value, Failure>(
  _ background: @escaping @Sendable () async -> Void, _ work: () async throws(Failure) -> Value
) async throws(Failure) -> Value {
  let result: Result<Value, Failure> = await withTaskGroup(of: Void.self) { group in
    group.addTask { await background() }
    do throws(Failure) {
      let value = try await work()
      group.cancelAll()
      return .success(value)
    } catch {
      group.cancelAll()
      return .failure(error)
    }
  }
  return try result.get()
}
