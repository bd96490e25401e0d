/// An error number that csmh can meet: what it means, and where the manual tells more.
///
/// The one table of error numbers. Everything else asks for an error's ``MariaDBError/kind``, and nothing reads a server's message,
/// which is in the language that the server chooses.
package struct ServerCode: Sendable, Hashable {
  /// Whose number it is.
  package enum Origin: Sendable, Hashable {
    /// MySQL and MariaDB, with the same meaning.
    case both
    case mySQL
    case mariaDB
    /// The client library.
    case client
  }

  /// The number.
  package let code: UInt32

  /// The name in the manual: `ER_DUP_ENTRY`.
  package let name: String

  package let origin: Origin

  /// What it means for whoever has to decide what happens next.
  package let kind: MariaDBError.Kind

  /// What it means for people, in a few words.
  package let meaning: String

  init(_ code: UInt32, _ name: String, _ kind: MariaDBError.Kind, _ meaning: String) {
    self.init(code, name, .both, kind, meaning)
  }

  init(_ code: UInt32, _ name: String, _ origin: Origin, _ kind: MariaDBError.Kind, _ meaning: String) {
    self.code = code
    self.name = name
    self.origin = origin
    self.kind = kind
    self.meaning = meaning
  }

  /// All of them.
  package static let all = connecting + refusing + failing

  /// The address of the manual's page.
  package var manual: String {
    let mySQL = "https://dev.mysql.com/doc/mysql-errors/8.4/en/"
    return switch origin {
    case .both, .mySQL: "\(mySQL)server-error-reference.html#error_\(name.lowercased())"
    case .client where code < 3_000: "\(mySQL)client-error-reference.html#error_\(name.lowercased())"
    // Numbers of MariaDB's own client library have no page; its source tells them.
    case .client: "https://github.com/mariadb-corporation/mariadb-connector-c/blob/3.3/include/errmsg.h"
    case .mariaDB: "https://mariadb.com/kb/en/mariadb-error-codes/"
    }
  }

  /// What a number means on a server of a family, or nil if the table does not have it.
  ///
  /// Below 4000 no number means two things. From there on the families have gone separate ways: 4025 is a CHECK on MariaDB, and an
  /// option of a table space on MySQL.
  ///
  /// - Parameter family: nil where no server has said yet what it is.
  package static func find(_ code: UInt32, _ family: ServerInformation.Family?) -> ServerCode? {
    guard let found = byCode[code] else { return nil }
    switch (found.origin, family) {
    case (.mySQL, .mariaDB) where code >= 4_000, (.mariaDB, .mySQL) where code >= 4_000: return nil
    default: return found
    }
  }

  private static let byCode = Dictionary(uniqueKeysWithValues: all.map { ($0.code, $0) })
}
