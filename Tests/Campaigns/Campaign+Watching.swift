internal import MigrationJournal
internal import Simulation
internal import StudentModuleHistory

/// What has to hold.
extension Campaign {
  /// What a range may become. What is copied is never leased or pending again, but by way of a difference that was found.
  static let successors: [JournalRange.State: Set<JournalRange.State>] = [
    .pending: [.pending, .leased], .leased: [.leased, .unconfirmed, .copied, .pending, .stopped],
    .unconfirmed: [.unconfirmed, .copied, .differs], .copied: [.copied, .differs, .draining],
    .differs: [.differs, .unconfirmed, .copied, .pending], .stopped: [.stopped, .pending, .unconfirmed, .copied],
    .draining: [.draining, .drained, .unconfirmed, .copied], .drained: [.drained],
  ]

  /// With each commit: states are guarded, only the holder completes, and a range counts as copied only with its rows.
  func watchRanges() {
    let (findings, extended, isBack, isForgetful) = (findings, extended, isBack, plan.isForgetful)
    let unlike = UnlikeCopies()
    extended.onCommittedRange { change in
      let name = "the range \(change.id)"
      guard let after = change.after else { return findings.add("\(name) is gone from the journal") }
      func state(_ values: [JournalColumn: SQLValue]?) -> JournalRange.State? {
        values?[.state]?.textValue.flatMap { JournalRange.State(rawValue: $0) }
      }
      guard let next = state(after) else { return findings.add("\(name) has no state") }
      guard let last = state(change.before) else { return }
      // What a server forgot is brought in order by the operator.
      if isForgetful { return }
      let isUndrained = isBack.isSet && last == .drained && next == .copied
      if Self.successors[last]?.contains(next) != true, !isUndrained {
        findings.add("\(name) was \(last.rawValue) and became \(next.rawValue)")
      }
      if next == .copied || next == .unconfirmed, last == .leased || after[.copiedAt] != change.before?[.copiedAt] {
        watchProof(name, after)
        unlike.set(change.id, unlikeCopies(of: after))
      }
      if next == .copied, last == .unconfirmed { watchConfirmation(name, unlike.of(change.id)) }
      guard last == .leased, next != .leased else { return }
      let holder = change.before?[.holder]?.textValue ?? ""
      if !holder.hasPrefix("\(change.process.host):\(change.process.pid):") {
        findings.add(
          "\(name) is held by \(holder), and became \(next.rawValue) by \(change.process.host):\(change.process.pid)")
      }
    }
  }

  /// The copies of a range that are not as their originals are now.
  private func unlikeCopies(of range: [JournalColumn: SQLValue]) -> [HistoryRecord] {
    guard let ids = Self.ids(of: range) else { return [] }
    let originals = Dictionary(uniqueKeysWithValues: original.records.map { ($0.id, $0) })
    return extended.records.filter { ids.contains($0.id) && originals[$0.id] != $0 }
  }

  /// When a committed range counts as copied, whatever has gone wrong: a copy that was not as its original when it was committed, as the
  /// original's lock had been lost, has been seen since. It stands no more, or its original has become as it is.
  private func watchConfirmation(_ name: String, _ unlike: [HistoryRecord]) {
    guard !unlike.isEmpty else { return }
    let (originals, copies) = (Set(original.records), Set(extended.records))
    for copy in unlike where copies.contains(copy) && !originals.contains(copy) {
      findings.add(
        "\(name) counts as copied, and its row \(copy.id) has been unlike its original since before it was committed")
    }
  }

  /// When a range counts as copied or mended, its rows are there, and as long as no connection was lost the originals are locked: each
  /// copy has its original, which is equal.
  private func watchProof(_ name: String, _ range: [JournalColumn: SQLValue]) {
    guard let found = Self.digest(of: range, extended) else { return }
    if found.hash.description != range[.digest]?.textValue || found.rowCount != range[.rowCount]?.unsignedValue {
      findings.add("\(name) counts as copied, and its rows are not there: \(found)")
    }
    guard world.faultCounts.isEmpty, let ids = Self.ids(of: range) else { return }
    let originals = Dictionary(uniqueKeysWithValues: original.records.map { ($0.id, $0) })
    for copy in extended.records where ids.contains(copy.id) && originals[copy.id] != copy {
      findings.add("\(name) counts as copied, and the original of its row \(copy.id) was changed or deleted meanwhile")
    }
  }

  /// What csmh removes from the original table: only of ranges of which the journal holds that they are being drained, and, as long as
  /// no connection was lost, only what has an equal copy at that moment. On the way back: only what learners have deleted.
  func watchEmptying() {
    let (findings, extended, original, isBack) = (findings, extended, original, isBack)
    func begun(_ range: [JournalColumn: SQLValue]) -> Bool {
      ["draining", "drained"].contains(range[.state]?.textValue)
    }
    original.onDeletedRow { row, process in
      guard process.host != "lms", process.host != "hand" else { return }
      if isBack.isSet {
        if original.studentModuleIDs.contains(row.studentModuleID),
          extended.records.contains(where: { $0.id == row.id })
        {
          findings.add("the original row \(row.id) was removed on the way back, and its student module stands")
        }
        return
      }
      if !extended.rows(of: .range).contains(where: { Self.ids(of: $0)?.contains(row.id) ?? false && begun($0) }) {
        findings.add(
          "the original row \(row.id) was removed, and the journal does not hold that its range is being drained")
      }
      if !original.rows(of: .record).contains(where: { Self.ids(of: $0)?.contains(row.id) ?? false && begun($0) }) {
        findings.add(
          "the original row \(row.id) was removed, and its own database has not recorded that its range is being drained"
        )
      }
      if world.faultCounts.isEmpty, !extended.records.contains(row) {
        findings.add("the original row \(row.id) was removed, and it has no equal copy")
      }
    }
    original.onTruncation {
      let recorded = original.rows(of: .record).filter(begun).compactMap(Self.ids)
      for row in original.records where !recorded.contains(where: { $0.contains(row.id) }) {
        findings.add(
          "the table was emptied, and its own database has not recorded that the range of the row \(row.id) is")
      }
      let ranges = extended.rows(of: .range).filter(begun).compactMap(Self.ids)
      for row in original.records where !ranges.contains(where: { $0.contains(row.id) }) {
        findings.add(
          "the table was emptied, and the journal does not hold that the range of the row \(row.id) is being drained")
      }
    }
  }

  static func ids(of range: [JournalColumn: SQLValue]) -> ClosedRange<UInt64>? {
    guard let lower = range[.lowerID]?.unsignedValue, let upper = range[.upperID]?.unsignedValue else { return nil }
    return lower...upper
  }

  /// What the table holds of a range.
  static func digest(of range: [JournalColumn: SQLValue], _ database: SimulatedDatabase) -> RangeDigest? {
    guard let ids = ids(of: range) else { return nil }
    var (digest, hasher) = (RangeDigest.empty, RowHasher())
    for row in database.records where ids.contains(row.id) { digest.add(hasher.hash(row)) }
    return digest
  }

  /// At every moment: no row is lost, none is there that nobody wrote or that was deleted.
  func watch() async throws {
    while !lms.isStopped {
      try await world.scheduler.sleep(for: .milliseconds(700))
      let found = lms.ledger.contradictions(
        original: original.records, extended: extended.records, isMoved: movesNativeRows, isBack: isBack.isSet)
      guard found.isEmpty else {
        findings.add("at \(world.now): " + found.prefix(5).joined(separator: "; "))
        throw CancellationError()
      }
    }
  }

  /// Behind the fence: every original row that it could hold has an equal copy, unless it is just being deleted; a process that nobody
  /// restarted may just give it a grade.
  func compareFenced() {
    let copies = Dictionary(uniqueKeysWithValues: extended.records.map { ($0.id, $0) })
    let next = extended.rows(of: .migration).first?[.fenceNextID]?.unsignedValue ?? .max
    for row in original.records where row.id < next && copies[row.id] != row && !lms.ledger.mayBeDeleted(row) {
      if plan.stragglers > 0, copies[row.id] != nil { continue }
      findings.add("unproven switch: the original row \(row.id) has no equal copy behind the fence")
    }
  }

  /// At rest: the tables are what the ledger says, and the journal says what the tables are.
  func conclude() {
    let (rows, copies) = (original.records, extended.records)
    let found = lms.ledger.contradictions(original: rows, extended: copies, isMoved: movesNativeRows)
    for contradiction in found.prefix(5) { findings.add("at the end: \(contradiction)") }
    let bound = extended.rows(of: .migration).first?[.upperBound]?.unsignedValue ?? 0
    if plan.emptying != .no, !keepsDeleted, let left = rows.first(where: { $0.id <= bound }) {
      findings.add("the original row \(left.id) is left of a table that was drained")
    }
    guard !keepsDeleted else { return }
    for range in extended.rows(of: .range) {
      guard let lower = range[.lowerID]?.unsignedValue, let upper = range[.upperID]?.unsignedValue else { continue }
      let state = range[.state]?.textValue ?? ""
      if ["leased", "pending", "unconfirmed"].contains(state) {
        findings.add("the range \(lower)-\(upper) is \(state) although everything is done")
      }
    }
  }
}
