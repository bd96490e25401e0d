package import HistoryStores
internal import MariaDBClient
internal import StudentModuleHistory

/// The privileges that the two users of a migration need, as GRANT statements; those for csmh come from ``Direction``.
package struct Grants: Sendable {
  /// For the LMS: the privileges on the extended database that its own migrations and writes need.
  package let application: [String]

  /// For csmh, one for each database: the whole way from provisioning to the drain, and what moves native rows.
  package let csmh: [String]

  /// For csmh on the way back, one for each database.
  package let returning: [String]

  /// What the LMS's own migrations and writes need of the extended database.
  private static let applicationPrivileges: Set<Privilege> = [
    .select, .insert, .update, .delete, .create, .alter, .index, .drop, .references,
  ]

  /// Looks who csmh is on both servers: an administrator, who only prints them for another account, or the account that they are for.
  ///
  /// Returns nil for SQLite, which has no users.
  ///
  /// - Parameter applicationUser: the LMS's user, if it is known; else a usual name stands in for it.
  /// - Throws: `HistoryStoreError`.
  package init?(for pair: StorePair, applicationUser: String?) async throws {
    guard case .mySQL(let original, let extended) = pair else { return nil }
    let findings = [try await original.privilegeFindings(), try await extended.privilegeFindings()]
    application = [
      PrivilegeGrant(
        Self.applicationPrivileges, on: extended.database,
        to: Account(user: applicationUser ?? "edxapp001", host: Account.usual.host),
        place: Self.place(of: extended)
      ).sql
    ]
    func grants(_ way: Direction) -> [String] {
      zip(findings, [original, extended]).map { findings, store in
        let isAdministrator = findings.grants?.isAdministrator ?? false
        return PrivilegeGrant(
          way.privileges(on: store.side), on: store.database, to: isAdministrator ? .usual : findings.account,
          beside: isAdministrator ? nil : findings.grants, place: Self.place(of: store)
        ).sql
      }
    }
    csmh = grants(.there)
    returning = grants(.back)
  }

  /// `edxapp at db1:3306`
  private static func place(of store: MySQLStore) -> String { "\(store.database) at \(store.configuration.endpoint)" }
}
