/// Where a server is, who connects, and how: everything that ``MariaDBConnection/connect(_:)`` needs.
package struct ConnectionConfiguration: Sendable, Hashable {
  /// The way to the server.
  package enum Endpoint: Sendable, Hashable, CustomStringConvertible {
    /// TCP. The usual port is 3306.
    case tcp(host: String, port: UInt16)
    /// A Unix socket of a server on this machine.
    case socket(path: String)

    package var description: String {
      switch self {
      case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
      case .socket(let path): path
      }
    }
  }

  /// The way to the server.
  package var endpoint: Endpoint

  /// The user, or nil for the option file's or the operating system's.
  package var user: String?

  /// The password, or nil for the option file's or none.
  package var password: Password?

  /// The database that unqualified names refer to, or nil for none.
  package var database: String?

  /// How the connection is encrypted. Default: ``TLS/Mode/preferred``, as the servers' own clients do.
  package var tls = TLS()

  /// Whether ``endpoint`` is only where servers usually are, so that an option file that names a host, a port or a socket wins.
  package var isEndpointAssumed = false

  /// A file in the servers' option file format, of which ``OptionFile`` takes what concerns reaching the server and logging in.
  ///
  /// What is set here explicitly wins over the file.
  package var optionFile: String?

  /// The client's half of the login (`default-auth`), or nil for the one that the server asks for.
  package var authenticationPlugin: String?

  /// Where the client library looks for such plugins, or nil for its usual folder.
  package var pluginDirectory: String?

  /// How long connecting may take. Default: ``usualConnectTimeout``; whole seconds, at least one.
  package var connectTimeout: Duration = Self.usualConnectTimeout

  /// 10 seconds.
  package static let usualConnectTimeout: Duration = .seconds(10)

  /// How long the server may be silent while a statement runs before the connection counts as lost. Default: 10 minutes.
  package var readTimeout: Duration = .seconds(600)

  /// How long the server may refuse to take bytes before the connection counts as lost. Default: 2 minutes.
  package var writeTimeout: Duration = .seconds(120)

  /// How long what the session holds locked may keep others waiting; nil for a session that holds nothing for which others wait.
  package var lockTimes: LockTimes?

  /// Whether the session is ended by the next connection where this one was lost in mid statement. Default: yes; not where the statement
  /// goes on to be wanted, as the rebuild of a large table.
  package var isEndedWhenLost = true

  package init(
    endpoint: Endpoint, user: String? = nil, password: Password? = nil, database: String? = nil
  ) {
    self.endpoint = endpoint
    self.user = user
    self.password = password
    self.database = database
  }
}

extension ConnectionConfiguration {
  /// The options of transport encryption.
  package struct TLS: Sendable, Hashable {
    /// How much encryption is asked for, in the words that MySQL's clients use for `--ssl-mode`.
    package enum Mode: String, Sendable, Hashable, CaseIterable {
      /// No encryption.
      case disabled
      /// Encryption where the server offers it; no certificate is checked.
      case preferred
      /// Encryption or no connection; no certificate is checked.
      case required
      /// Encryption, and a certificate that the given authority signed.
      case verifyCA = "verify-ca"
      /// As ``verifyCA``, and the certificate names the host that was connected to.
      case verifyIdentity = "verify-identity"
    }

    /// How much encryption is asked for. Default: ``Mode/preferred``.
    package var mode: Mode = .preferred

    /// A file with the certificates of the authorities to trust (PEM).
    package var certificateAuthorityFile: String?

    /// This client's certificate (PEM), for accounts that require one.
    package var certificateFile: String?

    /// The key of this client's certificate (PEM).
    package var keyFile: String?

    package init(mode: Mode = .preferred, certificateAuthorityFile: String? = nil) {
      self.mode = mode
      self.certificateAuthorityFile = certificateAuthorityFile
    }
  }
}

extension ConnectionConfiguration: CustomStringConvertible {
  /// The place and the user, never the password: `edxapp001@db1:3306/edxapp`.
  package var description: String {
    (user.map { "\($0)@" } ?? "") + endpoint.description + (database.map { "/\($0)" } ?? "")
  }
}
