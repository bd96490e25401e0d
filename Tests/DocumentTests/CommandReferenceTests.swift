import Foundation
import TestSupport
import Testing

/// The documents name the commands and options that csmh has, and leave none out.
@Suite struct CommandReferenceTests {
  /// Options of other programs that the documents name in a sentence.
  private static let foreignOptions: Set<String> = [
    "--single-transaction", "--complete-insert", "--no-delete", "--bulk-insert", "--limit", "--fake", "--database",
    "--local-infile", "--character-set-server", "--skip-build", "--filter", "--peers", "--memory", "--verify", "--rows",
    "--log-bin", "--max-allowed-packet", "--fake-initial", "--innodb-buffer-pool-size", "--parallel",
  ]

  @Test("every command and option that a document names is there") func names() async throws {
    let reference = try await CommandReference()
    var problems: [String] = []
    for page in Page.all where page.path != "CHANGELOG.md" {
      let missing = page.section("Not in this version")
      for mention in page.mentions + page.commandLines where !missing.contains(mention.line) {
        let text = mention.text
        let found: [String]
        if let start = text.range(of: "csmh ", options: text.hasPrefix("csmh ") ? .anchored : []),
          text.hasPrefix("csmh ") || text.contains("; csmh ") || text.contains("&& csmh ")
        {
          found = reference.problems(ofCommand: String(text[start.lowerBound...]))
        } else if text.prefixMatch(of: /--[a-z]/) != nil {
          let names = text.split(whereSeparator: { " =,".contains($0) }).filter { $0.hasPrefix("--") }.map(String.init)
          found = names.filter { !reference.isKnown($0) && !Self.foreignOptions.contains($0) }
            .map { "no command has \($0)" }
        } else {
          found = []
        }
        problems += found.map { "\(page.path):\(mention.line): \($0)" }
      }
      for block in page.blocks where block.kind == .options {
        for (index, line) in block.lines.enumerated() {
          let names = line.prefix { $0 != "#" }.split(separator: " ").filter { $0.hasPrefix("--") }.map(String.init)
          problems += names.filter { !reference.isKnown($0) }
            .map { "\(page.path):\(block.line + index): no command has \($0)" }
        }
      }
    }
    #expect(problems.isEmpty, "\(problems.joined(separator: "\n"))")
  }

  @Test("docs/command-line.md has every command and every option") func isComplete() async throws {
    let reference = try await CommandReference()
    let page = try Page(path: "docs/command-line.md")
    var documented: [String: Set<String>] = [:]
    var everywhere: Set<String> = []
    var commands: Set<String> = []
    for row in page.tableRows {
      let first = row.cells.first ?? ""
      if first.hasPrefix("`--") {
        everywhere.formUnion(Self.options(first))
      } else if let name = first.prefixMatch(of: /`csmh ([a-z-]+)/) {
        commands.insert(String(name.output.1))
      } else if row.cells.count == 3 {
        for name in first.split(separator: ",").map({ String($0).trimmingWhitespace }) {
          if name == "all" { everywhere.formUnion(Self.options(row.cells[1])) }
          documented[name, default: []].formUnion(Self.options(row.cells[1]))
          // `--undo` and its like are explained with the option that they belong to.
          documented[name, default: []].formUnion(Self.options(row.cells[2]))
          if row.cells[1].contains("the options of `copy`") { documented[name, default: []].insert("copy") }
        }
      }
    }
    var missing: [String] = []
    for (name, options) in reference.options.sorted(by: { $0.key < $1.key }) {
      if !commands.contains(name) { missing.append("the command \(name)") }
      var known = everywhere.union(documented[name] ?? [])
      if known.contains("copy") { known.formUnion(documented["copy"] ?? []) }
      missing += options.subtracting(known).sorted().map { "\(name) \($0)" }
    }
    #expect(missing.isEmpty, "not in docs/command-line.md: \(missing.joined(separator: ", "))")
  }

  private static func options(_ text: String) -> [String] {
    text.matches(of: /--[a-z][a-z-]*/).map { String($0.output) }
  }

  @Test("every target of make and every script that a document names is there") func scripts() throws {
    let makefile = try String(contentsOf: TestServer.project.appendingPathComponent("Makefile"), encoding: .utf8)
    var problems: [String] = []
    for page in Page.all where page.path != "CHANGELOG.md" {
      for mention in page.mentions + page.commandLines {
        if let target = mention.text.prefixMatch(of: /make ([a-z-]+)/)?.output.1, !makefile.contains("\n\(target):") {
          problems.append("\(page.path):\(mention.line): make has no target \(target)")
        }
        if let path = mention.text.prefixMatch(of: /(Scripts|Benchmarks|packaging|\.ci)\/[\w.-]+/)?.output.0,
          !FileManager.default.fileExists(atPath: TestServer.project.appendingPathComponent(String(path)).path)
        {
          problems.append("\(page.path):\(mention.line): there is no \(path)")
        }
      }
    }
    #expect(problems.isEmpty, "\(problems.joined(separator: "\n"))")
  }

  @Test("the sample of make test in README is what its scripts print") func makeTest() throws {
    let readme = try Page(path: "README.md")
    let block = try #require(readme.blocks.first { $0.lines.first == "$ make test" })
    let scripts = try ["Scripts/test.sh", "Scripts/install.sh"].map {
      try String(contentsOf: TestServer.project.appendingPathComponent($0), encoding: .utf8)
    }.joined(separator: "\n")
    // Every text that they print, with a wildcard for what is put in. The last line is the runner's.
    let printed =
      scripts.matches(of: /(echo|[a-z]+_lane=)\s*"([^\n]*)"/).map { String($0.output.2) }
      + ["✔ Test run with $(n) tests in $(n) suites passed after $(n) seconds."]
    #expect(scripts.contains("'Test run with [0-9]+ test'"))
    for line in block.lines.dropFirst() where !OutputPattern.isGap(line) {
      let isPrinted = printed.contains { text in
        let pieces = text.split(separator: /\$\(.*\)|\$\{?\w+\}?/, omittingEmptySubsequences: false).map(String.init)
        guard pieces.joined().count > 8 else { return false }
        let pattern = pieces.map { NSRegularExpression.escapedPattern(for: $0) }.joined(separator: ".+")
        return line.range(of: "^\(pattern)$", options: .regularExpression) != nil
      }
      #expect(isPrinted, "no script of make test prints: \(line)")
    }
  }
}
