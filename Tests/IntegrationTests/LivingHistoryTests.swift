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

  /// A student module with a long history, to which nobody adds.
  private static let longModule: UInt64 = 499_999
  private static let longHistory = (1...400).map { "{\"old\": \($0)}" }

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
      let isLong = Int.random(in: 0..<20) == 0
      let module =
        isLong ? longModule : module(Int.random(in: 0..<writerCount), UInt64.random(in: 0..<modulesPerWriter))
      let before = ledger.known.withLock { $0[module] ?? Known() }
      // A look counts once, whatever it reads: a long history on short pages would be eighty requests.
      let pageSizes = isLong ? [150, 1_000] : [5, 40, 1_000]
      let (entries, collisions) = try await api.history(module, pageSize: pageSizes.randomElement()!)
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
    arguments: TestInstallation.Place.mariaDB)
  func everyPhase(place: TestInstallation.Place) async throws {
    let installation = try await TestInstallation(place)
    for sql in Tables.today.sql { try await installation.original(sql) }
    for start in stride(from: 1, through: 30_000, by: 5_000) {
      try await installation.original(Tables.plainRows(5_000, from: start))
    }
    // Every 75th record, so that every range that is copied has some.
    for (index, state) in Self.longHistory.enumerated() {
      try await installation.original(
        "UPDATE courseware_studentmodulehistory SET student_module_id = \(Self.longModule), state = '\(state)' WHERE id = \(75 * index + 1)"
      )
    }
    let file = try LMSConfigurationFile(installation)
    defer { file.remove() }
    #expect(try await Command.csmh(["provision", "--lms-config", file.path]).status == 0)
    let served = try await ServingProcess(["--lms-config", file.path, "--poll", "0.1", "--journal-poll", "0.2"])
    let supervisor = try Command(
      try Command.csmh,
      [
        "supervise", "--lms-config", file.path, "--recheck", "0.3", "--max-rows-per-second", "8000", "--watch", "poll",
        "--interval", "0.1",
      ], environment: [:])
    let ledger = Ledger()
    ledger.known.withLock { $0[Self.longModule] = Known(kept: Set(Self.longHistory)) }
    let api = HistoryAPI(client: HTTPClient(served.url))
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
        try await Self.wait("thousands of operations are done, however slow the machine is") {
          ledger.operationCount.load(ordering: .relaxed) > 2_000
        }
        try file.set(true, true)
        try await Task.sleep(for: .seconds(1))
        ledger.isStopped.store(true, ordering: .relaxed)
        try await group.waitForAll()
      }
    } catch {
      supervisor.send(SIGKILL)
      _ = await supervisor.wait()
      await served.stop()
      throw error
    }
    supervisor.send(SIGTERM)
    let supervised = await supervisor.wait()
    // 2: the last change of the flags has made it begin another pass back.
    #expect([0, 2].contains(supervised.status), "\(supervised.output)\(supervised.error)")
    served.send(SIGTERM)
    #expect(await served.end() == 0, "\(served.errorText)")
    await served.stop()
    let complaints = ledger.complaints.withLock { $0 }
    #expect(complaints.isEmpty, "\(complaints.count): \(complaints.prefix(3).joined(separator: "\n"))")
    let operationCount = ledger.operationCount.load(ordering: .relaxed)
    #expect(operationCount > 2_000, "\(operationCount) operations")
    // What stands in the original table, and what learners wrote before the flag, stands in the extended one.
    let originals = try await installation.dumpOriginal()
    #expect(try await installation.dumpExtended(upTo: originals.last?[0]) == originals)
  }
}

/// The history API as the learners' and teachers' clients use it.
private struct HistoryAPI: Sendable {
  struct Entry: Decodable, Sendable {
    let id: UInt64
    let studentModuleID: UInt64
    let state: String?

    private enum CodingKeys: String, CodingKey {
      case id, state
      case studentModuleID = "student_module_id"
    }
  }

  private struct Page: Decodable {
    let entries: [Entry]
    let nextCursor: String?
    let collisions: [UInt64]

    private enum CodingKeys: String, CodingKey {
      case entries, collisions
      case nextCursor = "next_cursor"
    }
  }

  let client: HTTPClient

  /// Saves a state; returns once it is acknowledged.
  func record(_ module: UInt64, state: String) async throws {
    let body: [String: Any] = ["student_module_id": module, "modified": "2026-01-01T10:00:00.5Z", "state": state]
    let text = String(decoding: try JSONSerialization.data(withJSONObject: body), as: UTF8.self)
    try expect(201, try await client.post("/v1/records", text))
  }

  func delete(_ module: UInt64) async throws {
    try expect(200, try await client.delete("/v1/student-modules/\(module)/history"))
  }

  /// The whole history of a student module, page by page, and the ids that collide.
  func history(_ module: UInt64, pageSize: Int) async throws -> (entries: [Entry], collisions: [UInt64]) {
    var (entries, collisions): ([Entry], [UInt64]) = ([], [])
    var cursor: String? = ""
    while let place = cursor {
      let path = "/v1/student-modules/\(module)/history?limit=\(pageSize)" + (place.isEmpty ? "" : "&cursor=\(place)")
      let answer = try await client.get(path)
      try expect(200, answer)
      let page = try JSONDecoder().decode(Page.self, from: Data(answer.text.utf8))
      entries += page.entries
      collisions += page.collisions
      cursor = page.nextCursor
    }
    return (entries, collisions)
  }

  private func expect(_ status: Int, _ answer: HTTPClient.Answer) throws {
    guard answer.status != status else { return }
    throw TestFailure("HTTP \(answer.status): \(answer.text)")
  }
}
