/// What went wrong between this client and a server: the one error of this layer.
package struct MariaDBError: Error, Sendable, Hashable {
  /// What an error means for whoever has to decide what happens next.
  package enum Kind: String, Sendable, Hashable {
    /// No server answered at the address.
    case unreachable
    /// A connection that stood broke, or the server is going down.
    case connectionLost
    /// User or password were refused.
    case authentication
    /// The account is locked, for good or after refused logins.
    case accountLocked
    /// The account's password has expired.
    case passwordExpired
    /// The server or the account takes encrypted connections only.
    case tlsDemanded
    /// The server or the account allows no more connections or statements now.
    case limit
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
    /// A CHECK, a foreign key, a trigger or a partition refuses a row.
    case constraint
    /// A statement or row is larger than `max_allowed_packet`.
    case packetTooLarge
    /// The transaction is larger than the server's binary log or lock table may hold: less at a time may go.
    case transactionTooLarge
    /// A statement took longer than the server allows.
    case timeLimit
    /// The server is out of memory or threads.
    case exhausted
    /// The statement was cancelled by this client.
    case cancelled
    /// The encryption that was asked for could not be had.
    case tls
    /// A table cannot be made like this on this server.
    case rowFormat
    /// The way to connect is contradictory or incomplete, or the server is set up in a way that does not allow the statement.
    case configuration
    /// The statement does not fit the tables as they are: they were changed meanwhile, or this program is mistaken.
    case statement
    /// A number that ``ServerCode`` does not have.
    case unknown
    /// An error of this layer's own.
    case other
  }

  /// What the error means.
  package let kind: Kind

  /// The number that the server or the client library gave: https://dev.mysql.com/doc/mysql-errors/en/ and
  /// https://mariadb.com/kb/en/mariadb-error-codes/. 0 for errors of this layer.
  package let code: UInt32

  /// The five characters of the SQL standard, or `HY000` where there is nothing more exact.
  package let sqlState: String

  /// The server's own words.
  package let message: String

  /// The statement without its values, shortened; nil while connecting.
  package let statement: String?

  /// Whom the client talked to: user, place and database.
  package let server: String

  /// More of whom the client talked to, as far as it is known.
  package let peer: Peer?

  /// The server and the account behind an error.
  package struct Peer: Sendable, Hashable {
    /// The user that was named, if any was.
    package let user: String?

    /// As the server prints it; nil before it has told.
    package let versionText: String?

    /// Whether the connection is, or would have been, encrypted.
    package let isEncrypted: Bool

    package init(user: String?, versionText: String?, isEncrypted: Bool) {
      self.user = user
      self.versionText = versionText
      self.isEncrypted = isEncrypted
    }
  }

  package init(
    kind: Kind, code: UInt32 = 0, sqlState: String = "HY000", message: String, statement: String? = nil,
    server: String, peer: Peer? = nil
  ) {
    self.kind = kind
    self.code = code
    self.sqlState = sqlState
    self.message = message
    self.statement = statement
    self.server = server
    self.peer = peer
  }

  /// The same error with another meaning.
  func meaning(_ kind: Kind) -> MariaDBError {
    MariaDBError(
      kind: kind, code: code, sqlState: sqlState, message: message, statement: statement, server: server, peer: peer)
  }

  /// Whether the same work may succeed when it is tried again, on a new connection if this one is lost.
  package var isTransient: Bool {
    switch kind {
    case .transient, .connectionLost, .unreachable, .readOnly, .limit, .timeLimit, .exhausted: true
    default: false
    }
  }

  /// A statement that somebody else killed may be tried again; one that this client cancelled may not.
  var unlessKilledByOthers: MariaDBError {
    kind == .cancelled && code == 1317 ? meaning(.transient) : self
  }

  /// Whether the connection cannot be used any more.
  package var closesConnection: Bool {
    kind == .connectionLost || kind == .unreachable
  }
}

extension MariaDBError: CustomStringConvertible, CustomDebugStringConvertible {
  package var description: String {
    code == 0 ? "\(message) (\(server))" : "\(message) (\(server), error \(code), SQLSTATE \(sqlState))"
  }

  package var debugDescription: String {
    "\(kind.rawValue): \(description)" + (statement.map { " in: \($0)" } ?? "")
  }
}
