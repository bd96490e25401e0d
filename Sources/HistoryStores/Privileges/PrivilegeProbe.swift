internal import Foundation
internal import MariaDBClient
internal import StudentModuleHistory

/// Tries privileges on one connection: reading and writing by statements that touch no row, the others by SHOW GRANTS. Only what that
/// does not show is tried too, on a table that does not exist: it may come from an account with a wider host.
struct PrivilegeProbe {
  let store: MySQLStore
  let table: String
  let grants: GrantList?
  let connection: MariaDBConnection

  /// The journal's tables.
  private static let journal = ["csmh_migration", "csmh_range", "csmh_event"]

  /// Whether the privilege is held on the history table, or, of those that are not on tables, on the database.
  func holdsOnTable(_ privilege: Privilege) async throws(MariaDBError) -> Bool {
    switch privilege {
    case .select, .insert, .update, .delete:
      return try await passes(Self.statement(privilege, store.sqlName(table), isHistory: true)) ?? true
    default:
      if isListed(privilege, table) { return true }
      return try await passes(privilege)
    }
  }

  /// Whether it is held on all of the journal's tables.
  func holdsOnJournal(_ privilege: Privilege) async throws(MariaDBError) -> Bool {
    if isListed(privilege, nil) || Self.journal.allSatisfy({ isListed(privilege, $0) }) { return true }
    switch privilege {
    case .select, .insert, .update, .delete:
      for name in Self.journal {
        let statement = Self.statement(privilege, store.sqlName(name), isHistory: false)
        guard try await passes(statement) ?? true else { return false }
      }
      return true
    default: return try await passes(privilege)
    }
  }

  private func isListed(_ privilege: Privilege, _ table: String?) -> Bool {
    grants?.holds(privilege.rawValue, database: store.database, table: table) ?? false
  }

  /// Whether a privilege to lock or define passes on a table that does not exist. If that cannot be told, what SHOW GRANTS does not show
  /// is missing; a server that does not show grants is believed to have given them.
  private func passes(_ privilege: Privilege) async throws(MariaDBError) -> Bool {
    let name = store.sqlName("csmh_probe_\(store.environment.word().prefix(8))")
    var prepare = StatementText("PREPARE csmh_probe FROM ")
    prepare.append(quoted: "CREATE TABLE \(name) (id integer)")
    let statement: StatementText
    switch privilege {
    case .lockTables: statement = StatementText("LOCK TABLES \(name) READ")
    case .create: statement = prepare
    case .alter: statement = StatementText("ALTER TABLE \(name) AUTO_INCREMENT = 1")
    case .drop: statement = StatementText("DROP TABLE \(name)")
    default: return true
    }
    return try await passes(statement) ?? (grants == nil)
  }

  /// Whether the server lets a statement pass that does nothing; nil if it refuses it for another reason.
  private func passes(_ statement: StatementText) async throws(MariaDBError) -> Bool? {
    do throws(MariaDBError) {
      try await connection.execute(statement)
      return true
    } catch {
      switch error.kind {
      case .privilege: return false
      case .unknownTable, .unknownDatabase: return true
      case .unreachable, .connectionLost, .cancelled: throw error
      default: return nil
      }
    }
  }

  /// Reads, or writes, no row, but names every column.
  private static func statement(_ privilege: Privilege, _ table: String, isHistory: Bool) -> StatementText {
    let columns = isHistory ? HistoryRecord.columnNames : ["id"]
    let list = columns.joined(separator: ", ")
    let values = columns.map { _ in "NULL" }.joined(separator: ", ")
    let sql =
      switch privilege {
      case .insert: "INSERT INTO \(table) (\(list)) SELECT \(values) FROM DUAL WHERE FALSE"
      case .update: "UPDATE \(table) SET \(columns.map { "\($0) = NULL" }.joined(separator: ", ")) WHERE FALSE"
      case .delete: "DELETE FROM \(table) WHERE FALSE"
      default: "SELECT \(list) FROM \(table) WHERE FALSE LOCK IN SHARE MODE"
      }
    return StatementText(sql)
  }
}
