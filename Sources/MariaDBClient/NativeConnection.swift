internal import CMariaDB

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

/// The client library's connection: every call into C is here. It blocks, and belongs to one thread at a time.
@safe final class NativeConnection {
  let handle: UnsafeMutablePointer<MYSQL>
  private var result: UnsafeMutablePointer<MYSQL_RES>?
  let server: String
  private let user: String?
  private let asksForEncryption: Bool

  /// The largest statement or row, in bytes, that the server takes.
  private(set) var maxAllowedPacket = 0

  /// Connects, and makes the session csmh's own.
  ///
  /// - Parameter watch: notices where answers do not come any more.
  static func connect(
    _ configuration: ConnectionConfiguration, _ watch: AnswerWatch? = nil
  ) throws(MariaDBError) -> NativeConnection {
    let connection = try open(try configuration.withOptionFile())
    watch?.connected(connection)
    watch?.begin()
    defer { _ = watch?.end() }
    connection.maxAllowedPacket = try connection.prepareSession(configuration.lockTimes)
    return connection
  }

  /// The client library knows TLS or no TLS; what prefers it tries both.
  private static func open(_ configuration: ConnectionConfiguration) throws(MariaDBError) -> NativeConnection {
    guard configuration.tls.mode == .preferred else { return try connectAsTold(configuration) }
    var attempt = configuration
    attempt.tls.mode = .required
    do throws(MariaDBError) {
      return try NativeConnection(attempt)
    } catch {
      guard error.kind == .tls else { throw error }
      attempt.tls.mode = .disabled
      return try NativeConnection(attempt)
    }
  }

  /// An account that demands encryption is refused like one with a wrong password; only with encryption the two can be told apart.
  private static func connectAsTold(
    _ configuration: ConnectionConfiguration
  ) throws(MariaDBError) -> NativeConnection {
    do throws(MariaDBError) {
      return try NativeConnection(configuration)
    } catch {
      guard configuration.tls.mode == .disabled, error.kind == .authentication else { throw error }
      var attempt = configuration
      attempt.tls.mode = .required
      attempt.database = nil
      // Whatever else it fails for, it tells nothing of encryption.
      guard (try? NativeConnection(attempt)) != nil else { throw error }
      throw error.meaning(.tlsDemanded)
    }
  }

  /// The session is still as the server made it; see ``prepareSession()``.
  private init(_ configuration: ConnectionConfiguration) throws(MariaDBError) {
    server = configuration.description
    user = configuration.user
    let tls = configuration.tls
    asksForEncryption = tls.mode != .disabled
    if tls.mode == .verifyCA || tls.mode == .verifyIdentity, tls.certificateAuthorityFile == nil {
      // The client library would check nothing at all.
      throw MariaDBError(
        kind: .configuration, message: "ssl-mode \(tls.mode.rawValue) needs ssl-ca: the certificates to trust",
        server: server)
    }
    guard let handle = unsafe mysql_init(nil) else {
      throw MariaDBError(kind: .other, message: "out of memory", server: configuration.description)
    }
    unsafe self.handle = unsafe handle
    configure(configuration)
    let (host, port, socket): (String?, UInt16, String?) =
      switch configuration.endpoint {
      case .tcp(let host, let port): (host, port, nil)
      case .socket(let path): (nil, 0, path)
      }
    let connected = unsafe mysql_real_connect(
      handle, host, configuration.user, configuration.password?.reveal(), configuration.database, UInt32(port),
      socket, 0)
    guard unsafe connected != nil else { throw error(statement: nil) }
    if configuration.tls.mode.isMandatory, tlsCipher == nil {
      throw MariaDBError(
        kind: .tls, message: "the server offers no encryption, but ssl-mode is \(configuration.tls.mode.rawValue)",
        server: server)
    }
  }

  deinit {
    if let result = unsafe result { unsafe mysql_free_result(result) }
    unsafe mysql_close(handle)
  }

  private func configure(_ configuration: ConnectionConfiguration) {
    set(MYSQL_OPT_CONNECT_TIMEOUT, configuration.connectTimeout.wholeSeconds)
    set(MYSQL_OPT_READ_TIMEOUT, configuration.readTimeout.wholeSeconds)
    set(MYSQL_OPT_WRITE_TIMEOUT, configuration.writeTimeout.wholeSeconds)
    set(MYSQL_OPT_LOCAL_INFILE, 0)
    // A lost connection must be seen: a transaction cannot go on in another one.
    set(MYSQL_OPT_RECONNECT, false)
    set(MYSQL_SET_CHARSET_NAME, SessionContract.characterSet)
    if case .tcp = configuration.endpoint {
      set(MYSQL_OPT_PROTOCOL, MYSQL_PROTOCOL_TCP.rawValue)
    }
    if let plugin = configuration.authenticationPlugin { set(MYSQL_DEFAULT_AUTH, plugin) }
    if let folder = configuration.pluginDirectory { set(MYSQL_PLUGIN_DIR, folder) }
    let tls = configuration.tls
    if tls.mode != .disabled {
      unsafe mysql_ssl_set(handle, tls.keyFile, tls.certificateFile, tls.certificateAuthorityFile, nil, nil)
      set(MYSQL_OPT_SSL_ENFORCE, tls.mode.isMandatory)
      set(MYSQL_OPT_SSL_VERIFY_SERVER_CERT, tls.mode == .verifyIdentity)
    }
  }

  private func set(_ option: mysql_option, _ value: UInt32) {
    var value = value
    unsafe mysql_options(handle, option, &value)
  }

  private func set(_ option: mysql_option, _ value: Bool) {
    var value: my_bool = value ? 1 : 0
    unsafe mysql_options(handle, option, &value)
  }

  private func set(_ option: mysql_option, _ value: String) {
    unsafe mysql_options(handle, option, value)
  }
}

extension NativeConnection {
  /// Its socket; valid while the connection is.
  var socket: Int32 { unsafe Int32(truncatingIfNeeded: mysql_get_socket(handle)) }

  var connectionID: UInt64 { unsafe UInt64(mysql_thread_id(handle)) }

  var versionText: String { unsafe mysql_get_server_info(handle).map { unsafe String(cString: $0) } ?? "" }

  var version: Int { unsafe Int(mysql_get_server_version(handle)) }

  /// Whether the server offered encryption when it greeted.
  private var isEncryptionOffered: Bool {
    // CLIENT_SSL: https://mariadb.com/kb/en/connection/#capabilities
    let offer: UInt = 1 << 11
    return unsafe handle.pointee.server_capabilities & offer != 0
  }

  var tlsCipher: String? { unsafe mysql_get_ssl_cipher(handle).map { unsafe String(cString: $0) } }

  /// Sends a statement and waits for its answer; rows are then read by ``fetch(_:)``.
  func send(_ statement: StatementText) throws(MariaDBError) {
    discardResult()
    let failed = unsafe statement.bytes.withUnsafeBytes { bytes in
      unsafe mysql_real_query(handle, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), UInt(bytes.count))
    }
    guard failed == 0 else { throw error(statement: statement) }
    unsafe result = unsafe mysql_use_result(handle)
    guard unsafe result != nil || mysql_field_count(handle) == 0 else { throw error(statement: statement) }
  }

  /// Reads rows until `body` returns false or none is left. Returns whether rows may be left.
  func fetch(
    of statement: StatementText, _ body: (borrowing StreamedRow) throws(MariaDBError) -> Bool
  ) throws(MariaDBError) -> Bool {
    guard let result = unsafe result else { return false }
    let columnCount = unsafe Int(mysql_num_fields(result))
    while true {
      guard let fields = unsafe mysql_fetch_row(result) else {
        guard unsafe mysql_errno(handle) == 0 else { throw error(statement: statement) }
        discardResult()
        return false
      }
      guard let lengths = unsafe mysql_fetch_lengths(result) else { throw error(statement: statement) }
      let row = unsafe StreamedRow(fields: fields, lengths: lengths, columnCount: columnCount)
      guard try body(row) else { return true }
    }
  }

  /// Reads and forgets the rows that are left of a result.
  func discardResult() {
    guard let result = unsafe result else { return }
    unsafe mysql_free_result(result)
    unsafe self.result = nil
  }

  /// Whether the server has closed the connection, or has said something unasked, as it does before it closes one for being idle. Only
  /// between statements.
  var hasSomethingToRead: Bool {
    var socket = unsafe pollfd(fd: Int32(mysql_get_socket(handle)), events: Int16(POLLIN), revents: 0)
    return unsafe poll(&socket, 1, 0) != 0
  }

  var statementResult: StatementResult {
    unsafe StatementResult(
      affectedRowCount: mysql_affected_rows(handle), warningCount: Int(mysql_warning_count(handle)),
      lastInsertID: mysql_insert_id(handle))
  }

  func error(statement: StatementText?) -> MariaDBError {
    var code = unsafe mysql_errno(handle)
    let version = versionText
    let family: ServerInformation.Family? =
      version.isEmpty ? nil : version.contains("MariaDB") ? .mariaDB : .mySQL
    var message = unsafe String(cString: mysql_error(handle))
    if statement == nil, let refusal = Self.refusalBeforeEncryption(message) { (code, message) = refusal }
    var kind = ServerCode.find(code, family)?.kind ?? .unknown
    // In the middle of a connection an error of TLS is a broken one.
    if statement != nil, kind == .tls { kind = .connectionLost }
    // Before a connection stands, a network error means that there is none to lose.
    if statement == nil, kind == .connectionLost, code >= 2000, code < 3000 { kind = .unreachable }
    return unsafe MariaDBError(
      kind: kind, code: code, sqlState: String(cString: mysql_sqlstate(handle)), message: message,
      statement: statement?.fingerprint, server: server,
      peer: MariaDBError.Peer(
        user: user, versionText: version.isEmpty ? nil : version,
        // A connection that did not come about has no cipher.
        isEncrypted: statement == nil ? asksForEncryption && isEncryptionOffered : tlsCipher != nil))
  }
}

extension NativeConnection {
  /// What a server said in place of its greeting: that it does not admit the host, say. Where encryption is asked for, the client library
  /// tells it as an error of its own, which would look as if no server answered.
  /// https://github.com/mariadb-corporation/mariadb-connector-c/blob/3.3/libmariadb/mariadb_lib.c
  fileprivate static func refusalBeforeEncryption(_ message: String) -> (code: UInt32, message: String)? {
    let words = "Received error packet before completion of TLS handshake. "
    guard message.hasPrefix(words), let colon = message.dropFirst(words.count).firstIndex(of: ":") else { return nil }
    let told = message[colon...].dropFirst(2)
    let digits = told.prefix { $0.isASCII && $0.isNumber }
    guard let code = UInt32(digits), told.dropFirst(digits.count).hasPrefix(" - ") else { return nil }
    return (code, String(told.dropFirst(digits.count + 3)))
  }
}

extension ConnectionConfiguration.TLS.Mode {
  /// Whether a connection without encryption is refused.
  var isMandatory: Bool {
    switch self {
    case .disabled, .preferred: false
    case .required, .verifyCA, .verifyIdentity: true
    }
  }
}

extension Duration {
  fileprivate var wholeSeconds: UInt32 {
    UInt32(clamping: max(1, components.seconds + (components.attoseconds > 0 ? 1 : 0)))
  }
}
