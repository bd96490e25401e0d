internal import StudentModuleHistory

/// A GRANT on one database.
package struct PrivilegeGrant: Sendable, Hashable {
  package let privileges: [String]

  /// The database's name as GRANT takes it: a pattern.
  package let pattern: String
  package let account: Account

  /// Where it is to be run; nil where that is plain.
  let place: String?

  /// - Parameters:
  ///   - grants: what the account holds now; nil if that is not known.
  ///   - place: `edxapp at db1:3306`, for a list of GRANTs that are run on several servers.
  package init(
    _ privileges: Set<Privilege>, on database: String, to account: Account, beside grants: GrantList? = nil,
    place: String? = nil
  ) {
    self.account = account
    self.place = place
    let names = privileges.sorted().map(\.rawValue)
    let rows = grants?.rows(inForceOn: database, of: account) ?? []
    if rows.count == 1, rows[0].database == database || rows[0].isExact {
      pattern = rows[0].database
      self.privileges = names
    } else {
      // Of all patterns that fit, a server goes by the narrowest alone: what a wider one grants would be lost behind a new one.
      pattern = Self.pattern(of: database)
      let hidden = rows.reduce(into: Set<String>()) { $0.formUnion($1.privileges) }
      self.privileges = names + hidden.subtracting(names + ["USAGE"]).sorted()
    }
  }

  /// A database's name with `_` and `%` escaped, which stand for any character in a GRANT; as it is where the server could not store it.
  static func pattern(of database: String) -> String {
    let escaped = String(database.flatMap { "\\_%".contains($0) ? ["\\", $0] : [$0] })
    let longestName = 64
    return escaped.count <= longestName ? escaped : database
  }

  /// The statement, with its semicolon.
  package var sql: String { remedy.description }

  /// The same, as what leads on from a refusal.
  var remedy: Remedy {
    let all = privileges.contains("ALL PRIVILEGES") ? "ALL PRIVILEGES" : privileges.joined(separator: ", ")
    return Remedy(.grant, "\(all) ON \(MySQLTable.quoted(pattern)).* TO \(account.sql)\(comment)")
  }

  private var comment: String {
    guard let place, !place.contains("*/"), !place.contains(where: \.isNewline) else { return "" }
    return " /* \(place) */"
  }
}
