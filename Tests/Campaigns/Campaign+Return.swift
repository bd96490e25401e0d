internal import MigrationBase
internal import MigrationJournal
internal import MigrationProtocol
internal import Simulation
internal import StudentModuleHistory

/// Provisioning, and the way back.
extension Campaign {
  /// What a journal of the first version lacks.
  static let laterColumns: [JournalTable: Set<JournalColumn>] = {
    var columns: [JournalTable: Set<JournalColumn>] = [:]
    for case .addJournalColumn(let table, let column) in Journal.Old(version: 1, columns: [:]).upgrade {
      columns[table, default: []].insert(column)
    }
    return columns
  }()

  /// Makes what is missing, and brings an older journal up to date.
  func provision() async throws {
    try await command("provision") { lanes, stop in
      _ = try await Provisioner(lanes: lanes, stop: stop).run()
      return true
    }
    if extended.missingColumns.values.contains(where: { !$0.isEmpty }) {
      findings.add("the journal of an older csmh was brought up to date, and lacks columns")
    }
  }

  /// Brings everything to the original table again: the bulk while the LMS still writes to the extended one, the rest behind the fence.
  func comeBack() async throws {
    if plan.faultsFrom == .wayBack { world.holdFaults(false) }
    isBack.set()
    watchBackRanges()
    if plan.deletions > 0, plan.emptying == .no { try await command("catch-up") { try await catchUp($0, $1) } }
    if plan.bringsBulkBack { try await command("return") { try await bringBack($0, $1, isMoved: false) } }
    lms.turn(extendedEnabled: false, within: .seconds(20))
    try await world.scheduler.sleep(for: .seconds(40))
    try await command("return") { try await bringBack($0, $1, isMoved: true) }
    // A process that stood still for so long that the fence did not wait for it may have written since: it is brought back by another run.
    while !lms.followsFlag { try await world.scheduler.sleep(for: .seconds(5)) }
    // A row may be late, or its grade.
    let rows = Dictionary(uniqueKeysWithValues: original.records.map { ($0.id, $0) })
    guard extended.records.contains(where: { rows[$0.id] != $0 }) else { return }
    try await command("return") { try await bringBack($0, $1, isMoved: true) }
  }

  /// What `csmh return` does. What it refuses is to be mended by the pass back of the way there.
  private func bringBack(_ lanes: SimulatedLanes, _ stop: StopSignal, isMoved: Bool) async throws -> Bool {
    let preparation = ReturnPreparation(
      lanes: lanes, headroom: plan.isNarrow ? 3_000_000_000 : Provisioner.usualHeadroom, widens: true, stop: stop)
    do {
      let outcome = try await Migration(
        returning: preparation, options: plan.copyOptions, catchesUp: isMoved, removesDeleted: plan.asksForDeleted
      ).run { _, _ in }
      guard isMoved else { return outcome.copy.map { $0.end == .finished || !$0.stopped.isEmpty } ?? false }
      world.note("return", outcome.catchUp?.sentence ?? "was stopped")
      guard outcome.isComplete else { return false }
      try await preparation.conclude()
      return true
    } catch MigrationError.returnRefused(let reason, _) {
      world.note("return refused", reason)
      if !isMoved { _ = try await catchUp(lanes, stop) }
      return false
    }
  }

  /// With each commit: the states of the way back are guarded as those of the way there, and a range counts only with its rows.
  private func watchBackRanges() {
    let (findings, original) = (findings, original)
    original.onCommittedRange { change in
      func state(_ values: [JournalColumn: SQLValue]?) -> JournalRange.State? {
        values?[.state]?.textValue.flatMap { JournalRange.State(rawValue: $0) }
      }
      // A journal that is begun anew loses its ranges.
      guard let after = change.after, let last = state(change.before) else { return }
      let name = "the range \(change.id) of the way back"
      // What learners have deleted goes from a range that is copied.
      guard let next = state(after),
        Self.successors[last]?.contains(next) == true || (last == .copied && next == .unconfirmed)
      else {
        return findings.add("\(name) was \(last.rawValue) and became \(after[.state]?.textValue ?? "nothing")")
      }
      if last == .leased, next == .copied || next == .unconfirmed, let found = Self.digest(of: after, original),
        found.hash.description != after[.digest]?.textValue || found.rowCount != after[.rowCount]?.unsignedValue
      {
        findings.add("\(name) counts as copied, and its rows are not there: \(found)")
      }
    }
  }

  /// At rest: every row stands in the original table, once and as it is, and both journals say so.
  func concludeReturn() {
    let (rows, copies) = (original.records, extended.records)
    let found =
      lms.ledger.contradictions(
        original: rows, extended: copies, isMoved: movesNativeRows, isBack: true)
      + lms.ledger.contradictionsOfReturn(original: rows, extended: copies)
    for contradiction in found.prefix(5) { findings.add("at the end of the way back: \(contradiction)") }
    let modules = Set(original.studentModuleIDs)
    let resurrected = rows.filter {
      !modules.contains($0.studentModuleID) && $0.studentModuleID < modules.max() ?? 0
    }
    // More than learners' resets explain is left to the operator.
    for row in resurrected where resurrected.count < 80 {
      findings.add("at the end of the way back: the row \(row.id) stands, and its student module was deleted")
    }
    for range in extended.rows(of: .range) + original.rows(of: .range) {
      let state = range[.state]?.textValue ?? ""
      if ["draining", "drained", "leased", "pending", "unconfirmed"].contains(state), !plan.isCutShort {
        findings.add("a range is \(state) although everything is back")
      }
    }
    let events = extended.rows(of: .event).compactMap { $0[.kind]?.textValue }.filter { $0.hasPrefix("return") }
    if events.first != "return-begun" { findings.add("the first journal does not say that a way back was begun") }
    if events.last != "returned" { findings.add("the first journal does not say that the way back has ended") }
  }
}
