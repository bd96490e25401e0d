public import StudentModuleHistory

/// The migration's own tables, in the extended database, next to the rows they speak of.
///
/// All times are the database's own, in UTC, so that the clocks of the machines that copy do not matter. A person can read the
/// tables at an SQL prompt; what is in them after the migration is its manifest.
public struct Journal: Sendable {
  /// The version of the tables that this csmh writes. A journal of a newer version is refused.
  public static let version = 4

  /// How long a lease lasts when nobody renews it.
  public static let leaseSeconds = 60

  let dialect: SQLDialect

  public init(dialect: SQLDialect) {
    self.dialect = dialect
  }
}

extension Journal {
  /// The migration's row.
  ///
  /// - Throws: ``MigrationError`` `notProvisioned`, `journalTooNew`.
  public func migration(_ session: any HistorySession, locking: Bool = false) async throws -> MigrationRecord {
    let rows: [[SQLValue]]
    do {
      rows = try await session.rows(
        "SELECT identity, journal_version, csmh_version, created_at, phase, starting_id, upper_bound, next_low, next_high,"
          + " original_table, extended_table, fence_id, fence_next_id, fenced_at FROM csmh_migration WHERE id = 1"
          + (locking ? dialect.forUpdate : ""))
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
      fence: Self.fence(row[11], row[12], row[13]))
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
      rows = try await session.rows("SELECT journal_version, csmh_version FROM csmh_migration WHERE id = 1")
    } catch let error as HistoryStoreError {
      guard try await Self.isAbsent("csmh_migration", error, session) else { throw error }
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
  func set(_ fence: FenceRecord?, _ session: any HistorySession) async throws {
    try await session.execute(
      "UPDATE csmh_migration SET fence_id = ?, fence_next_id = ?, fenced_at = \(fence == nil ? "NULL" : dialect.now),"
        + " updated_at = \(dialect.now) WHERE id = 1",
      [.optional(fence?.largestID), .optional(fence?.nextID)])
  }

  /// The migration's row, or nil if the installation was not provisioned.
  ///
  /// - Throws: ``MigrationError`` `journalTooNew`.
  public func migrationIfAny(_ session: any HistorySession) async throws -> MigrationRecord? {
    do {
      return try await migration(session)
    } catch MigrationError.notProvisioned {
      return nil
    }
  }

  /// Moves the migration on to a phase.
  public func set(_ phase: Phase, _ session: any HistorySession) async throws {
    try await session.execute(
      "UPDATE csmh_migration SET phase = ?, updated_at = \(dialect.now) WHERE id = 1", [.text(phase.rawValue)])
  }

  /// Moves the migration from `copied` to `verified`; not where another process has begun to copy meanwhile.
  func setVerified(_ session: any HistorySession) async throws {
    try await session.execute(
      "UPDATE csmh_migration SET phase = ?, updated_at = \(dialect.now) WHERE id = 1 AND phase = ?",
      [.text(Phase.verified.rawValue), .text(Phase.copied.rawValue)])
  }

  /// Lets the migration reach up to `maximumID`: what lies above the previous bound becomes work.
  ///
  /// Returns whether there is new work. Ids below the smallest one belong to the first range, so that a row which commits late is
  /// not outside of every range.
  @discardableResult
  public func extend(to maximumID: UInt64, _ session: any HistorySession) async throws -> Bool {
    try await session.transaction {
      let migration = try await self.migration(session, locking: true)
      guard migration.isFrontierEmpty else { return true }
      if let bound = migration.upperBound, bound >= maximumID { return false }
      let low = migration.upperBound.map { $0 + 1 } ?? 0
      try await session.execute(
        "UPDATE csmh_migration SET next_low = ?, next_high = ?, upper_bound = ?, updated_at = \(dialect.now) WHERE id = 1",
        [.unsigned(low), .unsigned(maximumID), .unsigned(maximumID)])
      try await demote(from: [.copied, .verified, .drained], to: .copying, session)
      return true
    }
  }

  /// Writes down what happened.
  ///
  /// - Parameter token: of the attempt, which writes it once however often it tries.
  public func record(
    _ event: String, detail: String, token: String? = nil, _ session: any HistorySession
  ) async throws {
    // An attempt is not older than the last thousand events.
    let recent = "(SELECT CASE WHEN MAX(id) > 1000 THEN MAX(id) - 1000 ELSE 0 END FROM csmh_event)"
    let unlessThere =
      token.map { "WHERE NOT EXISTS (SELECT 1 FROM csmh_event WHERE id > \(recent) AND token = '\($0)')" } ?? ""
    try await session.execute(
      "INSERT INTO csmh_event (happened_at, kind, detail, token) SELECT \(dialect.now), ?, ?, ?"
        + " FROM (SELECT 1 AS one) AS seed \(unlessThere)",
      [.text(event), .text(detail), .optional(token)])
  }

  /// Whether the last change of a range's entry was made by an attempt.
  func carries(_ token: String, _ rangeID: UInt64, _ session: any HistorySession) async throws -> Bool {
    try await !session.rows(
      "SELECT id FROM csmh_range WHERE id = ? AND token = ?", [.unsigned(rangeID), .text(token)]
    ).isEmpty
  }

  /// What was written down, the newest first.
  public func events(_ session: any HistorySession, limit: Int) async throws -> [JournalEvent] {
    try await session.rows("SELECT happened_at, kind, detail FROM csmh_event ORDER BY id DESC LIMIT \(limit)").map {
      JournalEvent(happenedAt: $0[0].textValue ?? "", kind: $0[1].textValue ?? "", detail: $0[2].textValue ?? "")
    }
  }
}

extension Journal {
  /// Whether a statement failed because a table does not exist.
  static func isAbsent(
    _ table: String, _ error: HistoryStoreError, _ session: any HistorySession
  ) async throws -> Bool {
    switch session.dialect {
    case .mySQL: error.isAbsence
    // SQLite has no number for it.
    case .sqlite:
      try await session.rows("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", [.text(table)]).isEmpty
    }
  }
}
