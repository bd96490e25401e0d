import MariaDBClient
import Testing

@Suite struct StatementTextTests {
  @Test(
    "quoting doubles quotes and leaves backslashes, control characters and multi-byte characters alone",
    arguments: [
      ("", "''"), ("plain", "'plain'"), ("it's", "'it''s'"), ("''", "''''''"), (#"a\n\u00e9"#, #"'a\n\u00e9'"#),
      ("zero\u{0}byte\n", "'zero\u{0}byte\n'"), ("é 漢 😀", "'é 漢 😀'"), ("'start", "'''start'"), ("end'", "'end'''"),
    ])
  func quoting(text: String, expected: String) {
    var statement = StatementText()
    statement.append(quoted: text)
    #expect(statement == StatementText(expected))
  }

  @Test("identifiers are quoted with doubled backticks")
  func identifiers() {
    var statement = StatementText()
    statement.append(identifier: "odd`name")
    #expect(statement == "`odd``name`")
  }

  @Test(
    "a fingerprint holds no value",
    arguments: [
      ("SELECT 1", "SELECT ?"),
      ("INSERT INTO `t1` (id)  VALUES (12, 'it''s a secret', NULL)", "INSERT INTO `t1` (id) VALUES (?, ?, NULL)"),
      ("UPDATE utf8mb4 SET a = 'unterminated secret", "UPDATE utf8mb4 SET a = ?"),
      ("WHERE id BETWEEN 1 AND 99\n AND x = 1.5e3", "WHERE id BETWEEN ? AND ? AND x = ?"),
    ])
  func fingerprint(sql: String, expected: String) {
    #expect(StatementText(sql).fingerprint == expected)
  }

  @Test("a fingerprint of a megabyte is short")
  func longFingerprint() {
    let text = StatementText("INSERT INTO t VALUES " + String(repeating: "(1, 'x'),", count: 100_000)).fingerprint
    #expect(text.count < 260)
    #expect(text.hasSuffix("..."))
  }

  @Test("a huge buffer is not kept, a usual one is")
  func capacity() {
    var statement = StatementText(String(repeating: "x", count: 5_000))
    statement.removeAll(keepingCapacityUpTo: 10_000)
    #expect(statement.bytes.capacity >= 5_000)
    statement.append(String(repeating: "x", count: 50_000))
    statement.removeAll(keepingCapacityUpTo: 10_000)
    #expect(statement.bytes.capacity == 0)
  }
}
