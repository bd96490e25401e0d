import Testing

/// What becomes of a page's output when csmh prints another one.
@Suite struct OutputRefreshTests {
  private static func refreshed(_ shown: [String], _ output: [String]) -> [String] {
    OutputRefresh(shown: shown, output: output, rules: OutputRules()).lines()
  }

  @Test("what is shown whole stays whole") func whole() {
    #expect(Self.refreshed(["copied 5 rows"], ["copy", "copied 6 rows"]) == ["copy", "copied 6 rows"])
  }

  @Test("what was left out stays left out, and a line becomes the one that is most like it") func gaps() {
    let shown = ["...", "  + starting id: raised from 1 to 15001", "...", "safe: it can grow by 10,000 ids", "..."]
    let output = [
      "provision", "  + database: created", "  + starting id: raised from 1 to 20001", "  + journal: created",
      "safe: it can now grow by 10,000 ids", "  it lasts",
    ]
    #expect(
      Self.refreshed(shown, output) == [
        "...", "  + starting id: raised from 1 to 20001", "...", "safe: it can now grow by 10,000 ids", "...",
      ])
  }

  @Test("a new line between two that stand together is shown") func newLine() {
    let shown = ["...", "copied 5 rows", "all rows are equal"]
    let output = ["copy", "copied 5 rows", "digest abc", "all rows are equal"]
    #expect(Self.refreshed(shown, output) == ["...", "copied 5 rows", "digest abc", "all rows are equal"])
  }

  @Test("dots at the end and inside of a line stay, if the line holds") func dotsInside() {
    let fence = "the fence stands at 7, taken at 2026-11-28 02:45 UTC"
    #expect(
      Self.refreshed(["...", "the fence stands at 7, taken at ... UTC"], ["x", fence])
        == ["...", "the fence stands at 7, taken at ... UTC"])
    let long = "migrated: all original rows stand in the extended table and compared equal. Readers take both tables"
    #expect(
      Self.refreshed(["...", "migrated: all rows stand in the extended table and compared ..."], ["x", long])
        == ["...", "migrated: all original rows stand in the extended table and ..."])
  }

  @Test("what is refreshed holds") func holds() {
    let shown = ["...", "a long line about the rows that were copied ...", "...", "the end of it"]
    let output = [
      "first", "a long line about the 17 rows that were copied, and about much more", "x", "y", "the end of it",
    ]
    let pattern = OutputPattern(Self.refreshed(shown, output), rules: OutputRules())
    #expect(pattern.compare(output) == .matches(lineCount: output.count))
  }
}
