internal import MariaDBClient

/// An account of a server: whom privileges are granted to. The user that a client gives, and the host that a message names, are not it.
package struct Account: Sendable, Hashable {
  /// Empty for the anonymous user.
  package let user: String

  /// A name, an address or a pattern of them.
  package let host: String

  package init(user: String, host: String) {
    self.user = user
    self.host = host
  }

  /// - Parameter text: as CURRENT_USER() tells it: `csmh@%`. A user's name may hold an `@`, a host's cannot.
  package init(currentUser text: String) {
    let at = text.lastIndex(of: "@") ?? text.endIndex
    self.init(user: String(text[..<at]), host: String(text[at...].dropFirst()))
  }

  /// The account that documents and administrators' prints name in csmh's place.
  package static let usual = Account(user: "csmh", host: "%")

  /// As a GRANT names it: `'csmh'@'%'`.
  package var sql: String { "\(Self.quoted(user))@\(Self.quoted(host))" }

  /// A backslash means itself only between backticks, whatever the SQL mode of whoever runs the GRANT.
  private static func quoted(_ name: String) -> String {
    name.contains("\\") ? MySQLTable.quoted(name) : "'\(name.replacing("'", with: "''"))'"
  }
}
