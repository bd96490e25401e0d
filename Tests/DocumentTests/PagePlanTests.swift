import Testing

/// How a page is read: its blocks, its comments, and what of it nobody would run.
@Suite struct PagePlanTests {
  private static func plan(_ text: String) -> PagePlan { PagePlan(Page(path: "page.md", text: text)) }

  private static func commands(_ plan: PagePlan) -> [PageCommand] {
    plan.steps.compactMap { if case .run(let command) = $0 { command } else { nil } }
  }

  @Test("fenced and indented blocks are found, inside lists too, with the lines on which they stand") func blocks() {
    let page = Page(
      path: "page.md",
      text: """
        1. A step:

           ```sh
           csmh status
           ```

           - inner

                 SELECT 1

        Text

            csmh flags
              --json

            more
        and text
        """)
    #expect(page.blocks.map(\.line) == [4, 9, 13])
    #expect(page.blocks.map(\.lines) == [["csmh status"], ["SELECT 1"], ["csmh flags", "  --json", "", "more"]])
    #expect(page.blocks.map(\.kind) == [.shell, .sql, .shell])
    #expect(page.blocks.map(\.indentation) == [3, 9, 4])
  }

  @Test("a transcript is its commands, each with what it prints") func transcript() {
    let plan = Self.plan(
      """
      <!-- prepare: servers=0 -->

          $ curl -d '{"a": 1,
            "b": 2}' http://localhost
          {"c": 3}

          $ csmh status
      """)
    let commands = Self.commands(plan)
    #expect(plan.problems.isEmpty)
    #expect(commands.map(\.script) == ["curl -d '{\"a\": 1,\n  \"b\": 2}' http://localhost", "csmh status"])
    #expect(commands.map { $0.expectation?.lines } == [["{\"c\": 3}"], nil])
    #expect(commands.first?.expectation?.lineNumbers == 5..<6)
  }

  @Test("comments speak of the next block, and only of it") func directives() {
    let plan = Self.plan(
      """
      <!-- prepare: servers=1 -->
      <!-- status: 2 -->
      <!-- interrupt after: 1.5 -->
      ```sh
      csmh copy
      ```
      <!-- varies: rows -->
      ```text
      copied 5 rows
      ```
      ```sh
      csmh copy
      ```
      """)
    let commands = Self.commands(plan)
    #expect(commands.map(\.status) == [2, 0])
    #expect(commands.map(\.interruptAfter) == ["1.5", nil])
    #expect(commands.map { $0.expectation?.varies } == [["rows"], nil])
  }

  @Test(
    "what nobody would run is a problem, with its line",
    arguments: [
      ("```sh\ncsmh status\n```", "page.md:2: there is no `prepare` before this"),
      (
        "<!-- prepare: servers=0 -->\n```text\nsafe\n```",
        "page.md:3: no command prints this (`run` before it, or `not run`)"
      ),
      ("<!-- not run: -->\n```sh\ncsmh status\n```", "page.md:3: `not run` needs a reason"),
      ("<!-- ran: csmh status -->", "page.md:1: this comment is no directive of the tests"),
      ("<!-- status: 1 -->", "page.md:1: `status` has no block after it"),
      ("```yaml\nA: 1\n```", "page.md:2: nothing reads this configuration (`put into` or `not run`)"),
    ])
  func unclaimed(text: String, problem: String) {
    #expect(Self.plan(text).problems == [problem])
  }

  @Test("a block that is not run takes its output along") func notRun() {
    let plan = Self.plan("<!-- not run: it takes a week -->\n```sh\ncsmh copy\n```\n```text\ncopied\n```")
    #expect(plan.problems.isEmpty && plan.steps.isEmpty)
  }

  @Test("new lines take the place of those that a page shows") func replacing() {
    let page = Page(path: "page.md", text: "1\n2\n3\n4\n5")
    #expect(page.replacing([(2..<3, ["a", "b"]), (4..<6, ["c"])]) == "1\na\nb\n3\nc")
  }
}
