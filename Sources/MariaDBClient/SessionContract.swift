/// What every session of csmh is: the variables on which the meaning of a statement or of its result depends, with the values that
/// csmh relies on.
///
/// A server, a proxy, `init_connect` or an account's defaults decide how a session begins. So ``NativeConnection`` sets all of this
/// after each connect, reads it back in one query, and refuses the connection where something that matters could not be set: never
/// a different result. Which other variables the servers have, and why they do not matter, is written down in docs/sessions.md.
package struct SessionContract: Sendable, Hashable {
  /// A session variable and the value that csmh gives it.
  package struct Setting: Sendable, Hashable {
    /// How much depends on it.
    package enum Need: Sendable, Hashable {
      /// It is set with all others, by anybody; without it csmh does not work with the server.
      case required
      /// It is right by default and only looked at, as setting it needs a privilege; without it csmh does not work with the server.
      case expected
      /// It is set where it has another value; where that is refused, csmh is slower or its words are others, and nothing else.
      case wanted
    }

    /// The variable's name.
    package let name: String

    /// The value as SQL.
    package let sql: String

    /// The values that the server may show for it, in small letters; empty for what it does not show.
    package let shown: Set<String>

    package let need: Need

    init(_ name: String, _ sql: String, shown: Set<String>? = nil, _ need: Need = .required) {
      self.name = name
      self.sql = sql
      let text = sql.lowercased().filter { $0 != "'" }
      self.shown = shown ?? (text == "1" ? ["1", "on"] : text == "0" ? ["0", "off"] : [text])
      self.need = need
    }

    /// Whether `text`, as the server shows it, is the value.
    func isMet(by text: String) -> Bool {
      let text = text.lowercased()
      if shown.isEmpty || shown.contains(text) { return true }
      if let number = Double(text) { return shown.contains { Double($0) == number } }
      // Sets are shown in the server's own order.
      let parts = Set(text.split(separator: ","))
      return shown.contains { Set($0.split(separator: ",")) == parts }
    }
  }

  /// All settings for a server's family and version.
  package let settings: [Setting]

  /// - Parameters:
  ///   - version: as the servers count it: 10.11.6 is 101106.
  ///   - lockTimes: for a session that holds locks for which others wait.
  package init(family: ServerInformation.Family, version: Int, lockTimes: LockTimes? = nil) {
    var settings = Self.everywhere
    let ofFamily = family == .mariaDB ? Self.mariaDB : Self.mySQL
    settings += ofFamily.filter { $0.since <= version && version < $0.until }.map(\.setting)
    guard let lockTimes else {
      self.settings = settings
      return
    }
    let limits = Self.limits(lockTimes)
    self.settings =
      settings.map { setting in limits.first { $0.name == setting.name } ?? setting }
      + limits.filter { limit in !settings.contains { $0.name == limit.name } && limit.name != Self.idleTransactions }
  }

  /// The statement that sets all that anybody may set.
  var setStatement: StatementText { Self.setStatement(settings.filter { $0.need == .required }) }

  static func setStatement(_ settings: [Setting]) -> StatementText {
    StatementText("SET SESSION " + settings.map { "\($0.name) = \($0.sql)" }.joined(separator: ", "))
  }

  /// The query that reads back all settings that the server has, and ``packetVariable``.
  var readStatement: StatementText {
    let names = (settings.map(\.name) + Self.characterSetNames + [Self.packetVariable]).map { "'\($0)'" }
    return StatementText("SHOW SESSION VARIABLES WHERE Variable_name IN (\(names.joined(separator: ", ")))")
  }

  /// What does not hold of the values that a server showed.
  func broken(by values: [String: String]) -> [Setting] {
    settings.filter { setting in values[setting.name].map { !setting.isMet(by: $0) } ?? false }
  }

  /// The largest statement or row that the server takes; it is read along, as a session cannot set it.
  static let packetVariable = "max_allowed_packet"

  /// The character set of every session, set by the client library so that it knows it too.
  static let characterSet = "utf8mb4"

  /// The variables that have ``characterSet`` as their value.
  static let characterSetNames = ["character_set_client", "character_set_connection", "character_set_results"]
}
