/// Writes, reads and deletes history where the two flags say, as Open edX does.
///
/// | flags | writes | reads |
/// | --- | --- | --- |
/// | both off | original table | original table |
/// | `ENABLE_CSMH_EXTENDED` | extended table | both, the newest first |
/// | both on | extended table | extended table |
///
/// A record that was copied and still stands in both tables is read once; Open edX itself shows it twice. Both databases are read at
/// the same time, and one of them that cannot be read is an error: a history is never shortened in silence.
public struct HistoryRouter: Sendable {
  /// What decides where it writes and reads.
  public let flags: HistoryFlags

  /// The types of blocks whose history is kept. Default: `problem` alone, as Open edX has it.
  public let recordedModuleTypes: Set<String>

  /// The smallest id of a native row, from the migration's journal; nil where there is none.
  ///
  /// With it, histories are in the order of ids, whatever part of them was copied or drained. Without it, all rows of the extended
  /// table count as native and come before those of the original one, as Open edX has it.
  public let startingID: UInt64?

  /// Every copy in the extended table with a smaller id was proven equal to its original when it was made, says the migration's
  /// journal; 0 where there is none.
  ///
  /// Reading both tables, a page of up to ``usualPageSize`` records, or of several student modules, compares what both tables hold; on a
  /// longer one, proven copies count as such by their ids alone. What somebody changes in such a copy later is not shown beside its
  /// original, which is.
  public let provenBelow: UInt64

  let original: SessionPool
  let extended: SessionPool

  /// The most student modules that one call takes.
  public static let maximumStudentModuleCount = 200

  /// The most records of a page.
  public static let maximumPageSize = 1_000

  /// The records of a page where nobody asks for another number.
  public static let usualPageSize = 100

  /// - Throws: ``HistoryRouterError/contradictoryFlags``.
  package init(
    flags: HistoryFlags, original: SessionPool, extended: SessionPool, startingID: UInt64? = nil,
    provenBelow: UInt64 = 0, recordedModuleTypes: Set<String> = ["problem"]
  ) throws(HistoryRouterError) {
    guard flags.extendedEnabled || !flags.readOnlyFromExtended else { throw .contradictoryFlags }
    self.flags = flags
    self.original = original
    self.extended = extended
    self.startingID = startingID
    self.provenBelow = provenBelow
    self.recordedModuleTypes = recordedModuleTypes
  }

  /// The same router under other flags.
  ///
  /// - Throws: ``HistoryRouterError/contradictoryFlags``.
  public func with(_ flags: HistoryFlags) throws(HistoryRouterError) -> HistoryRouter {
    try HistoryRouter(
      flags: flags, original: original, extended: extended, startingID: startingID, provenBelow: provenBelow,
      recordedModuleTypes: recordedModuleTypes)
  }

  // MARK: Writing

  /// Keeps a state in the history, if the history of such blocks is kept.
  ///
  /// - Parameter request: the request that saves. A second save of the same student module in it updates the first one's record.
  /// - Returns: the record as it was stored, with its id, or nil if the history of such blocks is not kept.
  /// - Throws: ``HistoryStoreError``. After `connectionLost` it is not known whether the record was stored.
  @discardableResult
  public func record(
    _ state: StudentModuleState, in request: SavingRequest? = nil
  ) async throws -> HistoryRecord? {
    guard recordedModuleTypes.contains(state.moduleType) else { return nil }
    let side: HistorySide = flags.extendedEnabled ? .extended : .original
    let pool = pool(side)
    if let earlier = request?.record(of: state.studentModuleID), earlier.side == side {
      let record = state.record(id: earlier.id)
      // The record may have been deleted since, together with its student module.
      if try await pool.withSession(isRepeatable: true, { try await $0.update(record) }) { return record }
    }
    let id = try await pool.withSession(isRepeatable: false) { try await $0.insert(state.record()) }
    request?.didSave(id, of: state.studentModuleID, on: side)
    return state.record(id: id)
  }

  /// How many records a deletion removed.
  public struct Deletion: Sendable, Hashable {
    /// In the original table.
    public var originalCount: Int

    /// In the extended table.
    public var extendedCount: Int

    package init(originalCount: Int, extendedCount: Int) {
      self.originalCount = originalCount
      self.extendedCount = extendedCount
    }
  }

  /// Removes all records of student modules from both tables, whatever the flags are; from the original one first, as Open edX does.
  ///
  /// It can be repeated: if it failed half way, the same call finishes it.
  ///
  /// - Throws: ``HistoryRouterError/tooManyStudentModules(_:)``, ``HistoryStoreError``.
  @discardableResult
  public func delete(for studentModuleIDs: [UInt64]) async throws -> Deletion {
    let ids = try Self.checked(studentModuleIDs)
    guard !ids.isEmpty else { return Deletion(originalCount: 0, extendedCount: 0) }
    let originalCount = try await original.withSession(isRepeatable: true) { try await $0.deleteRecords(of: ids) }
    var extendedCount = 0
    do {
      extendedCount = try await extended.withSession(isRepeatable: true) { try await $0.deleteRecords(of: ids) }
    } catch let error as HistoryStoreError where error.isAbsence && !flags.extendedEnabled {
      // An installation that has not begun to migrate has no extended table.
    }
    return Deletion(originalCount: originalCount, extendedCount: extendedCount)
  }

  // MARK: Reading

  /// A part of the history of student modules, the newest records first.
  ///
  /// - Parameters:
  ///   - studentModuleIDs: up to ``maximumStudentModuleCount``; the records of all of them come in one order.
  ///   - cursor: where the part begins: ``HistoryPage/next`` of the part before.
  ///   - limit: the most records, from 1 to ``maximumPageSize``. Default: ``usualPageSize``.
  /// - Throws: ``HistoryRouterError``, ``HistoryStoreError`` which says what database cannot be read.
  public func history(
    of studentModuleIDs: [UInt64], from cursor: HistoryCursor = .start, limit: Int = usualPageSize
  ) async throws -> HistoryPage {
    let ids = try Self.checked(studentModuleIDs)
    guard (1...Self.maximumPageSize).contains(limit) else { throw HistoryRouterError.pageSizeOutOfRange(limit) }
    guard !ids.isEmpty else { return HistoryPage(entries: [], next: nil, collisions: []) }
    if flags.extendedEnabled, !flags.readOnlyFromExtended {
      var reader = DualReader(router: self, studentModuleIDs: ids, cursor: cursor, limit: limit)
      return try await reader.page()
    }
    return try await singlePage(of: ids, from: cursor, limit: limit)
  }

  /// A page out of the one table that is read.
  private func singlePage(of ids: [UInt64], from cursor: HistoryCursor, limit: Int) async throws -> HistoryPage {
    let table: HistorySide = flags.readOnlyFromExtended ? .extended : .original
    var below = cursor.originalBelow
    if table == .extended, below == nil, startingID != nil {
      // An earlier page may have been read with other flags: the native rows that it has shown are not shown again.
      below = cursor.extendedBelow
    }
    let rows = try await rows(table, of: ids, below: below, limit: limit + 1)
    var page = HistoryPage(entries: [], next: nil, collisions: [])
    for record in rows.prefix(limit) { page.entries.append(HistoryEntry(record: record, table: table)) }
    if rows.count > limit, let last = page.entries.last?.record.id {
      // Of the extended table alone, copies are shown as the originals that they stand for.
      page.next = HistoryCursor(extendedBelow: table == .extended ? last : cursor.extendedBelow, originalBelow: last)
    }
    return page
  }

  /// The whole history of student modules; reading it throws what ``history(of:from:limit:)`` throws.
  public func stream(of studentModuleIDs: [UInt64], pageSize: Int = usualPageSize) -> HistoryStream {
    HistoryStream(router: self, studentModuleIDs: studentModuleIDs, pageSize: pageSize)
  }

  /// The newest rows of one table with ids below `below`: nil for all, 0 for none.
  func rows(
    _ side: HistorySide, of ids: [UInt64], below: UInt64?, limit: Int
  ) async throws -> [HistoryRecord] {
    guard below != 0 else { return [] }
    return try await pool(side).withSession(isRepeatable: true) {
      try await $0.records(of: ids, below: below, limit: limit)
    }
  }

  func pool(_ side: HistorySide) -> SessionPool {
    switch side {
    case .original: original
    case .extended: extended
    }
  }

  private static func checked(_ ids: [UInt64]) throws(HistoryRouterError) -> [UInt64] {
    let distinct = ids.count == 1 ? ids : Array(Set(ids)).sorted()
    guard distinct.count <= maximumStudentModuleCount else { throw .tooManyStudentModules(distinct.count) }
    return distinct
  }
}

/// What a router refuses.
public enum HistoryRouterError: Error, Sendable, Hashable, CustomStringConvertible {
  /// `READ_ONLY_FROM_CSMHE` without `ENABLE_CSMH_EXTENDED`.
  case contradictoryFlags
  /// More student modules in one call than ``HistoryRouter/maximumStudentModuleCount``.
  case tooManyStudentModules(Int)
  /// A page of no records, or of more than ``HistoryRouter/maximumPageSize``.
  case pageSizeOutOfRange(Int)
  /// The student module does not exist, or nothing was ever recorded of it.
  case noHistory(studentModuleID: UInt64)

  public var description: String {
    switch self {
    case .contradictoryFlags: HistoryFlags(extendedEnabled: false, readOnlyFromExtended: true).meaning
    case .tooManyStudentModules(let count):
      "\(count) student modules at once are more than \(HistoryRouter.maximumStudentModuleCount)"
    case .pageSizeOutOfRange(let size):
      "a page of \(size) records: it has from 1 to \(HistoryRouter.maximumPageSize)"
    case .noHistory(let id): "there is no history of the student module \(id)"
    }
  }
}
