/// What SHOW GRANTS prints, as far as rules have to know whether a privilege is held.
/// https://dev.mysql.com/doc/refman/8.4/en/show-grants.html
public struct GrantList: Sendable, Hashable {
  /// One line for privileges.
  struct Grant: Sendable, Hashable {
    let privileges: Set<String>

    /// `*` or a pattern of a database's name, as LIKE has it.
    let database: String

    /// `*` or a table.
    let table: String
  }

  let grants: [Grant]

  /// Whether privileges may come from a role, which SHOW GRANTS names without what it holds.
  public let hasRoles: Bool

  /// - Parameter lines: as the server prints them.
  public init(_ lines: [String]) {
    var grants: [Grant] = []
    var hasRoles = false
    for line in lines where line.hasPrefix("GRANT ") {
      guard let on = line.firstRange(of: " ON "), let to = line.firstRange(of: " TO "), on.upperBound <= to.lowerBound
      else {
        hasRoles = hasRoles || !line.hasPrefix("GRANT PROXY")
        continue
      }
      let object = line[on.upperBound..<to.lowerBound]
      guard let dot = Self.dot(in: object) else { continue }
      let privileges = line[line.index(line.startIndex, offsetBy: 6)..<on.lowerBound].split(separator: ",")
        .map { $0.trimming(while: { $0 == " " }) }
      grants.append(
        Grant(
          privileges: Set(privileges.map { $0.uppercased() }), database: Self.unquoted(object[..<dot]),
          table: Self.unquoted(object[object.index(after: dot)...])))
    }
    self.grants = grants
    self.hasRoles = hasRoles
  }

  /// Whether a privilege is held on everything, on a database, or on one of its tables.
  ///
  /// - Parameters:
  ///   - database: nil for a privilege that is only granted on `*.*`.
  ///   - table: nil for the whole database.
  public func holds(_ privilege: String, database: String? = nil, table: String? = nil) -> Bool {
    grants.contains { grant in
      guard grant.privileges.contains(privilege) || grant.privileges.contains("ALL PRIVILEGES") else { return false }
      if grant.database == "*" { return true }
      guard let database, Self.matches(database[...], pattern: grant.database[...]) else { return false }
      return grant.table == "*" || grant.table == table
    }
  }

  /// The dot between database and table: not one inside of backticks.
  private static func dot(in object: Substring) -> Substring.Index? {
    var isQuoted = false
    for index in object.indices {
      if object[index] == "`" { isQuoted.toggle() }
      if object[index] == ".", !isQuoted { return index }
    }
    return nil
  }

  private static func unquoted(_ name: Substring) -> String {
    name.hasPrefix("`") ? String(name.dropFirst().dropLast()).replacing("``", with: "`") : String(name)
  }

  /// LIKE with `\` as the escape character: a database's name in a GRANT is a pattern, in which `edxapp_csmh` also means edxapp1csmh.
  private static func matches(_ text: Substring, pattern: Substring) -> Bool {
    guard let first = pattern.first else { return text.isEmpty }
    let rest = pattern.dropFirst()
    switch first {
    case "%": return matches(text, pattern: rest) || (!text.isEmpty && matches(text.dropFirst(), pattern: pattern))
    case "_": return !text.isEmpty && matches(text.dropFirst(), pattern: rest)
    case "\\" where !rest.isEmpty:
      return text.first == rest.first && matches(text.dropFirst(), pattern: rest.dropFirst())
    default: return text.first == first && matches(text.dropFirst(), pattern: rest)
    }
  }
}

extension Substring {
  fileprivate func trimming(while isTrimmed: (Character) -> Bool) -> String {
    var rest = drop(while: isTrimmed)
    while let last = rest.last, isTrimmed(last) { rest = rest.dropLast() }
    return String(rest)
  }
}
