internal import StudentModuleHistory

/// The requests that one thread of an LMS process serves, one after the other.
///
/// Each is a transaction in the original database (ATOMIC_REQUESTS). The extended one has none: what is written there stands at once,
/// whatever becomes of the request.
struct LearnerRequests {
  private let lms: SimulatedLMS
  private let environment: Environment
  private let isExtendedEnabled: Bool
  private let original: SimulatedStore
  private let extended: SimulatedStore
  private var generator: SplitMix64
  private var sessions: (original: SimulatedSession, extended: SimulatedSession?)?

  private var ledger: Ledger { lms.ledger }

  init(
    _ lms: SimulatedLMS, _ process: SimulatedProcess, _ environment: Environment, isExtendedEnabled: Bool,
    number: Int
  ) {
    self.lms = lms
    self.environment = environment
    self.isExtendedEnabled = isExtendedEnabled
    original = SimulatedStore(lms.original, for: process)
    extended = SimulatedStore(lms.extended, for: process)
    generator = SplitMix64(seed: environment.random(), UInt64(number))
  }

  /// Serves requests until the process is to end.
  mutating func serve(until isOver: () -> Bool) async {
    while !isOver(), !Task.isCancelled {
      do {
        try await environment.sleep(for: drawn(lms.options.longestPause))
        if isOver() { break }
        if lms.isResting { continue }
        try await serve()
      } catch {
        // The learner is told that something went wrong.
        await close()
      }
    }
    await close()
  }

  /// Serves some requests, and ends.
  mutating func serve(count: Int) async {
    var left = count
    await serve {
      left -= 1
      // Asked before and after each pause.
      return left < -count
    }
  }

  private mutating func serve() async throws {
    let (original, extended) = try await opened()
    if generator.chance(percent: lms.options.deletions), lms.modules.count > 2 {
      try await delete(lms.modules[generator.below(lms.modules.count)], original, extended)
    } else {
      try await save(original, extended)
    }
  }

  private mutating func opened() async throws -> (SimulatedSession, SimulatedSession?) {
    if let sessions { return sessions }
    let first = try await original.openSimulatedSession()
    let second = isExtendedEnabled ? try await extended.openSimulatedSession() : nil
    sessions = (first, second)
    return (first, second)
  }

  private mutating func close() async {
    guard let open = sessions else { return }
    sessions = nil
    await open.original.close()
    await open.extended?.close()
  }

  private mutating func drawn(_ limit: Duration) -> Duration {
    .microseconds(generator.below(max(1, Int(limit.microseconds))))
  }

  // MARK: Saving

  private mutating func save(_ original: SimulatedSession, _ extended: SimulatedSession?) async throws {
    try await original.begin()
    let isNew = generator.chance(percent: lms.options.beginnings)
    let module: UInt64
    if isNew {
      module = try await original.beginModule()
    } else {
      module = lms.modules[generator.below(lms.modules.count)]
      guard try await original.saveModule(module) else {
        await original.rollback()
        return
      }
    }
    let record = ledger.draft(
      extended == nil ? .original : .extended, module: module,
      created: HistoryTimestamp(microsecondsSince1970: environment.microsecondsSince1970()),
      grade: Double(generator.below(100)), filler: generator.below(40))
    if let extended {
      do {
        try await writeNative(record, extended)
        try await environment.sleep(for: drawn(lms.options.longestTransaction))
        try await original.commit()
      } catch {
        // A row of a student module that may never have been there: nobody sees it.
        if isNew { ledger.deleted(module: module, from: .extended, .maybe) }
        throw error
      }
    } else {
      try await writeOriginal(record, original)
    }
    if isNew { lms.began(module) }
  }

  /// Writes a row inside of the request's transaction, which commits at some time; another request may grade it a moment later.
  private mutating func writeOriginal(_ record: HistoryRecord, _ session: SimulatedSession) async throws {
    var record = record
    record.id = try await session.insert(record)
    try await environment.sleep(for: drawn(lms.options.longestTransaction))
    // Before the answer arrives: others may see it, or the process may die.
    ledger.wrote(record, id: record.id, .maybe)
    try await session.commit()
    ledger.wrote(record, id: record.id, .surely)
    guard generator.chance(percent: lms.options.grades) else { return }
    try await environment.sleep(for: drawn(lms.options.longestTransaction / 4))
    try await session.begin()
    guard try await session.saveModule(record.studentModuleID) else {
      await session.rollback()
      return
    }
    record.grade = Double(100 + generator.below(100))
    _ = try await session.update(record)
    try await environment.sleep(for: drawn(lms.options.longestTransaction / 4))
    ledger.graded(record, record.grade!, .maybe)
    try await session.commit()
    ledger.graded(record, record.grade!, .surely)
  }

  /// Writes a row that stands at once, and grades it in the same request.
  private mutating func writeNative(_ record: HistoryRecord, _ session: SimulatedSession) async throws {
    var record = record
    ledger.wrote(record, id: nil, .maybe)
    record.id = try await session.insert(record)
    ledger.wrote(record, id: record.id, .surely)
    guard generator.chance(percent: lms.options.grades) else { return }
    try await environment.sleep(for: drawn(lms.options.longestTransaction / 4))
    record.grade = Double(100 + generator.below(100))
    ledger.graded(record, record.grade!, .maybe)
    if try await session.update(record) { ledger.graded(record, record.grade!, .surely) }
  }

  // MARK: Deleting

  /// Deletes a student module with its history: by the cascade in the original table, by a signal in the extended one, which a process
  /// without the extended application does not have. In Django the signal comes before the request's commit.
  private mutating func delete(
    _ module: UInt64, _ original: SimulatedSession, _ extended: SimulatedSession?
  ) async throws {
    try await original.begin()
    guard try await original.saveModule(module) else {
      await original.rollback()
      return
    }
    try await original.delete(RowSelection(studentModuleIDs: [module]))
    try await original.deleteModule(module)
    let isNested = generator.chance(percent: 70)
    if isNested { try await deleteCopies(module, extended) }
    try await environment.sleep(for: drawn(lms.options.longestTransaction / 2))
    ledger.deleted(module: module, from: .original, .maybe)
    try await original.commit()
    ledger.deleted(module: module, from: .original, .surely)
    lms.ended(module)
    if !isNested { try await deleteCopies(module, extended) }
  }

  private func deleteCopies(_ module: UInt64, _ extended: SimulatedSession?) async throws {
    guard let extended else { return }
    ledger.deleted(module: module, from: .extended, .maybe)
    try await extended.delete(RowSelection(studentModuleIDs: [module]))
    ledger.deleted(module: module, from: .extended, .surely)
  }
}
