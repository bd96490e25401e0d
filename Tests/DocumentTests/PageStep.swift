/// One thing that happens when a page is run.
enum PageStep: Sendable {
  /// A fresh installation.
  case prepare(String)
  case run(PageCommand)
  /// What a command in the background has printed since.
  case output(name: String, PageExpectation)
  case stop(name: String)
  case put(file: String, Block)
}

/// What a page says that is printed.
struct PageExpectation: Sendable {
  /// Where it stands in the page, from 1.
  let lineNumbers: Range<Int>
  let lines: [String]
  let indentation: Int

  /// Nouns whose counts differ from run to run.
  let varies: [String]
}

/// Commands of a page, or statements.
struct PageCommand: Sendable {
  let line: Int
  let script: String
  let isSQL: Bool

  /// `db1` or `db2`, if the page tells.
  var server: String?
  var status: Int32 = 0
  var background: String?
  var interruptAfter: String?
  var answersYes = false
  var expectation: PageExpectation?
}
