/// How to reach one database of an installation, as its LMS does.
package struct DatabaseSettings: Sendable, Hashable {
  /// What kind of server, or file, holds the database.
  package enum Engine: String, Sendable, Hashable {
    /// MySQL, MariaDB and what speaks their protocol.
    case mysql
    /// A SQLite file.
    case sqlite
  }

  /// How far a connection is encrypted: the values of the MySQL client library's `--ssl-mode`.
  package enum TLSMode: String, Sendable, Hashable, CaseIterable {
    case disabled = "DISABLED"
    case preferred = "PREFERRED"
    case required = "REQUIRED"
    case verifyCA = "VERIFY_CA"
    case verifyIdentity = "VERIFY_IDENTITY"
  }

  /// The files of an encrypted connection: `OPTIONS.ssl` of mysqlclient. Paths stand as they were written.
  package struct TLSFiles: Sendable, Hashable {
    /// The certificates that the server's must be signed by.
    package var ca: String?
    /// The client's own certificate.
    package var certificate: String?
    /// The client's private key.
    package var key: String?

    /// No files, but for those that are given.
    package init(ca: String? = nil, certificate: String? = nil, key: String? = nil) {
      self.ca = ca
      self.certificate = certificate
      self.key = key
    }
  }

  /// What kind of server, or file, holds the database.
  package var engine: Engine
  /// The name of the database; for SQLite the absolute path of its file. Empty where the option file may name it.
  package var name: String
  /// The account. Default: the client library's, which is the option file's or the system's user.
  package var user: String?
  /// The account's password. Default: none, or the option file's.
  package var password: Secret?
  /// The server's name or address. Nil where none is given: the client library then takes the local socket.
  package var host: String?
  /// The server's port. Default: the client library's, 3306.
  package var port: Int?
  /// The path of the server's local socket: `OPTIONS.unix_socket`, or a `HOST` that begins with a slash.
  package var socketPath: String?
  /// The files of an encrypted connection, where any is given.
  package var tlsFiles: TLSFiles?
  /// How far the connection is encrypted. Default: the client library's.
  package var tlsMode: TLSMode?
  /// How long connecting may take, in whole seconds. Default: the client library's.
  package var connectTimeout: Duration?
  /// The connection's character set that the LMS uses. For information: csmh speaks utf8mb4.
  package var charset: String?
  /// An option file (`my.cnf`) to read: `OPTIONS.read_default_file`.
  package var optionFile: String?
  /// The file that these settings were read from, if any, to be named when the server refuses them.
  package var file: String?
  /// The line of ``file``, from 1, that these settings begin on.
  package var line: Int?

  /// Settings of `name`, with the defaults that each property states.
  package init(
    engine: Engine, name: String, user: String? = nil, password: Secret? = nil, host: String? = nil,
    port: Int? = nil, socketPath: String? = nil, tlsFiles: TLSFiles? = nil, tlsMode: TLSMode? = nil,
    connectTimeout: Duration? = nil, charset: String? = nil, optionFile: String? = nil, file: String? = nil,
    line: Int? = nil
  ) {
    self.engine = engine
    self.name = name
    self.user = user
    self.password = password
    self.host = host
    self.port = port
    self.socketPath = socketPath
    self.tlsFiles = tlsFiles
    self.tlsMode = tlsMode
    self.connectTimeout = connectTimeout
    self.charset = charset
    self.optionFile = optionFile
    self.file = file
    self.line = line
  }

  /// Whether both lead to the same database by the same account, in whatever file and line they stand.
  package func isSame(as other: DatabaseSettings) -> Bool {
    var (own, other) = (self, other)
    (own.file, own.line, other.file, other.line) = (nil, nil, nil, nil)
    return own == other
  }
}

extension DatabaseSettings: CustomStringConvertible {
  /// The database for people, without its password: `mysql://edxapp001@db.example.org:3306/edxapp`,
  /// `mysql://edxapp001@/edxapp?socket=/run/mysqld.sock` or `sqlite:///var/edxapp.db`.
  package var description: String {
    switch engine {
    case .sqlite:
      return "sqlite://\(name)"
    case .mysql:
      let account = user.map { "\($0)@" } ?? ""
      // A literal IPv6 address has colons of its own.
      let server = host.map { $0.contains(":") ? "[\($0)]" : $0 } ?? ""
      let socket = socketPath.map { "?socket=\($0)" } ?? ""
      return "mysql://\(account)\(server)\(port.map { ":\($0)" } ?? "")/\(name)\(socket)"
    }
  }
}
