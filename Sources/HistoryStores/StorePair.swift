internal import Foundation
internal import GRDB
internal import MariaDBClient
public import StudentModuleHistory

/// The two stores of an installation, and the way in which rows get from one to the other.
public enum StorePair: Sendable {
  case mySQL(original: MySQLStore, extended: MySQLStore)
  case sqlite(original: SQLiteStore, extended: SQLiteStore)

  public var original: any HistoryStore {
    switch self {
    case .mySQL(let original, _): original
    case .sqlite(let original, _): original
    }
  }

  public var extended: any ProvisionableStore {
    switch self {
    case .mySQL(_, let extended): extended
    case .sqlite(_, let extended): extended
    }
  }

  /// The same stores in each other's place, for the way back.
  public var reversed: StorePair {
    switch goingBack {
    case .mySQL(let original, let extended): .mySQL(original: extended, extended: original)
    case .sqlite(let original, let extended): .sqlite(original: extended, extended: original)
    }
  }

  /// The original store as one whose privileges can be checked.
  public var provisionableOriginal: any ProvisionableStore {
    switch self {
    case .mySQL(let original, _): original
    case .sqlite(let original, _): original
    }
  }

  /// The ways in which rows move.
  public enum Route: String, Sendable {
    /// From one server to another, through this program.
    case betweenServers = "between two servers"
    /// Inside one server, by INSERT ... SELECT.
    case insideServer = "inside one server"
    /// Between two files.
    case betweenFiles = "between two files"
  }

  /// What a worker needs: a session on each side, and the transfer between them.
  public struct Lane: Sendable {
    public let original: any HistorySession
    public let extended: any HistorySession
    public let transfer: any RangeTransfer
    public let route: Route

    /// How many lanes at the same time can still gain; more would only wait for each other, holding locks.
    public let usefulLaneCount: Int

    /// Whether the two tables are in each other's place: ``StorePair/reversed``.
    public var isWayBack: Bool { extended.side == .original }

    /// Closes both sessions; open transactions are rolled back.
    public func close() async {
      await original.close()
      await extended.close()
    }
  }

  /// Opens a session on each side and finds the shortest way between them.
  ///
  /// - Throws: ``HistoryStoreError``; `misconfigured` if both are the same database.
  public func openLane() async throws -> Lane {
    switch self {
    case .mySQL(let original, let extended):
      let source = try await original.openMySQLSession()
      do {
        let target = try await extended.openMySQLSession()
        do {
          return try await lane(from: source, to: target)
        } catch {
          await target.close()
          throw error
        }
      } catch {
        await source.close()
        throw error
      }
    case .sqlite(let original, let extended):
      try refuseSameFile(original, extended)
      let source = try await original.openSQLiteSession()
      let target = try await extended.openSQLiteSession()
      try await target.execute("ATTACH DATABASE ? AS original", [.text(original.path)])
      let attached = SQLiteSession(
        store: original, queue: target.queue, schema: "original", tableName: source.tableName)
      return Lane(
        original: source, extended: target, transfer: InDatabaseTransfer(original: attached, extended: target),
        route: .betweenFiles,
        // SQLite has one writer at a time.
        usefulLaneCount: 1)
    }
  }

  private func lane(from source: MySQLSession, to target: MySQLSession) async throws -> Lane {
    guard
      try await Self.isSameServer(
        source.connection, target.connection, source.store.environment)
    else {
      return streamingLane(from: source, to: target)
    }
    try await Self.refuseSameDatabase(source.store, target.store, on: source.connection)
    // Rows can stay inside the server only if the extended database's user may read the original table.
    let view = target.viewing(source.table)
    do throws(MariaDBError) {
      _ = try await view.connection.query(
        StatementText("SELECT id FROM \(view.tableSQL) WHERE FALSE LOCK IN SHARE MODE"))
    } catch {
      guard error.kind == .privilege else { throw view.store.plainlyTold(error) }
      return streamingLane(from: source, to: target)
    }
    return Lane(
      original: source, extended: target, transfer: InDatabaseTransfer(original: view, extended: target),
      route: .insideServer, usefulLaneCount: try await usefulLaneCount(inside: target))
  }

  private func streamingLane(from source: MySQLSession, to target: MySQLSession) -> Lane {
    Lane(
      original: source, extended: target, transfer: StreamingTransfer(original: source, extended: target),
      route: .betweenServers, usefulLaneCount: .max)
  }

  /// INSERT ... SELECT holds the table's AUTO-INC lock to its end, although all ids are given, unless the server interleaves ids: one
  /// statement inserts while another lane's digests are computed, and a third lane would wait with its rows locked.
  /// https://dev.mysql.com/doc/refman/8.4/en/innodb-auto-increment-handling.html
  private func usefulLaneCount(inside session: MySQLSession) async throws -> Int {
    let interleaved: UInt64 = 2
    return try await session.rows("SELECT @@innodb_autoinc_lock_mode")[0][0].unsignedValue == interleaved ? .max : 2
  }

  /// Whether two connections reach the same server, whatever names were used: a lock with a random name that one takes is seen by
  /// the other.
  static func isSameServer(
    _ source: MariaDBConnection, _ target: MariaDBConnection, _ environment: Environment
  ) async throws(HistoryStoreError) -> Bool {
    let name = "csmh-\(environment.word())"
    _ = try await answer(source, .original, "SELECT GET_LOCK('\(name)', 0)")
    let holder = try await answer(target, .extended, "SELECT IS_USED_LOCK('\(name)')")
    _ = try await answer(source, .original, "SELECT RELEASE_LOCK('\(name)')")
    return holder != nil
  }

  private static func answer(
    _ connection: MariaDBConnection, _ side: HistorySide, _ sql: String
  ) async throws(HistoryStoreError) -> String? {
    do throws(MariaDBError) {
      return try await connection.query(StatementText(sql)).first?[0]
    } catch {
      throw HistoryStoreError(error, side: side)
    }
  }

  /// Refuses an installation whose two databases are one, as far as that can be told without a connection.
  public func refuseSameNames() throws {
    switch self {
    case .mySQL(let original, let extended):
      guard original.configuration.endpoint == extended.configuration.endpoint, original.database == extended.database
      else { return }
      throw Self.sameDatabase(original, extended)
    case .sqlite(let original, let extended):
      try refuseSameFile(original, extended)
    }
  }

  /// Refuses an installation whose two databases are one, whatever names were used for server and database.
  public func refuseSameDatabase() async throws {
    try refuseSameNames()
    guard case .mySQL(let original, let extended) = self,
      Self.mayBeOne(original.database, extended.database)
    else { return }
    let source = try await original.connect(toDatabase: false)
    do {
      let target = try await extended.connect(toDatabase: false)
      do {
        if try await Self.isSameServer(source, target, original.environment) {
          try await Self.refuseSameDatabase(original, extended, on: source)
        }
        await target.close()
      } catch {
        await target.close()
        throw error
      }
      await source.close()
    } catch {
      await source.close()
      throw error
    }
  }

  /// Whether two names could be one to a server that does not tell capital letters from small ones.
  private static func mayBeOne(_ first: String, _ second: String) -> Bool {
    first.lowercased() == second.lowercased() || first.uppercased() == second.uppercased()
  }

  /// Refuses two names on one server that it takes for one.
  /// https://dev.mysql.com/doc/refman/8.4/en/identifier-case-sensitivity.html
  static func refuseSameDatabase(
    _ original: MySQLStore, _ extended: MySQLStore, on connection: MariaDBConnection
  ) async throws {
    guard mayBeOne(original.database, extended.database) else { return }
    if original.database != extended.database {
      guard try await answer(connection, .original, "SELECT @@lower_case_table_names") != "0" else { return }
    }
    throw sameDatabase(original, extended)
  }

  private static func sameDatabase(_ original: MySQLStore, _ extended: MySQLStore) -> HistoryStoreError {
    let names =
      original.database == extended.database ? original.database : "\(original.database) and \(extended.database)"
    return HistoryStoreError(
      .misconfigured,
      "the original and the extended database are the same: \(names) at \(original.configuration.endpoint)",
      remedy: Remedy(.ownDatabase, HistorySide.extended.usualDatabaseName))
  }

  private func refuseSameFile(_ original: SQLiteStore, _ extended: SQLiteStore) throws {
    let paths = [original.path, extended.path].map { URL(fileURLWithPath: $0).resolvingSymlinksInPath().path }
    guard paths[0] == paths[1] else { return }
    throw HistoryStoreError(
      .misconfigured, "the original and the extended database are the same file: \(paths[0])",
      remedy: Remedy(.ownFile))
  }
}
