/// What tells a session from all others, on its server and on any other one: a second connection, which a balancer may have handed to
/// another server, looks for it before it says anything about the session, and before it kills.
struct SessionMark: Sendable, Hashable {
  /// The server's own number for the session; another server may have a session of the same number.
  let connectionID: UInt64

  /// What the server calls itself.
  let server: String

  /// The random name of a lock that the session holds as long as it lives; nil where a session can hold one lock only, which csmh needs
  /// otherwise. Whoever sees the session holding it has reached its server, which has not restarted since.
  let lock: String?

  /// What a second connection finds.
  enum Sighting: Sendable {
    /// It has reached another server.
    case elsewhere
    /// The session has ended.
    case gone
    /// The session waits for a statement.
    case idle
    /// The session's statement runs.
    case running
  }
}

extension NativeConnection {
  private var isMariaDB: Bool { versionText.contains("MariaDB") }

  /// From these versions on a session may hold several named locks; before, each ends the one before.
  /// https://dev.mysql.com/doc/refman/5.7/en/locking-functions.html#function_get-lock, https://mariadb.com/kb/en/get_lock/
  private var holdsSeveralLocks: Bool { version >= (isMariaDB ? 100_002 : 50_705) }

  /// SQL for what a server calls itself. MySQL has a word of its own for it since 5.6.
  private var identitySQL: String {
    isMariaDB || version < 50_600 ? "CONCAT_WS('|', @@server_id, @@hostname, @@port)" : "@@server_uuid"
  }

  /// Takes the session's mark; nil where the server does not tell what it is.
  func takeMark() throws(MariaDBError) -> SessionMark? {
    var generator = SystemRandomNumberGenerator()
    let name = "csmh-session-" + String(generator.next(), radix: 16)
    let lock = holdsSeveralLocks ? "GET_LOCK('\(name)', 0)" : "0"
    do throws(MariaDBError) {
      let row = try firstRow("SELECT \(identitySQL), \(lock)")
      guard let server = row?[0], !server.isEmpty else { return nil }
      return SessionMark(connectionID: connectionID, server: server, lock: row?[1] == "1" ? name : nil)
    } catch {
      // Some clusters take no named locks. What cannot be proven is not killed.
      guard !error.closesConnection else { throw error }
      return nil
    }
  }

  /// Looks for another session.
  func sighting(of mark: SessionMark) throws(MariaDBError) -> SessionMark.Sighting {
    let holder = mark.lock.map { "IS_USED_LOCK('\($0)')" } ?? "NULL"
    let row = try firstRow(
      "SELECT \(identitySQL), \(holder),"
        + " (SELECT COMMAND FROM information_schema.PROCESSLIST WHERE ID = \(mark.connectionID))")
    guard row?[0] == mark.server else { return .elsewhere }
    let command = row?[2]
    if mark.lock != nil {
      guard row?[1] == String(mark.connectionID) else { return .gone }
    } else if command == nil {
      return .gone
    }
    // MariaDB says so of a session that waits and has been told to stop.
    return ["Sleep", "Killed"].contains(command) ? .idle : .running
  }

  /// What another session does, where it is proven to be here and the one that its mark says; nil where it is not. Nothing is killed without.
  func proven(_ mark: SessionMark) -> SessionMark.Sighting? {
    guard mark.lock != nil else { return nil }
    do throws(MariaDBError) {
      let sighting = try sighting(of: mark)
      return switch sighting {
      case .idle, .running: sighting
      case .elsewhere, .gone: nil
      }
    } catch {
      return nil
    }
  }

  private func firstRow(_ sql: String) throws(MariaDBError) -> [String?]? {
    let statement = StatementText(sql)
    try send(statement)
    var first: [String?]?
    _ = try fetch(of: statement) { row throws(MariaDBError) in
      first = first ?? (0..<row.columnCount).map { row.text($0) }
      return true
    }
    return first
  }
}

extension ConnectionConfiguration {
  /// The same way, for a question or a kill that is not to take long.
  var hasty: ConnectionConfiguration {
    var configuration = self
    configuration.database = nil
    (configuration.connectTimeout, configuration.readTimeout, configuration.writeTimeout) = (
      .seconds(4), .seconds(4), .seconds(4)
    )
    return configuration
  }
}
