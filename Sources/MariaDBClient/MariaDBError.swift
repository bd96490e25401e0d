/// What went wrong between this client and a server: the one error of this layer.
public struct MariaDBError: Error, Sendable, Hashable {
  /// What an error means for whoever has to decide what happens next.
  public enum Kind: String, Sendable, Hashable {
    /// No server answered at the address.
    case unreachable
    /// A connection that stood broke, or the server is going down.
    case connectionLost
    /// User or password were refused.
    case authentication
    /// The user lacks a privilege; the server's message names it.
    case privilege
    /// The database does not exist.
    case unknownDatabase
    /// The table does not exist.
    case unknownTable
    /// A row with the same key stands already.
    case duplicateKey
    /// A deadlock, a lock wait that took too long, or a cluster's conflict: the transaction may be tried again.
    case transient
    /// The server takes no writes now (`read_only`, a demoted primary).
    case readOnly
    /// The server's disk or table space is full.
    case diskFull
    /// A column cannot hold a value exactly.
    case valueRejected
    /// A statement or row is larger than `max_allowed_packet`.
    case packetTooLarge
    /// The statement was cancelled by this client.
    case cancelled
    /// The encryption that was asked for could not be had.
    case tls
    /// The way to connect is contradictory or incomplete, or the server is set up in a way that does not allow the statement.
    case configuration
    /// Anything else, a mistake in a statement among them.
    case other
  }

  /// What the error means.
  public let kind: Kind

  /// The number that the server or the client library gave: https://dev.mysql.com/doc/mysql-errors/en/ and
  /// https://mariadb.com/kb/en/mariadb-error-codes/. 0 for errors of this layer.
  public let code: UInt32

  /// The five characters of the SQL standard, or `HY000` where there is nothing more exact.
  public let sqlState: String

  /// The server's own words.
  public let message: String

  /// The statement without its values, shortened; nil while connecting.
  public let statement: String?

  /// Whom the client talked to: user, place and database.
  public let server: String

  public init(
    kind: Kind, code: UInt32 = 0, sqlState: String = "HY000", message: String, statement: String? = nil,
    server: String
  ) {
    self.kind = kind
    self.code = code
    self.sqlState = sqlState
    self.message = message
    self.statement = statement
    self.server = server
  }

  /// Whether the same work may succeed when it is tried again, on a new connection if this one is lost.
  public var isTransient: Bool {
    switch kind {
    case .transient, .connectionLost, .unreachable, .readOnly: true
    default: false
    }
  }

  /// A statement that somebody else killed may be tried again; one that this client cancelled may not.
  var unlessKilledByOthers: MariaDBError {
    guard kind == .cancelled, code == 1317 else { return self }
    return MariaDBError(
      kind: .transient, code: code, sqlState: sqlState, message: message, statement: statement, server: server)
  }

  /// Whether the connection cannot be used any more.
  public var closesConnection: Bool {
    kind == .connectionLost || kind == .unreachable
  }
}

extension MariaDBError: CustomStringConvertible, CustomDebugStringConvertible {
  public var description: String {
    code == 0 ? "\(message) (\(server))" : "\(message) (\(server), error \(code), SQLSTATE \(sqlState))"
  }

  public var debugDescription: String {
    "\(kind.rawValue): \(description)" + (statement.map { " in: \($0)" } ?? "")
  }
}

extension MariaDBError.Kind {
  /// The meaning of an error number, of the servers (1000 and above, 3000 and above) or of the client library (2000 to 2999,
  /// 5000 and above).
  init(code: UInt32) {
    self =
      switch code {
      case 2002, 2003, 2005, 2009, 2010: .unreachable
      // 1129, 1130: host blocked or not allowed; nothing that trying again would mend, but a matter of grants.
      case 1045, 1129, 1130, 1251, 1524, 1698, 1862, 2049, 2059, 2061: .authentication
      // 1040: too many connections. 1053: shutdown. 1152-1161: the network. 1927: killed (MariaDB). 4031: idle too long (MySQL).
      case 1040, 1043, 1053, 1077, 1079, 1080, 1152, 1158, 1159, 1160, 1161, 1184, 1927, 2006, 2012, 2013, 2055, 3169,
        4031:
        .connectionLost
      case 1044, 1142, 1143, 1227, 1370, 1410, 3530: .privilege
      case 1049: .unknownDatabase
      case 1051, 1146: .unknownTable
      case 1022, 1062, 1586: .duplicateKey
      // 1020: record changed since last read (MariaDB with snapshot isolation). 1047: a cluster node that is not ready.
      // 1205: lock wait. 1213: deadlock. 3101: rolled back by a group. 3572: NOWAIT.
      case 1020, 1047, 1205, 1213, 1614, 3058, 3101, 3572: .transient
      case 1290, 1792, 1836, 3100: .readOnly
      case 1021, 1114, 1534: .diskFull
      case 1048, 1264, 1265, 1292, 1366, 1367, 1406, 1690, 3988: .valueRejected
      case 1153, 1301, 2020: .packetTooLarge
      case 1317, 1969, 3024: .cancelled
      // Row locks by id need a binary log by row, not by statement.
      case 1598, 1665: .configuration
      case 2026: .tls
      default: .other
      }
  }
}
