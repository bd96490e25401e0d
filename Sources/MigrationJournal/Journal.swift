internal import MigrationBase
package import StudentModuleHistory

/// The migration's own tables, in the extended database, next to the rows they speak of.
///
/// All times are the database's own, in UTC, so that the clocks of the machines that copy do not matter. A person can read the
/// tables at an SQL prompt; what is in them after the migration is its manifest.
package struct Journal: Sendable {
  /// The version of the tables that this csmh writes. A journal of a newer version is refused.
  package static let version = journalVersion

  /// How long a lease lasts when nobody renews it.
  package static let leaseSeconds = 60

  package init() {}
}

extension Journal {
  /// The migration's row.
  ///
  /// - Throws: ``MigrationError`` `notProvisioned`, `journalTooNew`.
  package func migration(_ session: any HistorySession, locking: Bool = false) async throws -> MigrationRecord {
    let rows: [[SQLValue]]
    do {
      rows = try await session.select(
        [
          .identity, .journalVersion, .csmhVersion, .createdAt, .phase, .startingID, .upperBound, .nextLow, .nextHigh,
          .originalTable, .extendedTable, .fenceID, .fenceNextID, .fencedAt, .recordNumber,
        ], JournalQuery(.migration, where: Self.only, locking: locking))
    } catch let error as HistoryStoreError {
      // A journal of another version may lack a column.
      try await checkVersion(session)
      throw error
    }
    guard let row = rows.first else { throw MigrationError.notProvisioned }
    try Self.check(version: row[1], by: row[2])
    return MigrationRecord(
      identity: row[0].textValue ?? "", csmhVersion: row[2].textValue ?? "", createdAt: row[3].textValue ?? "",
      phase: try Self.phase(row[4]), startingID: row[5].unsignedValue ?? 0,
      upperBound: row[6].unsignedValue, nextLow: row[7].unsignedValue, nextHigh: row[8].unsignedValue,
      originalTable: row[9].textValue ?? "", extendedTable: row[10].textValue ?? "",
      fence: Self.fence(row[11], row[12], row[13]), recordNumber: row[14].unsignedValue ?? 0)
  }

  /// - Throws: ``MigrationError/unknownWord(_:in:)``.
  private static func phase(_ value: SQLValue) throws(MigrationError) -> Phase {
    let word = value.textValue ?? ""
    guard let phase = Phase(rawValue: word) else { throw .unknownWord(word, in: "csmh_migration.phase") }
    return phase
  }

  private static func fence(_ largestID: SQLValue, _ nextID: SQLValue, _ time: SQLValue) -> FenceRecord? {
    guard let largestID = largestID.unsignedValue, let nextID = nextID.unsignedValue else { return nil }
    return FenceRecord(largestID: largestID, nextID: nextID, takenAt: time.textValue ?? "")
  }

  /// - Throws: ``MigrationError`` `notProvisioned`, `journalTooNew`, `journalTooOld`.
  func checkVersion(_ session: any HistorySession) async throws {
    let rows: [[SQLValue]]
    do {
      rows = try await session.select(
        [.journalVersion, .csmhVersion], JournalQuery(.migration, where: Self.only))
    } catch let error as HistoryStoreError {
      guard try await Self.isAbsent(.migration, error, session) else { throw error }
      throw MigrationError.notProvisioned
    }
    guard let row = rows.first else { throw MigrationError.notProvisioned }
    try Self.check(version: row[0], by: row[1])
  }

  private static func check(version: SQLValue, by csmhVersion: SQLValue) throws(MigrationError) {
    let version = version.unsignedValue.map { Int($0) } ?? 0
    if version > Self.version { throw .journalTooNew(version: version, by: csmhVersion.textValue ?? "?") }
    if version < Self.version { throw .journalTooOld(version: version) }
  }

  /// Writes down that the fence was taken, or, with nil, that it does not hold any more.
  package func set(_ fence: FenceRecord?, _ session: any HistorySession) async throws {
    try await change(
      [
        JournalChange(.fenceID, .number(fence?.largestID)), JournalChange(.fenceNextID, .number(fence?.nextID)),
        JournalChange(.fencedAt, fence == nil ? .null : .now),
      ], session)
  }

  /// The migration's row, or nil if the installation was not provisioned.
  ///
  /// - Throws: ``MigrationError`` `journalTooNew`.
  package func migrationIfAny(_ session: any HistorySession) async throws -> MigrationRecord? {
    do {
      return try await migration(session)
    } catch MigrationError.notProvisioned {
      return nil
    }
  }

  /// Moves the migration on to a phase.
  package func set(_ phase: Phase, _ session: any HistorySession) async throws {
    try await change([JournalChange(.phase, .text(phase.rawValue))], session)
  }

  /// Moves the migration from `copied` to `verified`; not where another process has begun to copy meanwhile.
  package func setVerified(_ session: any HistorySession) async throws {
    try await move(from: [.copied], to: .verified, session)
  }

  /// Lets the migration reach up to `maximumID`: what lies above the previous bound becomes work.
  ///
  /// Returns whether there is new work. Ids below the smallest one belong to the first range, so that a row which commits late is
  /// not outside of every range.
  @discardableResult
  package func extend(to maximumID: UInt64, _ session: any HistorySession) async throws -> Bool {
    try await session.transaction {
      let migration = try await self.migration(session, locking: true)
      guard migration.isFrontierEmpty else { return true }
      if let bound = migration.upperBound, bound >= maximumID { return false }
      let low = migration.upperBound.map { $0 + 1 } ?? 0
      try await change(
        [
          JournalChange(.nextLow, .number(low)), JournalChange(.nextHigh, .number(maximumID)),
          JournalChange(.upperBound, .number(maximumID)),
        ], session)
      try await move(from: [.copied, .verified, .drained], to: .copying, session)
      return true
    }
  }

  /// Writes down what happened.
  ///
  /// - Parameter token: of the attempt, which writes it once however often it tries.
  package func record(
    _ event: String, detail: String, token: String? = nil, _ session: any HistorySession
  ) async throws {
    var unlessThere: [JournalCondition] = []
    if let token {
      // An attempt is not older than the last thousand events.
      let newest = try await session.select([.id], JournalQuery(.event, order: .id, descending: true, limit: 1))
      let last = newest.first?[0].unsignedValue ?? 0
      unlessThere = [
        .above(.id, .number(last.subtractingDownToZero(1_000))), .equal(.token, .text(token)),
      ]
    }
    try await session.insert(
      into: .event,
      [
        JournalChange(.happenedAt, .now), JournalChange(.kind, .text(event)), JournalChange(.detail, .text(detail)),
        JournalChange(.token, .text(token)),
      ], unless: unlessThere)
  }

  /// Whether the last change of a range's entry was made by an attempt.
  package func carries(_ token: String, _ rangeID: UInt64, _ session: any HistorySession) async throws -> Bool {
    try await !session.select(
      [.id], JournalQuery(.range, where: [.equal(.id, .number(rangeID)), .equal(.token, .text(token))])
    ).isEmpty
  }

  /// What was written down, the newest first.
  package func events(_ session: any HistorySession, limit: Int) async throws -> [JournalEvent] {
    try await newestEvents(where: [], limit: limit, session)
  }
}

extension Journal {
  /// Whether a statement failed because a table does not exist.
  static func isAbsent(
    _ table: JournalTable, _ error: HistoryStoreError, _ session: any HistorySession
  ) async throws -> Bool {
    // A file has no number for it. A table that may not be read is no absent one, though its columns do not show either.
    guard error.kind == .other else { return error.isAbsence }
    return try await session.presentColumns(of: table).isEmpty
  }

  /// What selects the one row about the migration.
  package static let only: [JournalCondition] = [.equal(.id, .number(1))]

  /// Changes the row about the migration.
  ///
  /// - Parameter conditions: what it has to be like, beside being there.
  /// - Returns: whether it was changed.
  @discardableResult
  package func change(
    _ changes: [JournalChange], where conditions: [JournalCondition] = [], _ session: any HistorySession
  ) async throws -> Bool {
    try await session.update(
      .migration, set: changes + [JournalChange(.updatedAt, .now)], where: Self.only + conditions) > 0
  }

  /// Moves the migration from one of some phases to another; nothing in any other phase.
  package func move(from phases: [Phase], to phase: Phase, _ session: any HistorySession) async throws {
    try await change(
      [JournalChange(.phase, .text(phase.rawValue))], where: [.isOne(of: phases.map(\.rawValue), .phase)], session)
  }

  /// The newest events that meet conditions, the newest first.
  func newestEvents(
    where conditions: [JournalCondition], limit: Int, _ session: any HistorySession
  ) async throws -> [JournalEvent] {
    try await session.select(
      [.happenedAt, .kind, .detail], JournalQuery(.event, where: conditions, order: .id, descending: true, limit: limit)
    ).map {
      JournalEvent(happenedAt: $0[0].textValue ?? "", kind: $0[1].textValue ?? "", detail: $0[2].textValue ?? "")
    }
  }
}
