internal import MariaDBClient
internal import StudentModuleHistory

extension MySQLSession {
  /// Runs a statement whose warnings are errors: a server that warns may have stored something else than it was given.
  ///
  /// - Parameter rowCount: how many rows it must change, if that is known.
  @discardableResult
  func executeStrictly(
    _ statement: StatementText, rowCount: Int? = nil
  ) async throws(HistoryStoreError)
    -> StatementResult
  {
    try await mapped { connection throws(MariaDBError) in
      let result = try await connection.execute(statement)
      if result.warningCount > 0 {
        let warnings = try await connection.warnings()
        throw MariaDBError(
          kind: .valueRejected, code: warnings.first?.code ?? 0,
          message: warnings.first?.message ?? "a warning that the server does not tell",
          statement: statement.fingerprint, server: connection.configuration.description)
      }
      if let rowCount, result.affectedRowCount != UInt64(rowCount) {
        throw MariaDBError(
          kind: .other, message: "the server inserted \(result.affectedRowCount) of \(rowCount) rows",
          statement: statement.fingerprint, server: connection.configuration.description)
      }
      return result
    }
  }
}
