internal import CMariaDB

extension NativeConnection {
  /// Makes the session csmh's own: see ``SessionContract``. Returns `max_allowed_packet`.
  ///
  /// - Throws: ``MariaDBError/Kind/configuration`` with the variable that cannot have the value that csmh needs.
  func prepareSession(_ lockTimes: LockTimes?) throws(MariaDBError) -> Int {
    try forgetWhatCameBefore()
    try setCharacterSet()
    let contract = SessionContract(
      family: versionText.contains("MariaDB") ? .mariaDB : .mySQL, version: version, lockTimes: lockTimes)
    try setAll(contract)
    var values = try read(contract.readStatement)
    let broken = contract.broken(by: values).filter { $0.need != .required }
    for setting in broken { try setIfAllowed(setting) }
    if broken.contains(where: { $0.need == .expected }) { values = try read(contract.readStatement) }
    if let setting = contract.broken(by: values).first(where: { $0.need != .wanted }) {
      throw refusal(setting.name, values[setting.name], needed: setting.sql)
    }
    for name in SessionContract.characterSetNames where values[name] != SessionContract.characterSet {
      throw refusal(name, values[name], needed: SessionContract.characterSet)
    }
    return values[SessionContract.packetVariable].flatMap { Int($0) } ?? 0
  }

  /// Ends a transaction that `init_connect` may have begun, and on MySQL forgets variables that only a session has. Servers run `init_connect`
  /// only at login.
  ///
  /// MariaDB was seen to count an account's limits no more after such a reset (10.11): csmh stays within them. MySQL knows it since 5.7.3.
  /// https://dev.mysql.com/doc/c-api/8.4/en/mysql-reset-connection.html
  private func forgetWhatCameBefore() throws(MariaDBError) {
    if !versionText.contains("MariaDB"), version >= 50_703 {
      guard unsafe mysql_reset_connection(handle) == 0 else {
        throw error(statement: StatementText("COM_RESET_CONNECTION"))
      }
      return
    }
    try send(StatementText("SET SESSION completion_type = 0"))
    try send(StatementText("ROLLBACK"))
  }

  /// By the client library and not by SET NAMES alone, so that it knows the character set, too.
  ///
  /// What the handshake asked for may have been changed by init_connect, `--skip-character-set-client-handshake` or a proxy.
  private func setCharacterSet() throws(MariaDBError) {
    guard unsafe mysql_set_character_set(handle, SessionContract.characterSet) == 0 else {
      throw error(statement: StatementText("SET NAMES \(SessionContract.characterSet)"))
    }
  }

  /// All at once; and one by one where the server refuses one of them, to find out which.
  private func setAll(_ contract: SessionContract) throws(MariaDBError) {
    do throws(MariaDBError) {
      try send(contract.setStatement)
    } catch {
      guard !error.closesConnection else { throw error }
      for setting in contract.settings where setting.need == .required { try setIfAllowed(setting) }
    }
  }

  private func setIfAllowed(_ setting: SessionContract.Setting) throws(MariaDBError) {
    do throws(MariaDBError) {
      try send(SessionContract.setStatement([setting]))
    } catch {
      // What it left undone is seen when it is read back.
      guard !error.closesConnection else { throw error }
    }
  }

  private func read(_ statement: StatementText) throws(MariaDBError) -> [String: String] {
    try send(statement)
    var values: [String: String] = [:]
    _ = try fetch(of: statement) { row throws(MariaDBError) in
      if let name = row.text(0)?.lowercased() { values[name] = row.text(1) ?? "" }
      return true
    }
    return values
  }

  private func refusal(_ name: String, _ value: String?, needed: String) -> MariaDBError {
    MariaDBError(
      kind: .configuration,
      message:
        "the session variable \(name) is \(value ?? "not shown") where csmh needs \(needed), and the server does not let it be set",
      server: server)
  }
}
