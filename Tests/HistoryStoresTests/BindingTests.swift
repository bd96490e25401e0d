import MariaDBClient
import StudentModuleHistory
import Testing

@testable import HistoryStores

/// Values take the places of question marks, and only of those that are places.
@Suite struct BindingTests {
  @Test(
    "a question mark inside of a name or a text is none",
    arguments: [
      ("SELECT ? FROM `edx?app`.`a``?`", "SELECT 1 FROM `edx?app`.`a``?`"),
      ("SELECT '?', '''?', \"?\", ?", "SELECT '?', '''?', \"?\", 1"),
      ("UPDATE `?` SET a = ? WHERE b = '\\'", "UPDATE `?` SET a = 1 WHERE b = '\\'"),
      ("?", "1"), ("SELECT '\u{e9}?' , ?", "SELECT '\u{e9}?' , 1"),
    ])
  func places(sql: String, bound: String) {
    #expect(String(decoding: StatementText(sql, binding: [.unsigned(1)]).bytes, as: UTF8.self) == bound)
  }

  @Test("texts are quoted, whatever they hold")
  func texts() {
    let statement = StatementText("SELECT ?, ?, ?", binding: [.text("a'?b\\"), .null, .real(-0.0)])
    #expect(String(decoding: statement.bytes, as: UTF8.self) == "SELECT 'a''?b\\', NULL, '-0.0'")
  }
}
