/// What running a page means, and what of it nobody would run.
struct PagePlan: Sendable {
  private(set) var steps: [PageStep] = []

  /// Blocks that are neither run nor said not to be, and directives that mean nothing: each a sentence with its line.
  private(set) var problems: [String] = []

  private let path: String
  private var pending: [Directive] = []
  private var isPrepared = false

  /// Whether the block before was left out, and its output with it.
  private var isAfterBlockNotRun = false

  /// Whether the last step is a command that may get the next output.
  private var awaitsOutput = false

  init(_ page: Page) {
    path = page.path
    for line in page.strangeComments { problems.append("\(path):\(line): this comment is no directive of the tests") }
    for part in page.parts {
      switch part {
      case .directive(let directive): add(directive)
      case .block(let block): add(block)
      }
    }
    for directive in pending { tell(directive.line, "`\(directive.key.rawValue)` has no block after it") }
  }

  private mutating func add(_ directive: Directive) {
    switch directive.key {
    case .prepare:
      steps.append(.prepare(directive.value))
      isPrepared = true
      awaitsOutput = false
    case .run:
      addCommand(PageCommand(line: directive.line, script: directive.value, isSQL: false))
    case .stop:
      steps.append(.stop(name: directive.value))
      awaitsOutput = false
    default:
      pending.append(directive)
    }
  }

  private mutating func add(_ block: Block) {
    defer { pending = [] }
    if let reason = value(.notRun) {
      if reason.isEmpty { tell(block.line, "`not run` needs a reason") }
      isAfterBlockNotRun = true
      awaitsOutput = false
      return
    }
    if block.kind != .output { isAfterBlockNotRun = false }
    if let file = value(.put) {
      steps.append(.put(file: file, block))
      return
    }
    switch block.kind {
    case .shell: addCommand(PageCommand(line: block.line, script: block.lines.joined(separator: "\n"), isSQL: false))
    case .sql: addCommand(PageCommand(line: block.line, script: block.lines.joined(separator: "\n"), isSQL: true))
    case .transcript: addTranscript(block)
    case .configuration: tell(block.line, "nothing reads this configuration (`put into` or `not run`)")
    // CommandReferenceTests look at these.
    case .options: break
    case .output: addOutput(block)
    }
  }

  private mutating func addOutput(_ block: Block) {
    let expectation = PageExpectation(
      lineNumbers: block.line..<block.line + block.lines.count, lines: block.lines, indentation: block.indentation,
      varies: varies)
    if let name = value(.output) {
      steps.append(.output(name: name, expectation))
    } else if awaitsOutput, case .run(var command)? = steps.last {
      command.expectation = expectation
      steps[steps.count - 1] = .run(command)
    } else if !isAfterBlockNotRun {
      tell(block.line, "no command prints this (`run` before it, or `not run`)")
    }
    awaitsOutput = false
  }

  private mutating func addTranscript(_ block: Block) {
    var index = 0
    while index < block.lines.count {
      let line = block.line + index
      var command = String(block.lines[index].dropFirst(2))
      index += 1
      while Self.isOpen(command), index < block.lines.count {
        command += "\n" + block.lines[index]
        index += 1
      }
      let first = index
      while index < block.lines.count, !block.lines[index].hasPrefix("$ ") { index += 1 }
      var end = index
      while end > first, block.lines[end - 1].isEmpty { end -= 1 }
      var step = PageCommand(line: line, script: command, isSQL: false)
      if end > first {
        step.expectation = PageExpectation(
          lineNumbers: block.line + first..<block.line + end, lines: Array(block.lines[first..<end]),
          indentation: block.indentation, varies: varies)
      }
      addCommand(step)
      awaitsOutput = false
    }
  }

  /// Whether a command goes on in the next line.
  static func isOpen(_ command: String) -> Bool {
    if command.hasSuffix("\\") { return true }
    var quote: Character?
    for character in command where character == "'" || character == "\"" {
      if quote == nil { quote = character } else if quote == character { quote = nil }
    }
    return quote != nil
  }

  private mutating func addCommand(_ bare: PageCommand) {
    var command = bare
    if !isPrepared { tell(command.line, "there is no `prepare` before this") }
    if let status = value(.status) {
      guard let number = Int32(status) else { return tell(command.line, "`status: \(status)` is no number") }
      command.status = number
    }
    command.server = value(.on)
    command.background = value(.background)
    command.interruptAfter = value(.interrupt)
    command.answersYes = value(.answers) == "yes"
    steps.append(.run(command))
    awaitsOutput = true
    pending.removeAll { $0.key != .varies && $0.key != .output }
  }

  private var varies: [String] {
    value(.varies)?.split(separator: ",").map { String($0).trimmingWhitespace } ?? []
  }

  private func value(_ key: Directive.Key) -> String? { pending.last { $0.key == key }?.value }

  private mutating func tell(_ line: Int, _ problem: String) { problems.append("\(path):\(line): \(problem)") }
}
