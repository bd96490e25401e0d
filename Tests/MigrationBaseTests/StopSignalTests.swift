import HistoryStores
import StudentModuleHistory
import Synchronization
import TestSupport
import Testing

@testable import MigrationBase

/// A stop wakes whatever waits.
@Suite struct StopSignalTests {
  @Test("a sleep ends with its time, at once when a stop is asked for, and not at all where one was")
  func sleep() async throws {
    let stop = StopSignal()
    var start = ContinuousClock.now
    #expect(try await stop.sleep(for: .milliseconds(20)))
    #expect(ContinuousClock.now - start >= .milliseconds(20))
    let sleepers = (0..<50).map { _ in Task { try await stop.sleep(for: .seconds(600)) } }
    try await Task.sleep(for: .milliseconds(20))
    start = .now
    stop.request()
    for sleeper in sleepers { #expect(try await !sleeper.value) }
    #expect(try await !stop.sleep(for: .seconds(600)))
    #expect(ContinuousClock.now - start < .seconds(60))
    stop.request()
    #expect(stop.isRequested)
  }

  @Test("a cancelled task is woken too, and told")
  func cancellation() async throws {
    let stop = StopSignal()
    let sleeper = Task { try await stop.sleep(for: .seconds(600)) }
    let waiter = Task { await stop.wait() }
    try await Task.sleep(for: .milliseconds(20))
    sleeper.cancel()
    waiter.cancel()
    await #expect(throws: CancellationError.self) { try await sleeper.value }
    await waiter.value
    #expect(!stop.isRequested)
  }

  @Test("a signal that follows another is asked for with it, but not the other way round")
  func followed() async throws {
    let stop = StopSignal()
    await stop.followed { own in own.request() }
    #expect(!stop.isRequested)
    let work = Task { try await stop.followed { own in try await own.sleep(for: .seconds(600)) } }
    try await Task.sleep(for: .milliseconds(20))
    stop.request()
    #expect(try await !work.value)
    await stop.followed { #expect($0.isRequested) }
  }

  @Test("who waits for a server that is away gives up when a stop is asked for, and says why")
  func reconnecting() async throws {
    let stop = StopSignal(retryBudget: .seconds(600))
    try await EmbeddedPair.with(rows: EmbeddedPair.records(1)) { pair in
      let session = ReconnectingSession(pair.original, meter: nil, stop: stop)
      let work = Task {
        try await session.read { _ in
          throw HistoryStoreError(.connectionLost, side: .original, "the server went away")
        }
      }
      try await Task.sleep(for: .milliseconds(300))
      let start = ContinuousClock.now
      stop.request()
      await #expect(throws: StoppedError(reason: "the server went away")) { try await work.value }
      #expect(ContinuousClock.now - start < .seconds(60))
    }
  }
}
