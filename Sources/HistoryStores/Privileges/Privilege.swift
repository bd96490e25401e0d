/// A privilege on a database or a table, in the words of GRANT and in its usual order.
/// https://dev.mysql.com/doc/refman/8.4/en/privileges-provided.html
package enum Privilege: String, Sendable, Hashable, CaseIterable, Comparable {
  case select = "SELECT"
  case insert = "INSERT"
  case update = "UPDATE"
  case delete = "DELETE"
  case create = "CREATE"
  case alter = "ALTER"
  case index = "INDEX"
  case drop = "DROP"
  case references = "REFERENCES"
  /// On whole databases alone.
  case lockTables = "LOCK TABLES"

  /// The privilege that a statement asks for first, told by its verb; nil for what asks for none of these.
  init?(ofStatement sql: String) {
    switch sql.split(whereSeparator: { $0 == " " || $0.isNewline }).first?.uppercased() {
    case "LOCK": self = .lockTables
    case "TRUNCATE": self = .drop
    case let verb?: self.init(rawValue: verb)
    case nil: return nil
    }
  }

  package static func < (left: Privilege, right: Privilege) -> Bool {
    allCases.firstIndex(of: left)! < allCases.firstIndex(of: right)!
  }

  /// `SELECT, LOCK TABLES`
  package static func list(_ privileges: some Sequence<Privilege>) -> String {
    privileges.sorted().map(\.rawValue).joined(separator: ", ")
  }
}
