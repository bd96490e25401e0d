package import MariaDBClient
package import StudentModuleHistory

/// A connection for questions about a server rather than about a history table: variables, grants, transactions. The database
/// need not exist.
package struct ServerProbe: Sendable {
  let store: MySQLStore
  let connection: MariaDBConnection

  /// What the server said of itself.
  package var server: ServerInformation { connection.server }

  /// Runs a query with `?` for values and returns all its rows: for small results.
  package func rows(_ sql: String, _ values: [SQLValue] = []) async throws(HistoryStoreError) -> [[SQLValue]] {
    do throws(MariaDBError) {
      return try await connection.query(StatementText(sql, binding: values)).map { $0.map { SQLValue.optional($0) } }
    } catch {
      throw store.plainlyTold(error)
    }
  }

  package func close() async { await connection.close() }
}

extension MySQLStore {
  /// Opens a connection for questions about the server.
  ///
  /// - Throws: `unreachable`, or `notPermitted` for a refused login.
  package func openProbe() async throws(HistoryStoreError) -> ServerProbe {
    ServerProbe(store: self, connection: try await connect(toDatabase: false))
  }
}
