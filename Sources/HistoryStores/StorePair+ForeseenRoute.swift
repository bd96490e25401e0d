internal import MariaDBClient
package import StudentModuleHistory

extension StorePair {
  /// The way in which rows will move, found out while the extended table or its database does not exist yet.
  ///
  /// - Throws: ``HistoryStoreError``; `misconfigured` if both are the same database.
  package func foreseenRoute() async throws -> Route {
    try refuseSameNames()
    guard case .mySQL(let original, let extended) = self else { return .betweenFiles }
    let source = try await original.openMySQLSession()
    do {
      let target = try await extended.connect(toDatabase: false)
      do {
        let route = try await Self.foreseenRoute(from: source, original, to: target, extended)
        await target.close()
        await source.close()
        return route
      } catch {
        await target.close()
        throw error
      }
    } catch {
      await source.close()
      throw error
    }
  }

  private static func foreseenRoute(
    from source: MySQLSession, _ original: MySQLStore, to target: MariaDBConnection, _ extended: MySQLStore
  ) async throws -> Route {
    guard try await isSameServer(source.connection, target, original.environment) else { return .betweenServers }
    try await refuseSameDatabase(original, extended, on: source.connection)
    do throws(MariaDBError) {
      _ = try await target.query(StatementText("SELECT id FROM \(source.tableSQL) WHERE FALSE"))
      return .insideServer
    } catch {
      guard error.kind == .privilege else { throw HistoryStoreError(error, side: .extended) }
      return .betweenServers
    }
  }
}
