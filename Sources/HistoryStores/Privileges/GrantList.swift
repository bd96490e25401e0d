/// What SHOW GRANTS prints, as far as csmh has to know whether a privilege is held.
/// https://dev.mysql.com/doc/refman/8.4/en/show-grants.html
///
/// It does not show everything: a database's privileges may be granted to the same user at a wider host, or to everybody.
package struct GrantList: Sendable, Hashable {
  /// One line for privileges.
  struct Grant: Sendable, Hashable {
    /// In upper case; with its columns where it is on columns alone.
    let privileges: Set<String>

    /// `*` or a pattern of a database's name, as LIKE has it.
    let database: String

    /// `*` or a table.
    let table: String

    /// The account or role, as it is printed.
    let grantee: String

    func holds(_ privilege: String) -> Bool {
      privileges.contains(privilege) || privileges.contains("ALL PRIVILEGES")
    }

    /// Whether the pattern fits one database alone.
    var isExact: Bool { literalPrefixCount == nil }

    /// How many characters stand before the first wildcard; nil without any.
    var literalPrefixCount: Int? {
      var isEscaped = false
      for (count, character) in database.enumerated() {
        if !isEscaped, character == "_" || character == "%" { return count }
        isEscaped = !isEscaped && character == "\\"
      }
      return nil
    }
  }

  let grants: [Grant]

  /// What was taken back of privileges on everything (MySQL's partial revokes).
  let revokes: [Grant]

  /// Whether privileges may come from a role, which SHOW GRANTS names without what it holds.
  package let hasRoles: Bool

  /// - Parameter lines: as the server prints them.
  package init(_ lines: [String]) {
    var hasRoles = false
    grants = lines.compactMap { line in
      guard line.hasPrefix("GRANT ") else { return nil }
      let grant = Self.grant(line, " TO ")
      // A line without an object grants a role.
      if grant == nil, !line.hasPrefix("GRANT PROXY") { hasRoles = true }
      return grant
    }
    revokes = lines.compactMap { $0.hasPrefix("REVOKE ") ? Self.grant($0, " FROM ") : nil }
    self.hasRoles = hasRoles
  }

  private static func grant(_ line: String, _ towards: String) -> Grant? {
    guard let on = range(of: " ON ", in: line[...]),
      let to = range(of: towards, in: line[on.upperBound...]),
      let dot = range(of: ".", in: line[on.upperBound..<to.lowerBound]),
      let verbEnd = line.firstIndex(of: " ")
    else { return nil }
    return Grant(
      privileges: Set(privileges(in: line[line.index(after: verbEnd)..<on.lowerBound])),
      database: unquoted(line[on.upperBound..<dot.lowerBound]), table: unquoted(line[dot.upperBound..<to.lowerBound]),
      grantee: String(line[to.upperBound...].prefix(upTo: endOfGrantee(line[to.upperBound...]))))
  }

  /// Whether a privilege is held on everything, on a database, or on one of its tables.
  ///
  /// - Parameters:
  ///   - database: nil for a privilege that is only granted on `*.*`.
  ///   - table: nil for the whole database.
  package func holds(_ privilege: String, database: String? = nil, table: String? = nil) -> Bool {
    let isTakenBack = revokes.contains { $0.database == database && $0.holds(privilege) }
    if !isTakenBack, grants.contains(where: { $0.database == "*" && $0.holds(privilege) }) { return true }
    guard let database else { return false }
    let isHeldByRow = Set(grants.map(\.grantee)).contains { grantee in
      let rows = rows(inForceOn: database, of: grantee)
      return !rows.isEmpty && rows.allSatisfy { $0.holds(privilege) }
    }
    if isHeldByRow { return true }
    // A table's database is its name, and no pattern.
    return table != nil && grants.contains { $0.database == database && $0.table == table && $0.holds(privilege) }
  }

  /// Whether something is granted on everything: then it is an administrator's account, and none of csmh's own.
  package var isAdministrator: Bool {
    ["ALL PRIVILEGES", "CREATE USER"].contains { privilege in
      grants.contains { $0.database == "*" && $0.privileges.contains(privilege) }
    }
  }

  /// Of the lines whose pattern fits a database, the one that the server goes by: the narrowest; of two that are as narrow either.
  /// https://dev.mysql.com/doc/refman/8.4/en/request-access.html
  func rows(inForceOn database: String, of account: Account) -> [Grant] {
    // Servers before MariaDB 10.4 and MySQL 8 print quotes.
    ["\(MySQLTable.quoted(account.user))@\(MySQLTable.quoted(account.host))", account.sql].flatMap {
      rows(inForceOn: database, of: $0)
    }
  }

  private func rows(inForceOn database: String, of grantee: String) -> [Grant] {
    let fitting = grants.filter {
      $0.grantee == grantee && $0.table == "*" && $0.database != "*"
        && Self.matches(database[...], pattern: $0.database[...])
    }
    let narrowest = fitting.map { $0.literalPrefixCount ?? .max }.max()
    return fitting.filter { ($0.literalPrefixCount ?? .max) == narrowest }
  }
}

extension GrantList {
  /// The place of a text outside of backticks and brackets.
  private static func range(of text: String, in line: Substring) -> Range<Substring.Index>? {
    var isQuoted = false
    var depth = 0
    var index = line.startIndex
    while index < line.endIndex {
      switch line[index] {
      case "`": isQuoted.toggle()
      case "(" where !isQuoted: depth += 1
      case ")" where !isQuoted: depth -= 1
      default:
        if !isQuoted, depth == 0, line[index...].hasPrefix(text) {
          return index..<line.index(index, offsetBy: text.count)
        }
      }
      index = line.index(after: index)
    }
    return nil
  }

  /// The names between commas outside of brackets, in upper case.
  private static func privileges(in text: Substring) -> [String] {
    var names: [String] = []
    var rest = text
    while let comma = range(of: ",", in: rest) {
      names.append(rest[..<comma.lowerBound].trimmed.uppercased())
      rest = rest[comma.upperBound...]
    }
    return names + [rest.trimmed.uppercased()]
  }

  /// Where the grantee ends, and options follow.
  private static func endOfGrantee(_ text: Substring) -> Substring.Index {
    range(of: " ", in: text)?.lowerBound ?? text.endIndex
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
  fileprivate var trimmed: String {
    var rest = drop { $0 == " " }
    while rest.last == " " { rest = rest.dropLast() }
    return String(rest)
  }
}
