internal import Foundation
internal import MariaDBClient
package import StudentModuleHistory

extension MySQLStore {
  /// Finds out what csmh's account lacks for each step, without changing anything: by SHOW GRANTS, and by statements that touch no row.
  ///
  /// The database and the tables need not exist: servers look at privileges first.
  package func privilegeFindings() async throws(HistoryStoreError) -> PrivilegeFindings {
    let table = try await inventory().tableName ?? tableName ?? side.tableNames[0]
    return try await withAdministration { connection throws(MariaDBError) in
      // A statement must not wait for long behind somebody's ALTER TABLE.
      if statementLimit == nil { try await connection.execute("SET SESSION lock_wait_timeout = 5") }
      let account = Account(currentUser: try await connection.query("SELECT CURRENT_USER()").first?[0] ?? "")
      let grants = try await Self.grants(connection)
      let missing = try await self.missing(table, grants, connection)
      guard !missing.isEmpty else {
        return PrivilegeFindings(
          side: side, location: location, database: database, account: account, missing: [:], grants: grants)
      }
      let idleRole = try await self.idleRole(of: account, table, missing, connection)
      // Without roles: what the account itself was granted decides where a GRANT is to go.
      try await Self.setRole("NONE", connection)
      return PrivilegeFindings(
        side: side, location: location, database: database, account: account, missing: missing,
        grants: try await Self.grants(connection), idleRole: idleRole)
    }
  }

  package func refusal(of steps: [PrivilegedStep]) async throws -> HistoryStoreError? {
    try await privilegeFindings().refusal(of: steps, on: way)
  }

  /// What an error means for the store; of a refused statement also what is missing, and the GRANTs that suffice for the whole way.
  func told(_ error: MariaDBError) async -> HistoryStoreError {
    let known = plainlyTold(error)
    guard error.isDeniedOnDatabase, let findings = await recentFindings() else { return known }
    let remedy = findings.remedy(for: way, refused: error.statement.flatMap { Privilege(ofStatement: $0) } ?? .select)
    let missing = findings.sentence(for: way.steps).map { "; \($0)" } ?? ""
    return HistoryStoreError(
      known.kind, side: side, known.message + missing, remedy: .joined(remedy, by: " "),
      statement: known.statement, isAbsence: known.isAbsence,
      isLockWait: known.isLockWait)
  }

  /// What was found a moment ago, or is found now: whoever is refused again and again asks the server once.
  private func recentFindings() async -> PrivilegeFindings? {
    if let findings = memory.findings(notOlderThan: .seconds(30), at: environment.now()) { return findings }
    guard let findings = try? await privilegeFindings() else { return nil }
    memory.keep(findings, at: environment.now())
    return findings
  }

  /// nil if the server does not tell.
  private static func grants(_ connection: MariaDBConnection) async throws(MariaDBError) -> GrantList? {
    do throws(MariaDBError) {
      return GrantList(try await connection.query("SHOW GRANTS").compactMap { $0[0] })
    } catch {
      guard !error.closesConnection, error.kind != .cancelled else { throw error }
      return nil
    }
  }

  /// What each step lacks in the session as it is.
  private func missing(
    _ table: String, _ grants: GrantList?, _ connection: MariaDBConnection
  ) async throws(MariaDBError) -> [PrivilegedStep: Set<Privilege>] {
    let probe = PrivilegeProbe(store: self, table: table, grants: grants, connection: connection)
    var onTable: [Privilege: Bool] = [:]
    var onJournal: [Privilege: Bool] = [:]
    var missing: [PrivilegedStep: Set<Privilege>] = [:]
    for step in PrivilegedStep.allCases {
      for privilege in step.needs(on: side).sorted() {
        if onTable[privilege] == nil { onTable[privilege] = try await probe.holdsOnTable(privilege) }
        if step.usesJournal(on: side), onJournal[privilege] == nil {
          onJournal[privilege] = try await probe.holdsOnJournal(privilege)
        }
        if onTable[privilege] == false || (step.usesJournal(on: side) && onJournal[privilege] == false) {
          missing[step, default: []].insert(privilege)
        }
      }
    }
    return missing
  }
}

// MARK: Roles

extension MySQLStore {
  /// Looks for roles that the account has, that the session did not begin with, and that hold what is missing.
  private func idleRole(
    of account: Account, _ table: String, _ missing: [PrivilegedStep: Set<Privilege>], _ connection: MariaDBConnection
  ) async throws(MariaDBError) -> PrivilegeFindings.IdleRole? {
    let isMariaDB = connection.server.family == .mariaDB
    let roles: [(name: String, sql: String, isDefault: Bool)]
    do throws(MariaDBError) {
      let host = isMariaDB ? "NULL" : "ROLE_HOST"
      roles = try await connection.query(
        StatementText("SELECT ROLE_NAME, \(host), IS_DEFAULT FROM information_schema.APPLICABLE_ROLES")
      ).map { row in
        let name = row[0] ?? ""
        let sql = MySQLTable.quoted(name) + (row[1].map { "@\(MySQLTable.quoted($0))" } ?? "")
        return (name, sql, row[2] == "YES")
      }
    } catch {
      // Servers without roles.
      guard !error.closesConnection, error.kind != .cancelled else { throw error }
      return nil
    }
    let defaults = roles.filter(\.isDefault).map(\.sql)
    var chosen: [(name: String, sql: String)] = []
    var left = missing
    for role in roles where !role.isDefault && !left.isEmpty {
      // MariaDB has one default role, which another one takes the place of.
      let session = isMariaDB ? [role.sql] : defaults + chosen.map(\.sql) + [role.sql]
      guard try await Self.setRole(session.joined(separator: ", "), connection) else { continue }
      let withRole = try await self.missing(table, try await Self.grants(connection), connection)
      guard withRole != left, withRole.allSatisfy({ left[$0.key]?.isSuperset(of: $0.value) ?? false }) else { continue }
      left = withRole
      chosen = (isMariaDB ? [] : chosen) + [(role.name, role.sql)]
    }
    guard !chosen.isEmpty else { return nil }
    let list = ((isMariaDB ? [] : defaults) + chosen.map(\.sql)).joined(separator: ", ")
    return PrivilegeFindings.IdleRole(
      names: chosen.map(\.name), remedy: Remedy(.setDefaultRole, "\(list) \(isMariaDB ? "FOR" : "TO") \(account.sql)"),
      missing: left)
  }

  /// Returns whether the server took it.
  @discardableResult
  private static func setRole(_ role: String, _ connection: MariaDBConnection) async throws(MariaDBError) -> Bool {
    do throws(MariaDBError) {
      try await connection.execute(StatementText("SET ROLE \(role)"))
      return true
    } catch {
      guard !error.closesConnection, error.kind != .cancelled else { throw error }
      return false
    }
  }
}

extension MariaDBError {
  /// Whether a statement was refused for a privilege on a database, a table or a column.
  fileprivate var isDeniedOnDatabase: Bool { kind == .privilege && [1044, 1142, 1143].contains(code) }

  /// Whether a statement reached a limit of its session: of time, or of the wait for a table or row.
  var isTimeLimit: Bool { [1205, 1969, 3024].contains(code) }
}
