/// What a server says of itself when a connection is made.
package struct ServerInformation: Sendable, Hashable {
  /// The family a server belongs to; they differ in a few statements and limits.
  package enum Family: String, Sendable, Hashable {
    case mariaDB = "MariaDB"
    case mySQL = "MySQL"
  }

  /// MariaDB, or MySQL and what speaks like it.
  package let family: Family

  /// The version as the server prints it: `10.11.6-MariaDB-0+deb12u1-log`, `9.7.0`.
  package let versionText: String

  /// Major, minor and patch as one number, as the servers do it: 10.11.6 is 101106.
  package let version: Int

  /// The largest statement or row, in bytes, that the server takes (`max_allowed_packet`).
  package let maxAllowedPacket: Int

  /// The id of this connection on the server.
  package let connectionID: UInt64

  /// The cipher of the connection, or nil if it is not encrypted.
  package let tlsCipher: String?

  /// Family and version for people: `MariaDB 10.11.6`.
  package var summary: String {
    "\(family.rawValue) \(version / 10_000).\(version / 100 % 100).\(version % 100)"
  }
}
