import HistoryStores
import StudentModuleHistory
import Synchronization
import TestSupport
import Testing

@testable import MigrationBase
@testable import MigrationJournal
@testable import MigrationProtocol

@Suite struct LockAttemptsTests {
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
