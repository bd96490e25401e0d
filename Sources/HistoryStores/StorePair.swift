internal import Foundation
internal import GRDB
internal import MariaDBClient
package import StudentModuleHistory

/// The two stores of an installation, and the ways in which rows get from one to the other.
package enum StorePair: Sendable {
  case mySQL(original: MySQLStore, extended: MySQLStore)
  case sqlite(original: SQLiteStore, extended: SQLiteStore)

  /// The stores of two databases of the same kind.
  ///
  /// - Parameters:
  ///   - originalTable: the original table's name. Default: found among the usual ones.
  ///   - extendedTable: the same for the extended one.
  /// - Throws: ``HistoryStoreError`` `misconfigured` if one is a file and the other is not.
  package init(
    original: StoreLocation, extended: StoreLocation, originalTable: String? = nil, extendedTable: String? = nil
  ) throws(HistoryStoreError) {
    switch (original, extended) {
    case (.mySQL(let original), .mySQL(let extended)):
      self = .mySQL(
        original: MySQLStore(side: .original, configuration: original, tableName: originalTable),
        extended: MySQLStore(side: .extended, configuration: extended, tableName: extendedTable))
    case (.sqlite(let original), .sqlite(let extended)):
      self = .sqlite(
        original: SQLiteStore(side: .original, path: original, tableName: originalTable),
        extended: SQLiteStore(side: .extended, path: extended, tableName: extendedTable))
    default:
      throw HistoryStoreError(
        .misconfigured, "one database is SQLite and the other is not", remedy: Remedy(.sameKind))
    }
  }

  package var original: any ProvisionableStore {
    switch self {
    case .mySQL(let original, _): original
    case .sqlite(let original, _): original
    }
  }

  package var extended: any ProvisionableStore {
    switch self {
    case .mySQL(_, let extended): extended
    case .sqlite(_, let extended): extended
    }
  }

  /// The lanes between the two stores in a direction. The stores are the lanes of the way there themselves.
  package func lanes(_ direction: Direction) -> any LaneProvider {
    direction == .there ? self : WayBackLanes(pair: goingBack)
  }

  /// Opens a session on each end, and finds the shortest way between them.
  fileprivate func openLane(_ direction: Direction) async throws -> Lane {
    switch self {
    case .mySQL(let original, let extended):
      let (from, to) = direction == .there ? (original, extended) : (extended, original)
      let source = try await from.openMySQLSession()
      do {
        let target = try await to.openMySQLSession()
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
      let (from, to) = direction == .there ? (original, extended) : (extended, original)
      let source = try await from.openSQLiteSession()
      let target = try await to.openSQLiteSession()
      try await target.execute("ATTACH DATABASE ? AS source", [.text(from.path)])
      let attached = SQLiteSession(store: from, queue: target.queue, schema: "source", tableName: source.tableName)
      return Lane(
        source: source, target: target, transfer: InDatabaseTransfer(source: attached, target: target),
        route: .betweenFiles,
        // SQLite has one writer at a time.
        usefulLaneCount: 1, hasOneTransaction: true)
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
      source: source, target: target, transfer: InDatabaseTransfer(source: view, target: target),
      route: .insideServer, usefulLaneCount: try await usefulLaneCount(inside: target),
      lockLimit: target.store.lockLimit ?? .usual)
  }

  private func streamingLane(from source: MySQLSession, to target: MySQLSession) -> Lane {
    Lane(
      source: source, target: target, transfer: StreamingTransfer(source: source, target: target),
      route: .betweenServers, usefulLaneCount: .max, lockLimit: source.store.lockLimit ?? .usual)
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
  package func refuseSameNames() throws {
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
  package func refuseSameDatabase() async throws {
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

extension StorePair: LaneProvider {
  package var source: any HistoryStore { original }

  package var target: any HistoryStore { extended }

  package func openLane() async throws -> Lane { try await openLane(.there) }

  package func isTargetThere() async throws -> Bool { try await extended.inventory().tableName != nil }
}

extension StorePair {
  package func schema(_ side: HistorySide) -> any SchemaChanges { side == .original ? original : extended }
}

/// The lanes from the extended to the original table.
private struct WayBackLanes: LaneProvider {
  let pair: StorePair

  func lanes(_ direction: Direction) -> any LaneProvider { direction == .back ? self : pair }

  func schema(_ side: HistorySide) -> any SchemaChanges { pair.schema(side) }

  func refuseSameDatabase() async throws { try await pair.refuseSameDatabase() }

  var source: any HistoryStore { pair.extended }

  var target: any HistoryStore { pair.original }

  func openLane() async throws -> Lane { try await pair.openLane(.back) }

  func isTargetThere() async throws -> Bool { try await pair.original.inventory().tableName != nil }

  func requirePrivileges(for steps: [PrivilegedStep]) async throws { try await pair.requirePrivileges(for: steps) }
}
