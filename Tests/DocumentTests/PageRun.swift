import Foundation
import TestSupport

/// Runs a page from its first line to its last one, and tells what is not as it says.
struct PageRun {
  /// What came out.
  struct Outcome {
    /// Each with the page's line, what it shows and what was printed.
    var problems: [String] = []

    /// What the page is to show in the place of what it shows.
    var changes: [(lines: Range<Int>, with: [String])] = []
  }

  private let page: Page

  /// Whether outputs that differ are changes, not problems.
  private let isUpdating: Bool
  private var outcome = Outcome()
  private var stage: PageStage?
  private var servers = (count: 0, family: "")
  private var background: [String: BackgroundCommand] = [:]

  /// The variables that the page has set so far, as its lines.
  private var settings: [String] = []

  init(_ page: Page, isUpdating: Bool) {
    self.page = page
    self.isUpdating = isUpdating
  }

  static func run(_ page: Page, isUpdating: Bool) async throws -> Outcome {
    var run = PageRun(page, isUpdating: isUpdating)
    do {
      for step in PagePlan(page).steps { try await run.take(step) }
      await run.end()
    } catch {
      await run.end()
      throw error
    }
    return run.outcome
  }

  private mutating func end() async {
    for (_, command) in background { _ = try? await command.stop() }
    background = [:]
    await stage?.end()
    stage = nil
  }

  private mutating func take(_ step: PageStep) async throws {
    switch step {
    case .prepare(let what): try await prepare(what)
    case .run(let command): try await run(command)
    case .output(let name, let expectation):
      guard let command = background[name] else {
        throw TestFailure("\(page.path): nothing runs under the name \(name)")
      }
      let pattern = OutputPattern(expectation.lines, rules: OutputRules(varies: expectation.varies))
      let (result, lines) = try await command.wait(for: pattern, patience: .seconds(isUpdating ? 12 : 40))
      judge(result, expectation, lines, isOpenEnded: true)
    case .stop(let name):
      guard let command = background.removeValue(forKey: name) else {
        throw TestFailure("\(page.path): nothing runs under the name \(name)")
      }
      let status = try await command.stop()
      if ![0, 2, 130].contains(status) { outcome.problems.append("\(page.path): \(name) ended with \(status)") }
    case .put(let file, let block):
      let text = block.lines.joined(separator: "\n") + "\n"
      let snippet = try existingStage.root.appendingPathComponent("snippet")
      try text.write(to: snippet, atomically: true, encoding: .utf8)
      try await hidden("put_into \(file) '\(snippet.path)'", line: block.line)
    }
  }

  private var existingStage: PageStage {
    get throws {
      guard let stage else { throw TestFailure("\(page.path): nothing is prepared") }
      return stage
    }
  }

  private mutating func prepare(_ what: String) async throws {
    for (_, command) in background { _ = try await command.stop() }
    background = [:]
    settings = []
    let words = Dictionary(
      what.split(whereSeparator: \.isWhitespace).compactMap { word -> (String, String)? in
        let parts = word.split(separator: "=", maxSplits: 1)
        return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
      }, uniquingKeysWith: { $1 })
    let wanted = (count: Int(words["servers"] ?? "0") ?? 0, family: words["family"] ?? "mariadb")
    if stage == nil || servers != wanted {
      await stage?.end()
      let name = page.path.replacing(/[^a-z-]+/, with: "-")
      stage = try await PageStage(
        name: name, serverCount: wanted.count, family: TestServer.Family(rawValue: wanted.family) ?? .mariaDB)
      servers = wanted
    }
    try await hidden("prepare \(what)", line: 0)
  }

  private mutating func hidden(_ script: String, line: Int) async throws {
    let result = try await existingStage.run("set -e\n" + script)
    guard result.status == 0 else { throw TestFailure("\(page.path):\(line): \(script): \(result.output)") }
  }

  private mutating func run(_ command: PageCommand) async throws {
    let stage = try existingStage
    let script = script(command, stage)
    if !command.isSQL { settings += command.script.components(separatedBy: "\n").filter(Self.isSetting) }
    if let name = command.background {
      let running = try BackgroundCommand(script, name: name, stage: stage)
      background[name] = running
      guard let expectation = command.expectation else { return }
      let pattern = OutputPattern(expectation.lines, rules: OutputRules(varies: expectation.varies))
      let (result, lines) = try await running.wait(for: pattern, patience: .seconds(isUpdating ? 12 : 40))
      return judge(result, expectation, lines, isOpenEnded: true)
    }
    let (status, output) = try await stage.run(script)
    if status != command.status {
      outcome.problems.append(
        """
        \(page.path):\(command.line): ends with status \(status), not \(command.status)
        \(command.script.indented)
          printed:
        \(output.indented)
        """)
    }
    guard let expectation = command.expectation else { return }
    // A page that shows a progress line means it.
    let showsProgress = expectation.lines != expectation.lines.withoutProgress
    let (shown, lines) = Self.comparable(
      expectation.lines, showsProgress ? output.outputLines : output.outputLines.withoutProgress)
    let pattern = OutputPattern(shown, rules: OutputRules(varies: expectation.varies))
    judge(pattern.compare(lines), expectation, lines)
  }

  /// JSON is broken into lines in the pages, and printed in one.
  private static func comparable(_ shown: [String], _ output: [String]) -> ([String], [String]) {
    guard output.count == 1, shown.count > 1, output[0].hasPrefix("{") else { return (shown, output) }
    return ([shown.joined()], output)
  }

  private func script(_ command: PageCommand, _ stage: PageStage) -> String {
    if command.isSQL {
      let server = command.server ?? (command.script.contains(/csmh|EXT/) ? "db2" : "db1")
      return "sql \(server) <<'END_OF_SQL'\n\(stage.localizedSQL(command.script))\nEND_OF_SQL\n"
    }
    var lines = stage.localized(command.script).components(separatedBy: "\n")
    if let seconds = command.interruptAfter, let last = lines.indices.last {
      lines[last] = "interrupted \(seconds) " + lines[last]
    }
    let before = settings.map { stage.localized($0) }
    return (before + ["ANSWERS=\(command.answersYes ? "yes" : "")", "set -e"] + lines).joined(separator: "\n")
  }

  /// `LMS=/edx/etc/lms.yml`, `export ...`, `unset ...`: lines whose effect outlasts their block.
  private static func isSetting(_ line: String) -> Bool {
    line.prefixMatch(of: /(export |unset )?[A-Z][A-Z_]*(=| |$)/) != nil
  }

  private mutating func judge(
    _ result: OutputPattern.Outcome, _ expectation: PageExpectation, _ lines: [String], isOpenEnded: Bool = false
  ) {
    guard case .fails(let shownLine, let outputLine) = result else { return }
    if isUpdating, !lines.isEmpty {
      // What comes later is not left out, but shown later.
      let refresh = OutputRefresh(
        shown: expectation.lines + (isOpenEnded ? ["..."] : []), output: lines,
        rules: OutputRules(varies: expectation.varies))
      var new = refresh.lines()
      if isOpenEnded, new.last == "..." { new.removeLast() }
      let indentation = String(repeating: " ", count: expectation.indentation)
      outcome.changes.append((expectation.lineNumbers, new.map { $0.isEmpty ? "" : indentation + $0 }))
      return
    }
    let shown = expectation.lines.indices.contains(shownLine) ? expectation.lines[shownLine] : "(the end)"
    let found = lines.indices.contains(outputLine) ? lines[outputLine] : "(the end)"
    outcome.problems.append(
      """
      \(page.path):\(expectation.lineNumbers.lowerBound + shownLine): what is printed is not what the page shows
        the page: \(shown)
        printed, from there on: \(found)
        all that was printed:
      \(lines.joined(separator: "\n").indented)
      """)
  }
}

extension String {
  var indented: String { components(separatedBy: "\n").map { "    " + $0 }.joined(separator: "\n") }
}
