package import Testing

/// Lets only a few of the cases that start processes and fill servers run at the same time.
package struct LimitedConcurrency: TestTrait, SuiteTrait, TestScoping {
  package var isRecursive: Bool { true }

  /// As many as keep two cores busy while some wait for a server.
  private static let gate = Gate(limit: 4)

  @concurrent package func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    guard testCase != nil else { return try await function() }
    await Self.gate.enter()
    do {
      try await function()
      await Self.gate.leave()
    } catch {
      await Self.gate.leave()
      throw error
    }
  }
}

extension Trait where Self == LimitedConcurrency {
  /// Lets only a few of these cases run at the same time.
  package static var limitedConcurrency: Self { Self() }
}

private actor Gate {
  private var free: Int
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(limit: Int) {
    free = limit
  }

  func enter() async {
    if free > 0 {
      free -= 1
    } else {
      await withCheckedContinuation { waiting.append($0) }
    }
  }

  func leave() {
    if waiting.isEmpty {
      free += 1
    } else {
      waiting.removeFirst().resume()
    }
  }
}
