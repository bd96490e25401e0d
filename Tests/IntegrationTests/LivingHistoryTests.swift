import Foundation
import Synchronization
import TestSupport
import Testing

/// What learners see of their histories while everything around them is migrated: `csmh serve` and `csmh supervise` follow one
/// lms.yml, whose flags change beneath thousands of requests.
@Suite(.limitedConcurrency) struct LivingHistoryTests {
  /// What the learners were told about one student module.
  private struct Known {
    /// States that were acknowledged and whose deletion was not asked for.
    var kept: Set<String> = []
    /// States whose deletion was acknowledged.
    var deleted: Set<String> = []
    /// Counts the deletions that were asked for: a history that is read meanwhile may be either.
    var deletionCount = 0
  }

  private final class Ledger: Sendable {
    let known = Mutex<[UInt64: Known]>([:])
    let complaints = Mutex<[String]>([])
    let isStopped = Atomic<Bool>(false)
    let operationCount = Atomic<Int>(0)

    func complain(_ text: String) { complaints.withLock { $0.append(text) } }

    func looked() { operationCount.wrappingAdd(1, ordering: .relaxed) }
  }

  private static let writerCount = 3
  private static let modulesPerWriter: UInt64 = 12

  private static func module(_ writer: Int, _ index: UInt64) -> UInt64 { 500_000 + UInt64(writer) * 1_000 + index }

  /// Saves and deletes; each writer has student modules of its own, as a learner's requests come one after the other.
  private static func write(_ api: HistoryAPI, writer: Int, _ ledger: Ledger) async throws {
    var number = 0
    while !ledger.isStopped.load(ordering: .relaxed) {
      number += 1
      let module = module(writer, UInt64.random(in: 0..<modulesPerWriter))
      if number % 29 == 0 {
        let gone = ledger.known.withLock { known in
          known[module, default: Known()].deletionCount += 1
          defer { known[module]?.kept = [] }
          return known[module]?.kept ?? []
        }
        try await api.delete(module)
        ledger.known.withLock { $0[module]?.deleted.formUnion(gone) }
      } else {
        let state = "{\"writer\": \(writer), \"number\": \(number)}"
        try await api.record(module, state: state)
        ledger.known.withLock { _ = $0[module, default: Known()].kept.insert(state) }
      }
      ledger.looked()
      try await Task.sleep(for: .milliseconds(3))
    }
  }

  /// Polls histories and compares them with what was acknowledged before it asked.
  private static func read(_ api: HistoryAPI, _ ledger: Ledger) async throws {
    while !ledger.isStopped.load(ordering: .relaxed) {
      let module = module(Int.random(in: 0..<writerCount), UInt64.random(in: 0..<modulesPerWriter))
      let before = ledger.known.withLock { $0[module] ?? Known() }
      let (entries, collisions) = try await api.history(module, pageSize: [5, 40, 1_000].randomElement()!)
      let after = ledger.known.withLock { $0[module] ?? Known() }
      ledger.looked()
      let states = entries.compactMap(\.state)
      if Set(states).count != states.count { ledger.complain("a record of \(module) was seen twice: \(entries)") }
      if entries.contains(where: { $0.studentModuleID != module }) { ledger.complain("a record of another module") }
      if !collisions.isEmpty { ledger.complain("collisions that are none: \(collisions)") }
      if let again = before.deleted.first(where: { states.contains($0) }) {
        ledger.complain("a record that was deleted came back: \(again)")
      }
      guard before.deletionCount == after.deletionCount else { continue }
      if let missing = before.kept.first(where: { !states.contains($0) }) {
        ledger.complain("an acknowledged record of \(module) is missing: \(missing), seen \(states.count)")
      }
    }
  }

  private static func wait(_ what: String, until isDone: () async throws -> Bool) async throws {
    let end = ContinuousClock.now + .seconds(60)
    while ContinuousClock.now < end {
      if try await isDone() { return }
      try await Task.sleep(for: .milliseconds(50))
    }
    throw TestFailure("it took more than a minute until \(what)")
  }

  @Test(
    "a reader never misses an acknowledged record and never sees one twice, in every phase and while the flags change",
    .timeLimit(.minutes(5)), arguments: TestInstallation.Place.mariaDB)
  func everyPhase(place: TestInstallation.Place) async throws {
    let installation = try await TestInstallation(place)
    for sql in Tables.today.sql { try await installation.original(sql) }
    for start in stride(from: 1, through: 30_000, by: 5_000) {
      try await installation.original(Tables.plainRows(5_000, from: start))
    }
    let file = try LMSConfigurationFile(installation)
    defer { file.remove() }
    #expect(try await Command.csmh(["provision", "--lms-config", file.path]).status == 0)
    let served = try await ServedHistory(file)
    let supervisor = try Command(
      try Command.csmh,
      [
        "supervise", "--lms-config", file.path, "--recheck", "0.3", "--max-rows-per-second", "8000", "--watch", "poll",
        "--interval", "0.1",
      ], environment: [:])
    let ledger = Ledger()
    let api = served.api
    do {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for writer in 0..<Self.writerCount { group.addTask { try await Self.write(api, writer: writer, ledger) } }
        for _ in 0..<3 { group.addTask { try await Self.read(api, ledger) } }
        defer { ledger.isStopped.store(true, ordering: .relaxed) }
        // Both flags off; then the first one, and a copy beneath all this; then the second one, and the pass back.
        try await Task.sleep(for: .seconds(2))
        try file.set(true, false)
        try await Self.wait("everything is copied and compared") {
          try await installation.extendedRows("SELECT phase FROM csmh_migration")[0][0] == "verified"
        }
        try await Self.wait("the readers may be switched") {
          try await Command.csmh(["flags", "--lms-config", file.path, "--set", "READ_ONLY_FROM_CSMHE=true"]).status == 0
        }
        try await Self.wait("the pass back is verified") {
          let rows = try await installation.extendedRows(
            "SELECT detail FROM csmh_event WHERE kind = 'pass-back' ORDER BY id DESC LIMIT 1")
          return rows.first?[0]?.hasPrefix("verified") == true
        }
        try await Task.sleep(for: .seconds(1))
        // Back to both tables, and once more to the extended one.
        try file.set(true, false)
        try await Task.sleep(for: .seconds(2))
        try file.set(true, true)
        try await Task.sleep(for: .seconds(1))
        ledger.isStopped.store(true, ordering: .relaxed)
        try await group.waitForAll()
      }
    } catch {
      supervisor.send(SIGKILL)
      _ = await supervisor.wait()
      try await served.end()
      throw error
    }
    supervisor.send(SIGTERM)
    let supervised = await supervisor.wait()
    // 2: the last change of the flags has made it begin another pass back.
    #expect([0, 2].contains(supervised.status), "\(supervised.output)\(supervised.error)")
    try await served.end()
    let complaints = ledger.complaints.withLock { $0 }
    #expect(complaints.isEmpty, "\(complaints.count): \(complaints.prefix(3).joined(separator: "\n"))")
    let operationCount = ledger.operationCount.load(ordering: .relaxed)
    #expect(operationCount > 2_000, "\(operationCount) operations")
    // What stands in the original table, and what learners wrote before the flag, stands in the extended one.
    let originals = try await installation.dumpOriginal()
    #expect(try await installation.dumpExtended(upTo: originals.last?[0]) == originals)
  }
}

/// A `csmh serve` of a test's own.
struct ServedHistory {
  let api: HistoryAPI
  private let command: Command

  init(_ file: LMSConfigurationFile) async throws {
    let port = Int.random(in: 33_000...60_000)
    command = try Command(
      try Command.csmh, ["serve", "--lms-config", file.path, "--bind", "127.0.0.1:\(port)", "--poll", "0.1"],
      environment: [:])
    api = HistoryAPI(url: URL(string: "http://127.0.0.1:\(port)")!)
    let end = ContinuousClock.now + .seconds(20)
    while true {
      if (try? await api.flags()) != nil { return }
      guard ContinuousClock.now < end, command.isRunning else {
        command.send(SIGKILL)
        throw TestFailure("csmh serve does not answer: \(await command.wait().error)")
      }
      try await Task.sleep(for: .milliseconds(100))
    }
  }

  /// Lets it finish what it has in hand.
  func end() async throws {
    command.send(SIGTERM)
    let result = await command.wait()
    #expect(result.status == 0, "\(result.error)")
  }
}
