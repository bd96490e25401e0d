/// What SHOW CREATE TABLE prints, cut into its parts: names, comments and default values may hold anything, commas, brackets and words
/// of SQL among it.
///
/// The definition of a table is shown to whoever may read it, unlike the information schema's tables of constraints.
/// https://dev.mysql.com/doc/refman/8.4/en/show-create-table.html
struct TableDefinition {
  /// A name in backticks or a text in quotes, a word, or any other character but space; with its place.
  private struct Token {
    let text: Substring

    var isName: Bool { text.first == "`" }

    /// A name without its backticks.
    var name: String {
      text.dropFirst().dropLast().split(separator: "``", omittingEmptySubsequences: false).joined(separator: "`")
    }
  }

  /// What stands between the outer brackets, between commas: columns, keys, constraints.
  private let parts: [[Token]]

  private let sql: String

  init(_ sql: String) {
    self.sql = sql
    var parts: [[Token]] = []
    var tokens: [Token] = []
    var depth = 0
    var rest = sql.unicodeScalars[...]
    while let token = Self.nextToken(&rest) {
      if token.text == ")" { depth -= 1 }
      // What follows the outer brackets, options and partitions, is no part.
      if depth == 0, token.text == ")" {
        parts.append(tokens)
        break
      }
      if depth == 1, token.text == "," {
        parts.append(tokens)
        tokens = []
      } else if depth > 0 {
        tokens.append(token)
      }
      if token.text == "(" { depth += 1 }
    }
    self.parts = parts
  }

  /// The foreign keys, in their order.
  var foreignKeys: [CheckFacts.ForeignKey] {
    parts.compactMap { tokens in
      guard tokens.count > 4, tokens[0].text == "CONSTRAINT", tokens[1].isName, tokens[2].text == "FOREIGN",
        tokens[3].text == "KEY", let last = tokens.last
      else { return nil }
      return CheckFacts.ForeignKey(
        name: tokens[1].name, definition: String(sql[tokens[2].text.startIndex..<last.text.endIndex]))
    }
  }

  /// Scalar by scalar, as a name may begin with an accent that belongs to the quote before it.
  private static func nextToken(_ rest: inout Substring.UnicodeScalarView) -> Token? {
    rest = rest.drop { $0.properties.isWhitespace }
    guard let first = rest.first else { return nil }
    var end = rest.index(after: rest.startIndex)
    if first == "`" || first == "'" || first == "\"" {
      // A quote inside is doubled; a backslash is only a backslash.
      while end < rest.endIndex {
        let scalar = rest[end]
        end = rest.index(after: end)
        guard scalar == first else { continue }
        guard end < rest.endIndex, rest[end] == first else { break }
        end = rest.index(after: end)
      }
    } else if isOfWord(first) {
      end = rest.firstIndex { !isOfWord($0) } ?? rest.endIndex
    }
    defer { rest = rest[end...] }
    return Token(text: Substring(rest[..<end]))
  }

  private static func isOfWord(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isAlphabetic || scalar.properties.numericType != nil || scalar == "_"
  }
}
