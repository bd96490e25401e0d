package import HistoryStores
internal import StudentModuleHistory
import Synchronization

/// Learners who save and delete while a history is migrated, as an LMS with certain flags lets them; and what they were told was kept.
package final class LearnersAtWork: Sendable {
  /// What they did.
  package struct Counts: Sendable {
    package var records = 0
    package var deletions = 0
  }

  private let pair: StorePair
  private let original: SessionPool
  private let extended: SessionPool
  private let routers: RouterSwitch
  private let isStopped = Atomic<Bool>(false)

  /// The states that were acknowledged, by student module; none for one that is being deleted.
  private let acknowledged = Mutex<[UInt64: Set<String>]>([:])

  /// Student modules of their own, above those of the history.
  private static let firstModule: UInt64 = 1_000_000

  package init(_ pair: StorePair) throws {
    self.pair = pair
    original = SessionPool(pair.original)
    extended = SessionPool(pair.extended)
    routers = RouterSwitch(try HistoryRouter(flags: .off, original: original, extended: extended))
  }

  /// Starts every process of the LMS anew with these flags.
  package func deploy(extendedEnabled: Bool, readOnlyFromExtended: Bool) async throws {
    await routers.replace(
      with: try HistoryRouter(
        flags: HistoryFlags(extendedEnabled: extendedEnabled, readOnlyFromExtended: readOnlyFromExtended),
        original: original, extended: extended))
  }

  package func stop() { isStopped.store(true, ordering: .relaxed) }

  /// Works until ``stop()``, about 100 actions a second.
  package func run() async throws -> Counts {
    var counts = Counts()
    var number = 0
    while !isStopped.load(ordering: .relaxed) {
      number += 1
      let module = Self.firstModule + UInt64.random(in: 0..<40)
      if number % 17 == 0 {
        acknowledged.withLock { $0[module] = [] }
        _ = try await routers.perform { try await $0.delete(for: [module]) }
        counts.deletions += 1
      } else {
        try await save(module, "{\"n\": \(number)}") { router, state in try await router.record(state) }
        counts.records += 1
      }
      try await Task.sleep(for: .milliseconds(10))
    }
    return counts
  }

  /// A process that was forgotten saves with both flags off.
  package func straggle(rows: Int) async throws {
    let router = try HistoryRouter(flags: .off, original: original, extended: extended)
    for row in 0..<rows {
      try await save(Self.firstModule + 1_000 + UInt64(row % 5), "{\"straggler\": \(row)}") { _, state in
        try await router.record(state)
      }
    }
  }

  /// Everything that was acknowledged and not deleted, and that a reader of the extended table alone does not see.
  package func missingRecords() async throws -> [String] {
    let router = try HistoryRouter(
      flags: HistoryFlags(extendedEnabled: true, readOnlyFromExtended: true), original: original, extended: extended)
    var missing: [String] = []
    for (module, states) in acknowledged.withLock({ $0 }) where !states.isEmpty {
      var seen: [String] = []
      for try await entry in router.stream(of: [module]) { seen.append(entry.record.state ?? "") }
      missing += states.subtracting(seen)
      if Set(seen).count != seen.count { missing.append("student module \(module) has a record twice") }
    }
    await original.close()
    await extended.close()
    return missing
  }

  private func save(
    _ module: UInt64, _ text: String,
    _ record: @Sendable (HistoryRouter, StudentModuleState) async throws -> HistoryRecord?
  ) async throws {
    let state = StudentModuleState(
      studentModuleID: module, modified: HistoryTimestamp(microsecondsSince1970: 1_790_000_000_000_000), state: text)
    _ = try await routers.perform { try await record($0, state) }
    acknowledged.withLock { _ = $0[module, default: []].insert(text) }
  }
}
