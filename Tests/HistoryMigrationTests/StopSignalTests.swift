import HistoryStores
import StudentModuleHistory
import Synchronization
import Testing

@testable import HistoryMigration

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

  @Test("waiting, trying again and a holder's name come from the signal's environment alone")
  func environment() async throws {
    let slept = Mutex<[Duration]>([])
    let start = ContinuousClock.now
    let environment = Environment(
      now: { start + slept.withLock { $0.reduce(.zero, +) } }, microsecondsSince1970: { 0 },
      sleep: { duration in slept.withLock { $0.append(duration) } }, random: { 7 },
      identity: ProcessIdentity(host: "a:b", pid: 12, isRunning: { _ in false }))
    let stop = StopSignal(environment)
    #expect(try await stop.sleep(for: .seconds(3_600)))
    let tries = Mutex(0)
    try await EmbeddedPair.with(rows: EmbeddedPair.records(1)) { pair in
      let session = try await pair.original.openSession()
      await #expect(throws: MigrationError.self) {
        try await LockAttempts(stop: stop).perform(session) {
          tries.withLock { $0 += 1 }
          throw HistoryStoreError(.transient, side: .original, "somebody writes")
        } as Int?
      }
      await session.close()
    }
    #expect(tries.withLock { $0 } > 10, "two minutes of trying again")
    // An hour and two minutes were waited for, none of them really; a busy machine takes its time all the same.
    #expect(ContinuousClock.now - start < .seconds(600))
    #expect(LeaseHolder(environment).description == "ab:12:00000000")
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

  @Test("a lock that is not had is not waited for any longer")
  func locks() async throws {
    try await EmbeddedPair.with(rows: EmbeddedPair.records(1)) { pair in
      // Each pause lasts for ten minutes.
      let environment = Environment(
        now: { .now }, microsecondsSince1970: { 0 }, sleep: { _ in try await Task.sleep(for: .seconds(600)) },
        random: { 7 }, identity: .process)
      let stop = StopSignal(environment)
      let session = try await pair.original.openSession()
      let work = Task {
        try await LockAttempts(stop: stop).perform(session) {
          throw HistoryStoreError(.transient, side: .original, "somebody writes")
        } as Int?
      }
      try await Task.sleep(for: .milliseconds(300))
      let start = ContinuousClock.now
      stop.request()
      #expect(try await work.value == nil)
      #expect(ContinuousClock.now - start < .seconds(60))
      await session.close()
    }
  }
}
